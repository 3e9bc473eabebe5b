"""Energy by stage: sums, what is not known, and the words about both."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from distilbeto.errors import UserError
from distilbeto.plan.layout import paths
from distilbeto.reports.energy.document import Footprint, footprint_of
from distilbeto.reports.energy.intensity import COUNTRIES, EMISSIONS, intensity_of
from distilbeto.reports.energy.records import STAGES
from distilbeto.reports.energy.settings import EnergySettings
from distilbeto.reports.tables.renderers import latex_document, text_document
from distilbeto.reports.tables.text import Document, page_of, words_of

ROOT = Path(__file__).parents[3]
PRESENTING = {"sum_energy", "write_tensorboard"}  # and the figures
KWH = 3.6e6
ENGLISH = words_of("en")


def line(**values: Any) -> dict[str, Any]:
    return {"rank": None, "seconds": 3600.0, "cpu_seconds": 1800.0, "processor_joules": KWH, "gpu_joules": 0.0} | values


def write(logs: Path, job: str, *lines: dict[str, Any]) -> None:
    log = logs / f"{job}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.touch()
    if lines:
        log.with_suffix(".energy.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))


def footprint(logs: Path, **settings: Any) -> Footprint:
    return footprint_of(logs, EnergySettings(**({"grams_per_kwh": 500.0} | settings)), ENGLISH)


def text_of(found: Footprint) -> str:
    return text_document([page_of(table, ENGLISH, "") for table in found.tables])


def rows_of(text: str) -> dict[str, dict[str, str]]:
    return {row["job"] or row["stage"]: row for row in csv.DictReader(io.StringIO(text))}


def test_stages_are_sums_of_their_jobs_over_all_tries(tmp_path: Path) -> None:
    write(tmp_path, "finetune/tiny/ner/seed-42", line(), line(status=143))
    write(tmp_path, "finetune/tiny/pos/seed-42", line(gpu_joules=KWH))
    write(tmp_path, "fetch/beto", line())
    rows = rows_of(footprint(tmp_path).stages)
    assert list(rows) == ["data", "finetuning", "total"]
    assert rows["finetuning"]["jobs"] == "2"
    assert rows["finetuning"]["tries"] == "3"
    assert float(rows["finetuning"]["seconds"]) == 3 * 3600
    assert (float(rows["finetuning"]["processor_kwh"]), float(rows["finetuning"]["gpu_kwh"])) == (3, 1)
    assert float(rows["finetuning"]["kg_co2e"]) == 4 * 0.5
    assert float(rows["total"]["kg_co2e"]) == 5 * 0.5


def test_each_job_has_its_own_row(tmp_path: Path) -> None:
    write(tmp_path, "finetune/tiny/ner/seed-42", line(), line())
    write(tmp_path, "finetune/tiny/pos/seed-42", line())
    rows = rows_of(footprint(tmp_path).jobs)
    assert {job: float(row["kg_co2e"]) for job, row in rows.items()} == {
        "finetune/tiny/ner/seed-42": 1.0,
        "finetune/tiny/pos/seed-42": 0.5,
    }


def test_processes_that_train_together_are_one_try(tmp_path: Path) -> None:
    ranks = [line(rank=rank, seconds=0.0, cpu_seconds=0.0, processor_joules=0.0, gpu_joules=KWH) for rank in (0, 1)]
    write(tmp_path, "distil_segment/distilbeto/0001000", *ranks, line())
    row = rows_of(footprint(tmp_path).stages)["distillation"]
    assert (row["tries"], float(row["processor_kwh"]), float(row["gpu_kwh"])) == ("1", 1, 2)


def test_without_a_counter_the_processor_is_estimated_and_the_table_says_so(tmp_path: Path) -> None:
    write(tmp_path, "fetch/beto", line(processor_joules=None), line(cpu_seconds=5400.0))
    found = footprint(tmp_path, watts_per_core=20.0)
    assert float(rows_of(found.stages)["data"]["processor_kwh"]) == pytest.approx(1 + 20 * 1800 / KWH)
    assert "Estimated at 20.0 W a busy core" in found.tables[0].remarks[0]
    assert "25 % of its time" in found.tables[0].remarks[0]
    write(tmp_path, "fetch/beto", line())
    assert not any("Estimated" in remark for remark in footprint(tmp_path).tables[0].remarks)


def test_what_is_not_known_is_a_dash_and_no_zero(tmp_path: Path) -> None:
    write(tmp_path, "fetch/beto")
    write(tmp_path, "finetune/tiny/ner/seed-42", line(gpu_joules=None))
    found = footprint(tmp_path)
    rows = rows_of(found.stages)
    assert [rows["data"][column] for column in ("jobs", "recorded", "seconds", "processor_kwh", "kg_co2e")] == [
        "1",
        "0",
        "",
        "",
        "",
    ]
    assert (rows["finetuning"]["processor_kwh"], rows["finetuning"]["gpu_kwh"]) == ("1.0", "")
    assert rows["finetuning"]["kg_co2e"] == rows["total"]["kg_co2e"] == ""
    text = text_of(found)
    assert re.search(r"^Data sets +1 +- \[1\] +- \[1\]", text, re.MULTILINE)
    assert "not recorded" in text
    assert "a GPU without a counter" in text
    assert re.search(r"^This experiment +- \[1\]", text, re.MULTILINE)


def test_little_energy_is_told_in_small_units(tmp_path: Path) -> None:
    write(tmp_path, "fetch/beto", line(processor_joules=0.0036))
    text = text_of(footprint(tmp_path))
    assert re.search(r"Jobs +Hours +Processor \(Wh\) +GPU \(Wh\) +CO2e \(g\)", text)
    assert re.search(r"^Data sets +1 +1 +0\.00000100 +0 +0\.000000500$", text, re.MULTILINE)
    write(tmp_path, "finetune/tiny/ner/seed-42", line(gpu_joules=123.4 * KWH))
    text = text_of(footprint(tmp_path))
    assert re.search(r"^Fine-tuning +1 +1 +1 +123 +62", text, re.MULTILINE)


def test_a_stage_of_which_some_jobs_are_not_recorded_says_how_many(tmp_path: Path) -> None:
    write(tmp_path, "fetch/beto", line())
    write(tmp_path, "fetch/mldoc")
    found = footprint(tmp_path)
    assert float(rows_of(found.stages)["data"]["processor_kwh"]) == 1
    assert any("without 1 of 2 jobs" in remark for remark in found.tables[0].remarks)


def test_country_or_grams_and_the_building(tmp_path: Path) -> None:
    write(tmp_path, "fetch/beto", line())
    grams = {entry["country"]: float(entry["grams_per_kwh"]) for entry in csv.DictReader(COUNTRIES.open())}
    chile = rows_of(footprint(tmp_path, grams_per_kwh=None, overhead=1.5).stages)["total"]
    assert float(chile["kg_co2e"]) == pytest.approx(1.5 * grams["CHL"] / 1000)
    assert grams["FRA"] < grams["CHL"] < grams["POL"] < 1000
    with pytest.raises(UserError, match="XXX; known: ARG"):
        intensity_of(EnergySettings(country="XXX"))


def test_a_damaged_record_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, "fetch/beto", line(), {"rank": 1})
    with pytest.raises(UserError, match=r"beto\.energy\.jsonl, line 2"):
        footprint(tmp_path)


def test_every_rule_that_runs_a_script_belongs_to_a_stage() -> None:
    """Or its energy would be in no sum."""
    known = {rule for rules in STAGES.values() for rule in rules}
    of_layout = {f"results.{name}": path for name, path in paths().items() if name.endswith("_log")}
    logs = set()
    for path in (ROOT / "rules").glob("*.smk"):
        for block in re.split(r"^ *(?:rule|checkpoint) ", path.read_text(), flags=re.MULTILINE)[1:]:
            if "python scripts/" in block:
                (log,) = re.findall(r"^ +log:\n +(.*),$", block, flags=re.MULTILINE)
                logs.update(re.findall(r"logs/(\w+)", of_layout.get(log, log.replace('results.log("', "logs/"))))
    assert known <= logs
    assert {log for log in logs - known if not log.startswith("plot_")} <= PRESENTING


def test_table_3_2_is_as_published_but_for_the_car() -> None:
    entries = list(csv.DictReader(EMISSIONS.open()))
    assert [entry["key"] for entry in entries if entry["pounds"] != entry["thesis"]] == ["car"]
    assert all(bool(entry["slip"]) == (entry["pounds"] != entry["thesis"]) for entry in entries)


@pytest.mark.parametrize("language", ["es", "en"])
def test_both_languages_have_every_word(tmp_path: Path, language: str) -> None:
    for stage in STAGES.values():
        write(tmp_path, f"{stage[0]}/a", line(processor_joules=None))
        write(tmp_path, f"{stage[0]}/b")
    words = words_of(language)
    found = footprint_of(tmp_path, EnergySettings(), words)
    latex = latex_document(Document([page_of(table, words, "miniature") for table in found.tables], words))
    assert not re.search(r"stage\.|emission\.|_kwh|[{]stage[}]", latex)
    assert "126000" in latex
