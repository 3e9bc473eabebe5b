"""What a plan says of stale results, and which of them a decision keeps."""

from pathlib import Path
from typing import Any

import pytest

from distilbeto.errors import UserError
from distilbeto.plan.acceptance import accept, read_accepted, stages_in_use
from distilbeto.plan.explanation import Job, Plan, asked_for, explain

NOON_OF_3_NOVEMBER = 1793707200.0  # 2026, UTC
CODE = ("aa+c", "bb+c")


@pytest.fixture
def accepted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)  # where the results lie
    return tmp_path / "accepted.json"


def segment(step: int, **changes: Any) -> Job:
    return Job("distil_segment", {"step": str(step)}, made=NOON_OF_3_NOVEMBER, **changes)


def run(task: str, model: str, **changes: Any) -> Job:
    return Job("finetune", {"model": model, "task": task}, made=NOON_OF_3_NOVEMBER, **changes)


def plan(*jobs: Job) -> Plan:
    return Plan(".", jobs, {}, ["distil_segment", "finetune"])


def test_stages_are_explained_in_words() -> None:
    rate = {"hyperparameters.learning_rate": (5e-05, 3e-05)}
    jobs = [segment(step, code=CODE, files=["distillation/losses.py"]) for step in (1, 2)]
    jobs += [run("ner", model, settings=rate) for model in ("a", "b")]
    jobs += [run("pos", "a"), Job("score", {"task": "ner"})]
    text = explain(plan(*jobs), "make accept")
    assert "  distil_segment 2: distillation/losses.py changed since 3 Nov 2026\n" in text
    assert "  finetune 2 (task ner): hyperparameters.learning_rate changed from 5e-05 to 3e-05\n" in text
    assert "  finetune 1 (model a, task pos): what it is made from is made again\n" in text
    assert "  score 1 (task ner): not made yet\n" in text
    assert 'make accept STAGE=distil_segment REASON="..."' in text


def test_where_nothing_would_run_it_says_so() -> None:
    assert explain(plan(), "make accept") == "Nothing would run.\n"


def test_a_setting_alone_cannot_be_accepted(accepted: Path) -> None:
    stale = plan(segment(1, settings={"temperature": (2, 3)}))
    assert "accept" not in explain(stale, "make accept")
    with pytest.raises(UserError, match="no result is stale because its code has changed"):
        accept(accepted.parent, "distil_segment", stale, reason="why not", date="2026-11-03")


def test_a_plan_of_other_results_is_not_accepted(accepted: Path) -> None:
    with pytest.raises(UserError, match=r"the plan is of the results in \.\n"):
        accept(accepted.parent / "others", "all", plan(segment(1, code=CODE)), reason="a name", date="2026-11-03")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (
            "snakemake results/tables.tex --cores 4 --configfile mine.yaml",
            ["--configfile", "mine.yaml", "--", "results/tables.tex"],
        ),
        ("snakemake --workflow-profile profiles/demo --configfile a.yaml b.yaml", ["--configfile", "a.yaml", "b.yaml"]),
        ("snakemake -c1 --config 'seeds=[1, 2]' --forcerun score --", ["--config", "seeds=[1, 2]"]),
        ("snakemake --snakefile mine.smk --until score -- all", ["--", "all"]),
    ],
)
def test_of_a_run_its_targets_and_configuration_are_asked_for_again(command: str, expected: list[str]) -> None:
    assert asked_for(command) == expected


def test_only_the_stage_that_is_named_is_accepted(accepted: Path) -> None:
    stale = plan(segment(1, code=CODE), segment(2, code=CODE), run("ner", "a", code=("cc+d", "dd+d")))
    assert accept(accepted.parent, "distil_segment", stale, reason="a name", date="2026-11-03") == ["distil_segment"]
    (entry,) = read_accepted(accepted)
    assert entry == ("distil_segment", *CODE, "2026-11-03", "a name")
    assert accept(accepted.parent, "all", stale, reason="names", date="2026-11-04") == ["distil_segment", "finetune"]
    assert [entry.stage for entry in read_accepted(accepted)] == ["distil_segment", "finetune"]


def test_a_decision_gives_its_reason(accepted: Path) -> None:
    with pytest.raises(UserError, match="no reason given"):
        accept(accepted.parent, "all", plan(segment(1, code=CODE)), reason=" ", date="2026-11-03")
    assert read_accepted(accepted) == []


def test_a_later_decision_takes_the_place_of_an_earlier_one(accepted: Path) -> None:
    for code in (CODE, (CODE[0], "cc+c")):
        accept(accepted.parent, "all", plan(segment(1, code=code)), reason="a name", date="2026-11-03")
    assert [entry[1:3] for entry in read_accepted(accepted)] == [(CODE[0], "cc+c")]


def test_stages_that_have_been_made_again_rest_on_no_decision(accepted: Path) -> None:
    accept(accepted.parent, "all", plan(segment(1, code=CODE)), reason="a name", date="2026-11-03")
    entries = read_accepted(accepted)
    assert stages_in_use(entries, [("distil_segment", CODE[0]), ("finetune", "x")]) == ["distil_segment"]
    assert stages_in_use(entries, [("distil_segment", CODE[1]), ("finetune", CODE[0])]) == []


def test_a_damaged_file_is_an_error_that_says_what_to_do(accepted: Path) -> None:
    accepted.write_text('[{"stage": "finetune"}]')
    with pytest.raises(UserError, match="Delete it"):
        read_accepted(accepted)
