"""The overlays in config/: other benchmarks, by configuration alone."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT, Snakemake, planned_jobs

from distilbeto.plan.config import Config
from distilbeto.plan.loading import load_config
from distilbeto.plan.overlays import merge, read_layers
from distilbeto.plan.runs import columns_of, finetuning_runs, hyperparameters_of, models_of, scored_cells, seeds_of
from distilbeto.plan.search import criterion_of, points_of_run
from distilbeto.reports.tables.references import averaged_tests, read_published
from distilbeto.sources.hub import parse_location

THESIS = {*read_layers([ROOT / "config.yaml"])[0]["models"]}


def overlaid(*names: str) -> Config:
    return load_config(merge(read_layers([ROOT / "config.yaml", *(ROOT / "config" / name for name in names)])))


@pytest.fixture(scope="module")
def evales() -> Config:
    return overlaid("evales.yaml")


@pytest.fixture(scope="module")
def encoders() -> Config:
    return overlaid("encoders.yaml")


@pytest.fixture(scope="module")
def euroeval() -> Config:
    return overlaid("euroeval_es.yaml")


def test_evales_has_its_ten_tests_of_which_two_need_an_agreement(evales: Config) -> None:
    tests = {column.task for column in columns_of(evales)}
    assert len(columns_of(evales)) == len(tests) == 10
    assert {task for _, task in finetuning_runs(evales)} == tests - {"capitel_ner", "capitel_pos"}
    assert "agreement" in str(evales.sources["capitel"].missing)
    assert len(scored_cells(evales)) == 8 * len(models_of(evales))


def test_evales_is_tuned_as_published(evales: Config) -> None:
    """12 runs of 5 epochs for each model and test, with one seed, warm-up 6 %, 512 tokens, by the metric."""
    for model, task in finetuning_runs(evales):
        points = points_of_run(evales, model, task).values()
        assert {(point.batch_size, point.learning_rate, point.weight_decay) for point in points} == {
            (batch, rate, decay) for batch in (16, 32) for rate in (1e-5, 3e-5, 5e-5) for decay in (0.1, 0.01)
        }
        assert {point.epochs for point in points} == {5}
        assert criterion_of(evales, task) == "metric"
        assert hyperparameters_of(evales, task, model).max_length == 512
    assert evales.finetuning.optimization.warmup_ratio == 0.06
    assert seeds_of(evales) == [1]


def test_every_published_score_of_evales_has_its_column(evales: Config) -> None:
    columns = {(column.task, column.test) for column in columns_of(evales)}
    assert {(entry.task, entry.test) for entry in read_published("evales")} == columns
    published = Counter(entry.model for entry in read_published("evales"))
    assert len(published) == 6 and {*published.values()} == {10}
    assert {"beto_cased", "mbert"} <= {*models_of(evales)} & {*published}, "compared with what is measured here"


def test_euroeval_has_ten_seeds_of_bootstrap_samples(euroeval: Config) -> None:
    assert seeds_of(euroeval) == list(range(4242, 4252))
    assert euroeval.finetuning.bootstrap
    optimization = euroeval.finetuning.optimization
    assert (optimization.patience, optimization.weight_decay) == (2, 0.0)
    metrics: dict[str, Any] = {name: getattr(task, "metric", None) for name, task in euroeval.tasks.items()}
    assert (metrics["sentiment"], metrics["scala"]) == ("mcc", "mcc")
    assert {*euroeval.tasks} == {"sentiment", "scala", "conll", "mlqa_es"}


@pytest.mark.parametrize(
    ("name", "examples", "steps"), [("sentiment", 861, 27), ("scala", 1024, 32), ("conll", 1024, 32)]
)
def test_euroeval_plans_10000_steps(euroeval: Config, name: str, examples: int, steps: int) -> None:
    assert euroeval.datasets[f"{name}_train"].expected_examples == examples
    row = hyperparameters_of(euroeval, name, "distilbeto")
    assert -(-examples // row.batch_size) == steps
    assert abs(steps * row.epochs - 10_000) < steps
    assert euroeval.finetuning.optimization.warmup_ratio * steps * row.epochs == pytest.approx(100, abs=1)


def test_an_encoder_is_its_name_and_its_source(encoders: Config) -> None:
    """Each a repository with a revision. What config.yaml has is measured beside them, but for what is not public."""
    rows = read_layers([ROOT / "config/encoders.yaml"])[0]["models"]
    added = {key: row for key, row in rows.items() if key not in THESIS}
    assert all({*row} == {"name", "source"} for row in added.values())
    assert len(added) == 17
    for key in [*added, "distilbeto"]:
        model = encoders.models[key]
        assert parse_location(encoders.sources[str(model.source)].location).kind == "model"
    measured = {key for key, model in models_of(encoders).items() if model.measure}
    assert measured == {*added} | THESIS - {"s_albert_base_v2", "s_albert_base_v3"}
    assert not encoders.students and not encoders.corpora
    assert {encoders.tokenizers[encoders.models[key].tokenizer].lowercase for key in added} == {None}, "as published"


def test_every_published_score_of_speedy_gonzales_has_its_column_and_its_model(encoders: Config) -> None:
    published = averaged_tests("speedy_gonzales")
    assert published <= {(column.task, column.test) for column in columns_of(encoders)}
    averaged = {(column.task, column.test) for column in columns_of(encoders) if column.average}
    assert averaged == published - {("pos", "pos_test")}, "where published and measured numbers are of one metric"
    models = {entry.model for entry in read_published("speedy_gonzales") if not entry.model.startswith("kd_")}
    assert models <= {*models_of(encoders)}


def test_speedy_gonzales_cuts_albeto_to_the_published_depths_on_the_published_grid() -> None:
    config = overlaid("speedy_gonzales.yaml")
    cut = {model.num_hidden_layers: key for key, model in config.models.items() if model.num_hidden_layers}
    assert sorted(cut) == [2, 4, 6, 8, 10]
    distilled = {entry.model for entry in read_published("speedy_gonzales") if entry.model.startswith("kd_")}
    assert distilled == {"kd_tiny", *(f"kd_base_{depth}" for depth in cut)}, "each has its published row"
    assert averaged_tests("speedy_gonzales") <= {(column.task, column.test) for column in columns_of(config)}
    for task in config.tasks:
        points = points_of_run(config, cut[2], task).values()
        assert {(point.batch_size, point.learning_rate, point.epochs) for point in points} == {
            (batch, rate, 50) for batch in (16, 32, 64) for rate in (5e-5, 1e-4)
        }
        assert criterion_of(config, task) == "metric"


def test_encoders_go_with_another_benchmark() -> None:
    config, alone = overlaid("encoders.yaml", "evales.yaml"), overlaid("evales.yaml")
    assert (config.results, config.tables.references) == (alone.results, ["evales"])
    assert config.finetuning.search == alone.finetuning.search
    assert {column.task for column in columns_of(config)} == {column.task for column in columns_of(alone)}
    assert {"mbert", "mrbert_es"} <= {*models_of(config)}
    assert config.models["beto_cased"].source == "beto_cased"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("encoders", {"convert_model": 24, "finetune": 8 * 24, "score": 9 * 24, "distil_segment": None}),
        ("evales", {"search_point": 12 * 8 * 9, "choose_hyperparameters": 8 * 9, "finetune": 8 * 9, "score": 8 * 9}),
        ("speedy_gonzales", {"search_point": 6 * 8 * 7, "finetune": 8 * 7, "score": 9 * 7, "distil_segment": None}),
        ("euroeval_es", {"draw_examples": 12 * 10, "finetune": 4 * 9 * 10, "score": 4 * 9 * 10, "encode": 12 * 10 * 4}),
    ],
)
def test_a_benchmark_is_planned_with_nothing_downloaded(
    snakemake: Snakemake, checkout: Path, name: str, expected: dict[str, int | None]
) -> None:
    target = f"results/{name}/tables.tex"
    jobs = planned_jobs(snakemake(target, "-n", "--quiet", "rules", "--configfile", f"config/{name}.yaml"))
    assert {rule: jobs.get(rule) for rule in expected} == expected
