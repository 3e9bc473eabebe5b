"""Regression and multi-label classification, from examples to scores."""

import json
import math
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score
from tests.finetuning.conftest import NOUNS, Encode, MakeRun
from tests.finetuning.test_development import on
from transformers import pipeline

from distilbeto.errors import UserError
from distilbeto.finetuning.losses import summed_loss, target_count
from distilbeto.finetuning.predict import predict
from distilbeto.finetuning.settings import PredictionSettings
from distilbeto.finetuning.threshold import best_threshold
from distilbeto.finetuning.train import finetune
from distilbeto.glues.examples import Example, MultiLabelExample, RegressionExample
from distilbeto.glues.kinds import TaskKind
from distilbeto.glues.metrics.scores import Scores, score_file

LABELS = ["pan", "sal", "oro"]
probabilities = st.floats(0, 1) | st.sampled_from([0.0, 0.25, 0.5, 0.5 + 1e-16, np.nextafter(0.5, 0), 1.0])


def words(random: np.random.Generator) -> list[str]:
    return random.choice(NOUNS, random.integers(1, 5)).tolist()


def rated(count: int, seed: int) -> list[Example]:
    """Pairs with the number of their first five words that are pan, from 0 to 5."""
    random = np.random.default_rng(seed)
    examples: list[Example] = []
    for number in range(count):
        bread = int(random.integers(0, 6))
        text = ["pan"] * bread + ["mar"] * (5 - bread)
        examples.append(RegressionExample(str(number), " ".join(random.permutation(text)), "sol", float(bread)))
    return examples


def labelled(count: int, seed: int) -> list[Example]:
    """Texts with those of LABELS that they mention."""
    random = np.random.default_rng(seed)
    texts = [words(random) for _ in range(count)]
    return [
        MultiLabelExample(str(number), " ".join(text), None, tuple(label for label in LABELS if label in text))
        for number, text in enumerate(texts)
    ]


@pytest.fixture
def finished(make_run: MakeRun, encoded: Encode, tmp_path: Path) -> Callable[..., tuple[dict, Scores, Path]]:
    """Train on 200 examples, predict and score 60 others; run.json, the scores, the predictions."""

    def finish(
        make: Callable[[int, int], list[Example]], kind: str, labels: list[str], suffix: str, **more: object
    ) -> tuple:
        train, dev = encoded(make(200, 1), kind, labels, **more), encoded(make(60, 2), kind, labels, **more)
        settings = {"kind": kind, "labels": labels, **more}
        run = on(make_run(epochs=10, learning_rate=3e-3), dev, selection="last", **settings)
        finetune(run._replace(train=train), tmp_path / "checkpoints", tmp_path / "output")
        gold, output = dev.with_suffix(".jsonl"), tmp_path / f"predicted.{suffix}"
        predict(
            tmp_path / "output",
            run.tokenizer,
            features=dev,
            examples=gold,
            settings=PredictionSettings.model_validate(settings),
            output=output,
        )
        return json.loads((tmp_path / "output/run.json").read_text()), score_file(kind, gold, output), output

    return finish


def test_a_model_learns_numbers(finished: Callable, tmp_path: Path) -> None:
    record, scores, output = finished(rated, "regression", [], "txt")
    assert record["epochs"][-1]["dev_metrics"] == scores.metrics
    assert record["development"]["metric"] == "combined"
    assert scores.metrics["combined"] > 90
    assert scores.baseline == {"pearson": 0, "spearman": 0, "combined": 0}
    predicted = np.array([float(line) for line in output.read_text().splitlines()])
    error = float(np.mean((predicted - [example.target for example in rated(60, 2)]) ** 2))
    assert record["development"]["loss"] == pytest.approx(error, abs=1e-5)
    config = json.loads((tmp_path / "output/config.json").read_text())
    assert (config["problem_type"], config["id2label"]) == ("regression", {"0": "LABEL_0"})


def test_numbers_of_any_range_are_learnt_in_units_of_it(finished: Callable) -> None:
    def thousands(count: int, seed: int) -> list[Example]:
        return [example._replace(target=1000 * example.target + 300) for example in rated(count, seed)]

    record, scores, output = finished(thousands, "regression", [], "txt", range=[300, 5300])
    assert record["epochs"][-1]["dev_metrics"] == scores.metrics
    assert scores.metrics["combined"] > 90
    predicted = [float(line) for line in output.read_text().splitlines()]
    gold = [example.target for example in thousands(60, 2)]
    assert predicted == pytest.approx(gold, abs=1500)


def test_targets_that_need_a_range_are_refused_without(encoded: Encode) -> None:
    examples = [RegressionExample("a", "pan", None, 1.0), RegressionExample("b", "sal", None, -80.0)]
    with pytest.raises(UserError, match=r"dataset toy, example b: the target -80 is too large.*\n?.*`range`"):
        encoded(examples, "regression", [])


def test_a_model_learns_sets_of_labels_and_their_threshold(finished: Callable, tmp_path: Path) -> None:
    record, scores, output = finished(labelled, "multi_label_classification", LABELS, "jsonl")
    last = record["epochs"][-1]
    assert last["dev_metrics"] == scores.metrics
    assert record["development"]["metric"] == "micro_f1"
    assert scores.metrics["micro_f1"] > scores.baseline["micro_f1"] + 30
    assert record["development"]["threshold"] == last["threshold"]
    assert 0 < last["threshold"] < 1
    sets = [json.loads(line) for line in output.read_text(encoding="utf-8").splitlines()]
    assert [] in sets
    config = json.loads((tmp_path / "output/config.json").read_text())
    assert config["problem_type"] == "multi_label_classification"
    assert list(config["id2label"].values()) == LABELS


def test_predictions_take_the_threshold_of_the_run(
    finished: Callable, make_run: MakeRun, encoded: Encode, tmp_path: Path
) -> None:
    record, _, output = finished(labelled, "multi_label_classification", LABELS, "jsonl")
    record["development"]["threshold"] = 0.0
    (tmp_path / "output/run.json").write_text(json.dumps(record))
    settings = PredictionSettings.model_validate({"kind": "multi_label_classification", "labels": LABELS})
    features = encoded(labelled(60, 2), "multi_label_classification", LABELS)
    tokenizer = make_run().tokenizer
    gold = features.with_suffix(".jsonl")
    predict(tmp_path / "output", tokenizer, features=features, examples=gold, settings=settings, output=output)
    assert set(output.read_text().splitlines()) == {json.dumps(LABELS)}


@given(st.lists(st.tuples(probabilities, st.booleans()), min_size=1, max_size=30))
def test_no_other_threshold_has_a_higher_micro_f1(pairs: list[tuple[float, bool]]) -> None:
    scores, gold = (np.array(values).reshape(-1, 1) for values in zip(*pairs, strict=True))

    def f1(threshold: float) -> float:
        return float(f1_score(gold.ravel(), (scores >= threshold).ravel(), zero_division=0))

    found = best_threshold(scores, gold)
    others = [f1(threshold) for threshold in {*scores.ravel().tolist(), 0.5}]
    assert f1(found) == pytest.approx(max(others))
    if f1(0.5) == max(others):
        assert found == 0.5


def test_every_number_is_a_target_and_the_loss_is_the_squared_error() -> None:
    inputs = {"labels": torch.tensor([-100.0, 2.0, 0.5])}
    output = SimpleNamespace(logits=torch.tensor([[-99.0], [2.0], [0.0]]))
    assert int(target_count(inputs)) == 3
    assert float(summed_loss(TaskKind.REGRESSION, output, inputs)) == pytest.approx(1 + 0.25)


def test_every_label_of_a_set_is_a_target_and_the_loss_is_its_cross_entropy() -> None:
    inputs = {"labels": torch.tensor([[1, 0, 0], [0, 0, 0]])}
    output = SimpleNamespace(logits=torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, -3.0]]))
    assert int(target_count(inputs)) == 6
    expected = math.log1p(math.exp(-2)) + 4 * math.log(2) + math.log1p(math.exp(-3))
    assert float(summed_loss(TaskKind.MULTI_LABEL_CLASSIFICATION, output, inputs)) == pytest.approx(expected)


def test_transformers_reads_the_kind_in_the_configuration(
    finished: Callable, tokenizer_folder: Path, tmp_path: Path
) -> None:
    """A pipeline gives the number itself, without a sigmoid."""
    finished(rated, "regression", [], "txt")
    classify = pipeline("text-classification", model=str(tmp_path / "output"), tokenizer=str(tokenizer_folder))
    low, high = classify(
        [{"text": "mar mar mar mar mar", "text_pair": "sol"}, {"text": "pan pan pan pan pan", "text_pair": "sol"}]
    )
    assert low["score"] < 1.5 < 3.5 < high["score"]
