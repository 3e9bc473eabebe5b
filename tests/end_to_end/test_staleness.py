"""What a change makes stale of a finished miniature: exactly these jobs, and no other."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.conftest import PARTS, copy_checkout, snakemake_in
from tests.end_to_end.runs import DEMO, OVERLAY, RESULTS, planned

SCORED_ON_ONNX = {"predict_onnx": 2, "score_onnx": 2}
ON_ONNX = {"export_onnx": 1, "time_onnx": 2} | SCORED_ON_ONNX
AFTER_TRAINING = {"predict": 110, "score": 110, "assemble_tables": 1, "all": 1}
AFTER_FINETUNING = {"finetune": 100} | AFTER_TRAINING
AFTER_EXPORT = {
    "export_student": 1,
    "time_inference": 1,
    "finetune": 10,
    "predict": 11,
    "score": 11,
    "assemble_tables": 1,
    "all": 1,
} | ON_ONNX
OF_DISTILBETO = {
    "finetune": 10,
    "predict": 11,
    "score": 11,
    "time_inference": 1,
    "assemble_tables": 1,
    "all": 1,
} | ON_ONNX


def test_nothing_is_stale(miniature: Path) -> None:
    assert planned(miniature) == {}


@pytest.fixture
def edit(miniature: Path) -> Iterator[Callable[[str, str, str], None]]:
    """Change a file of the checkout for the length of a test."""
    before: dict[Path, str] = {}

    def change(file: str, old: str, new: str) -> None:
        path = miniature / file
        text = path.read_text(encoding="utf-8")
        before.setdefault(path, text)
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")

    yield change
    for path, text in before.items():
        path.write_text(text, encoding="utf-8")


PACKAGE = "workflow/distilbeto"
ROW_OF_ITS_OWN = (
    "    - {task: ner, model: distilbeto, batch_size: 8, max_length: 96, learning_rate: 2.0e-3, epochs: 5}\n"
)
CASES = {
    "touch of every source file": ("Snakefile", "", "", {}),
    "a comment": (f"{PACKAGE}/distillation/objective.py", "import torch\n", "# why\nimport torch\n", {}),
    "a docstring": (f"{PACKAGE}/distillation/objective.py", "Sum of the cross", "The sum of the cross", {}),
    "the formatting": (
        f"{PACKAGE}/distillation/objective.py",
        "(student.float(), labels,",
        "(student.float(),\n        labels,",
        {},
    ),
    "a log line of distillation": (
        f"{PACKAGE}/distillation/launch.py",
        "ended by a signal: %s is whole",
        "ended: %s is as a whole",
        {},
    ),
    "a log line of fine-tuning": (f"{PACKAGE}/finetuning/train.py", "continuing from %s", "goes on from %s", {}),
    "a line of progress": (f"{PACKAGE}/job/progress.py", "%s, %.1f a second", "%s: %.1f a second", {}),
    "the text of an error": (
        f"{PACKAGE}/distillation/masking.py",
        "raise UserError(",
        "raise UserError('it is so: ' + ",
        {},
    ),
    "one hyperparameter of one task": (
        OVERLAY,
        "task: ner, model: default, batch_size: 16",
        "task: ner, model: default, batch_size: 8",
        {"finetune": 10, "predict": 10, "score": 10, "assemble_tables": 1, "all": 1} | ON_ONNX,
    ),
    "one hyperparameter of one model and task": (
        OVERLAY,
        "  rows:\n",
        "  rows:\n" + ROW_OF_ITS_OWN,
        {"finetune": 1, "predict": 1, "score": 1, "assemble_tables": 1, "all": 1} | ON_ONNX,
    ),
    "the plotting code": (f"{PACKAGE}/reports/figures/style.py", "import", "import os\nimport", {}),
    "a caption": (f"{PACKAGE}/reports/tables/words/es.yaml", "Lo mejor", "El mejor", {"assemble_tables": 1, "all": 1}),
    "a metric, which also chooses the threshold of no answer": (
        f"{PACKAGE}/glues/metrics/per_example.py",
        "return 100 *",
        "return 100.0 *",
        {"finetune": 10, "predict": 10, "score": 110, "score_onnx": 2, "assemble_tables": 1, "all": 1},
    ),
    "the prediction code": (
        f"{PACKAGE}/finetuning/predict.py",
        "import json",
        "import os\nimport json",
        AFTER_TRAINING | SCORED_ON_ONNX,
    ),
    "the code of fine-tuning": (
        f"{PACKAGE}/finetuning/train.py",
        "import",
        "import os\nimport",
        AFTER_FINETUNING | ON_ONNX,
    ),
    "the loss": (
        f"{PACKAGE}/distillation/objective.py",
        "temperature**2",
        "temperature**3",
        OF_DISTILBETO | {"initialize_student": 1, "distil_segment": 5, "export_student": 2, "time_inference": 2},
    ),
    "the temperature": (
        OVERLAY,
        "initialization: {layers: [0, 3]}",
        "initialization: {layers: [0, 3]}\n    losses: {temperature: 3.0}",
        {"initialize_student": 1, "distil_segment": 3} | AFTER_EXPORT,
    ),
    "two hyperparameters exchanged": (
        OVERLAY,
        "{task: ner, model: default, batch_size: 16, max_length: 96, learning_rate: 2.0e-3, epochs: 5}",
        "{task: ner, model: default, batch_size: 5, max_length: 96, learning_rate: 2.0e-3, epochs: 16}",
        {"finetune": 10, "predict": 10, "score": 10, "assemble_tables": 1, "all": 1} | ON_ONNX,
    ),
    "where the machines stand": ("config.yaml", "country: CHL", "country: ESP", {}),
    "what is recorded of energy": (f"{PACKAGE}/job/energy/meter.py", '"host": platform.node(),', "", {}),
    "another seed": ("config.yaml", "seeds: [42]", "seeds: [43]", AFTER_FINETUNING | ON_ONNX),
    "a second seed": ("config.yaml", "seeds: [42]", "seeds: [42, 43]", AFTER_FINETUNING),
    "longer segments: the same training, cut elsewhere": (
        OVERLAY,
        "segment_steps: 80",
        "segment_steps: 120",
        {"distil_segment": 2} | AFTER_EXPORT,
    ),
    "a longer training: its learning rate decays otherwise from the first step": (
        OVERLAY,
        "steps: 240",
        "steps: 320",
        {"initialize_student": 1, "distil_segment": 4} | AFTER_EXPORT,
    ),
    "a file added to the corpus": (
        OVERLAY,
        "      - {name: laws,",
        "      - {name: laws_again, file: laws.txt, bytes: 50000}\n      - {name: laws,",
        {"tokenize_shard": 1, "count_tokens": 1, "initialize_student": 1, "distil_segment": 5}
        | AFTER_EXPORT
        | {"export_student": 2, "time_inference": 2},
    ),
    "a setting of a tokenizer": (
        OVERLAY,
        "{source: s_albert_tokenizer}",
        "{source: s_albert_tokenizer, strip_accents: true}",
        {"prepare_tokenizer": 1, "convert_model": 7, "encode": 31, "time_inference": 5, "tabulate_data_sets": 1}
        | {"finetune": 70, "predict": 77, "score": 77, "assemble_tables": 1, "all": 1},
    ),
    "a setting of the student's tokenizer": (
        OVERLAY,
        "tokenizers:\n",
        "tokenizers:\n  beto_uncased: {strip_accents: true}\n",
        {"prepare_tokenizer": 1, "tokenize_shard": 5, "count_tokens": 1, "encode": 31, "tabulate_data_sets": 1}
        | {"initialize_student": 2, "distil_segment": 5}
        | AFTER_EXPORT
        | {"export_student": 2, "time_inference": 2},
    ),
    "a model added": (
        OVERLAY,
        "models:\n",
        "models:\n  mine: {name: Mine, random_seed: 1, tokenizer: s_albert, latency: false, architecture: *tiny}\n",
        {"random_model": 1, "finetune": 10, "predict": 11, "score": 11, "assemble_tables": 1, "all": 1},
    ),
}


def sources_in(checkout: Path) -> list[Path]:
    """Every file of a checkout that is not a result."""
    return [path for part in PARTS for path in [checkout / part, *(checkout / part).rglob("*")]]


@pytest.mark.parametrize("with_records", [True, False])
def test_a_fresh_clone_with_the_results_copied_has_nothing_to_do(
    miniature: Path, tmp_path: Path, with_records: bool
) -> None:
    """With or without Snakemake's own records of what it did."""
    clone = copy_checkout(tmp_path)
    for folder in ("results", *([".snakemake"] if with_records else [])):
        shutil.copytree(miniature / folder, clone / folder, symlinks=True)
    for path in sources_in(clone):
        os.utime(path)
    assert planned(clone) == {}


@pytest.mark.parametrize("case", CASES)
def test_a_change_makes_exactly_this_stale(miniature: Path, edit: Callable[[str, str, str], None], case: str) -> None:
    file, old, new, expected = CASES[case]
    if case.startswith("touch"):
        for path in sources_in(miniature):
            os.utime(path)
    else:
        edit(file, old, new)
    assert planned(miniature) == expected


def test_an_added_task_trains_each_model_on_it_and_nothing_else(
    miniature: Path, edit: Callable[[str, str, str], None]
) -> None:
    task = "name: Mine, kind: sequence_classification, labels: [CCAT, ECAT, GCAT, MCAT]"
    sets = "train: mldoc_train, dev: mldoc_dev, tests: [mldoc_test]"
    row = "{task: mine, model: default, batch_size: 16, max_length: 96, learning_rate: 2.0e-3, epochs: 2}"
    column = "    - {task: mine, test: mldoc_test, heading: Mine}\n"
    edit("config.yaml", "\ntasks:\n", f"\ntasks:\n  mine: {{{task}, {sets}}}\n")
    edit("config.yaml", "heading: MLDoC}\n", f"heading: MLDoC}}\n{column}")
    edit(OVERLAY, "  rows:\n", f"  rows:\n    - {row}\n")
    expected = {"encode": 12, "tabulate_data_sets": 1, "finetune": 10, "predict": 10, "score": 10}
    assert planned(miniature) == expected | {"assemble_tables": 1, "all": 1}


def test_lost_results_are_made_again_the_same(miniature: Path) -> None:
    results = miniature / RESULTS
    run = results / "finetuned/s_albert_tiny/pos/seed-42"
    weights = (run / "model.safetensors").read_bytes()
    for lost in (run, results / "predictions/s_albert_tiny/pos", results / "scores/s_albert_tiny/pos"):
        shutil.rmtree(lost)
    (results / "tables.tex").unlink()
    assert planned(miniature) == {"finetune": 1, "predict": 1, "score": 1, "assemble_tables": 1, "all": 1}
    ran = snakemake_in(miniature, *DEMO)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert (run / "model.safetensors").read_bytes() == weights
    assert planned(miniature) == {}
