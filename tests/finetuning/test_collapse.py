"""A run that says the same of everything is seen, whatever its score looks like."""

from pathlib import Path

import pytest
from tests.finetuning.test_train import MakeRun, trained

from distilbeto.finetuning.collapse import CollapseSettings, collapse_of, is_constant, is_flat


def test_one_prediction_for_all_is_a_collapse_unless_gold_has_no_other() -> None:
    assert is_constant(["no", "no"], ["no", "sí"])
    assert not is_constant(["no", "sí"], ["sí", "no"]), "wrong throughout, but not the same"
    assert not is_constant(["no", "no"], ["no", "no"]), "nothing else was to be said"
    assert is_constant([(), ()], [("a",), ()]), "sets of labels"


def test_numbers_are_constant_when_they_span_next_to_nothing() -> None:
    assert is_flat([2.501, 2.502, 2.5], [0.0, 5.0, 3.0])
    assert not is_flat([2.4, 2.5, 2.6], [0.0, 5.0, 3.0])
    assert not is_flat([2.0, 2.0], [3.0, 3.0])


def test_constant_goes_before_the_floor_and_no_score_is_below_none() -> None:
    floor = CollapseSettings(floor=40.0)
    assert collapse_of(10.0, floor, constant=True) == "constant"
    assert collapse_of(39.9, floor, constant=False) == "below_floor"
    assert collapse_of(40.0, floor, constant=False) is None
    assert collapse_of(0.0, CollapseSettings(), constant=False) is None
    assert collapse_of(None, floor, constant=False) is None, "it diverged, which its record says by itself"


@pytest.mark.parametrize(("learning_rate", "collapsed"), [(1e-9, "constant"), (1e-2, None)])
def test_run_json_says_so(make_run: MakeRun, tmp_path: Path, learning_rate: float, collapsed: str | None) -> None:
    record = trained(make_run(epochs=2, learning_rate=learning_rate), tmp_path)
    assert record["collapsed"] == collapsed
    assert record["epochs"][record["kept_epoch"] - 1].get("constant_predictions", False) == bool(collapsed)
    assert "constant" not in record["epochs"][0]["dev_metrics"], "it is no metric"
