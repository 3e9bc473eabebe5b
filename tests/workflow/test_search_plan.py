"""A search as Snakemake plans it and runs it: how many jobs, and what a change of the grid makes again."""

import json
import re
from pathlib import Path

import pytest
import yaml
from tests.conftest import planned_jobs

SEARCHED = {"search_point": 2016, "choose_hyperparameters": 56, "finetune": 168, "predict": 192, "score": 192}
PREDICTIONS = "results/predictions/s_albert_tiny/ner/seed-{seed}/ner_test.txt"
# Each rule of interest, and how its message begins.
TRAINING = {"search_point": "try", "choose_hyperparameters": "choose", "finetune": "fine-tune", "predict": "predict"}

# Stands in for the real program: the loss falls as the learning rate rises, and batches play no part.
FINETUNE = """
import argparse, json
from pathlib import Path
parser = argparse.ArgumentParser()
for name in ("settings", "model", "task", "hyperparameters", "run-only", "output-folder"):
    parser.add_argument(f"--{name}")
arguments, _ = parser.parse_known_args()
settings = json.loads(arguments.settings)
if arguments.hyperparameters:
    settings |= json.loads(Path(arguments.hyperparameters).read_text())
chosen = settings["hyperparameters"]
record = {
    "model": arguments.model, "task": arguments.task, "seed": 42, "kept_epoch": 1,
    "hyperparameters": chosen | {"effective_batch": chosen["batch_size"] * chosen["gradient_accumulation_steps"]},
    "development": {"loss": 1 - chosen["learning_rate"], "metric": "conlleval.f1", "score": 50},
}
if arguments.run_only:
    Path(arguments.run_only).write_text(json.dumps(record))
else:
    for name in ("config.json", "model.safetensors", "run.json"):
        (Path(arguments.output_folder) / name).write_text(json.dumps(record))
"""
PREDICT = """
import argparse, shutil
parser = argparse.ArgumentParser()
parser.add_argument("--finetuned")
parser.add_argument("--output")
arguments, _ = parser.parse_known_args()
shutil.copy(f"{arguments.finetuned}/run.json", arguments.output)
"""


def test_the_plan_of_lrec_2022_says_what_it_costs(snakemake, checkout) -> None:
    (checkout / "mine.yaml").write_text("seeds: [42, 43, 44]\nfinetuning: {search: lrec2022}")
    ran = snakemake("results/tables.tex", "-n", "--quiet", "rules", "--configfile", "mine.yaml")
    output = ran.stdout + ran.stderr
    assert "search lrec2022: 36 points x 56 runs = 2,016 fine-tunings, then 168 with the winners" in output
    jobs = planned_jobs(ran)
    assert {rule: jobs.get(rule) for rule in SEARCHED} == SEARCHED


@pytest.fixture
def searched(checkout: Path) -> Path:
    """A checkout with everything that the fine-tuning of one model needs, and programs that only look like training."""
    (checkout / "scripts" / "finetune.py").write_text(FINETUNE)
    (checkout / "scripts" / "predict.py").write_text(PREDICT)
    results = checkout / "results"
    folders = ["models/s_albert_tiny", "tokenizers/s_albert", "features/s_albert", "examples"]
    for folder in folders:
        (results / folder).mkdir(parents=True)
    files = [f"models/s_albert_tiny/{name}" for name in ("config.json", "model.safetensors", "manifest.json")]
    files += [f"features/s_albert/ner_{part}-ner-512.safetensors" for part in ("train", "dev", "test")]
    files += ["examples/ner_dev.jsonl", "examples/ner_test.jsonl"]
    for file in files:
        (results / file).write_text(file)
    (results / "tokenizers/s_albert/manifest.json").write_text('{"vocab_size": 31000}')
    return checkout


@pytest.fixture
def run(snakemake, searched):
    def with_grid(*rates: float) -> dict[str, int]:
        """Run the grid for one model and task with two seeds; how many jobs of each rule ran."""
        space = {"batch_size": [16], "learning_rate": list(rates), "epochs": [2]}
        overlay = {"seeds": [42, 43], "finetuning": {"search": "mine", "grids": {"mine": {"spaces": [space]}}}}
        (searched / "mine.yaml").write_text(yaml.safe_dump(overlay))
        targets = [PREDICTIONS.format(seed=seed) for seed in (42, 43)]
        ran = snakemake("--cores", "1", "--configfile", "mine.yaml", "--allowed-rules", *TRAINING, "--", *targets)
        output = ran.stdout + ran.stderr
        assert ran.returncode == 0, output
        return {rule: len(re.findall(rf"^Job \d+: {word} ", output, re.MULTILINE)) for rule, word in TRAINING.items()}

    return with_grid


def learning_rates(folder: Path) -> set[float]:
    records = [json.loads((folder / PREDICTIONS.format(seed=seed)).read_text()) for seed in (42, 43)]
    return {record["hyperparameters"]["learning_rate"] for record in records}


def test_a_change_of_the_grid_trains_what_it_must_and_nothing_else(run, searched) -> None:
    nothing = dict.fromkeys(TRAINING, 0)
    assert run(1e-5, 2e-5) == {"search_point": 2, "choose_hyperparameters": 1, "finetune": 2, "predict": 2}
    assert learning_rates(searched) == {2e-5}

    config = (searched / "config.yaml").read_text()
    (row,) = (line for line in config.splitlines() if "{task: ner, model: s_albert_tiny" in line)
    other = row.replace("5.0e-5", "4.0e-5").replace("epochs: 4", "epochs: 5")
    assert other != row
    (searched / "config.yaml").write_text(config.replace(row, other))
    assert run(1e-5, 2e-5) == nothing, "a row of the annex counts for its length alone"

    assert run(1e-6, 1e-5, 2e-5) == nothing | {"search_point": 1, "choose_hyperparameters": 1}, "a point that loses"
    winning = {"search_point": 1, "choose_hyperparameters": 1, "finetune": 2, "predict": 2}
    assert run(1e-5, 2e-5, 3e-5) == winning
    assert learning_rates(searched) == {3e-5}
    assert run(1e-5, 2e-5) == winning | {"search_point": 0}, "the winner left the grid"
    assert learning_rates(searched) == {2e-5}
