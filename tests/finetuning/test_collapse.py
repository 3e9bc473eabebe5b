"""A run that says the same of everything is seen, whatever its score looks like."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.finetuning.test_train import MakeRun, count_steps, same_weights, trained

from distilbeto.finetuning.collapse import CollapseSettings, collapse_of, is_constant, is_flat
from distilbeto.finetuning.record import Run, outcome_of
from distilbeto.finetuning.run_log import RunLog


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


def retrying(run: Run, retry: str, **more: float) -> Run:
    collapse = CollapseSettings.model_validate({"retry": retry} | more)
    return run._replace(settings=run.settings.model_copy(update={"collapse": collapse}))


def test_a_run_that_collapsed_is_trained_again_and_both_attempts_are_told(make_run: MakeRun, tmp_path: Path) -> None:
    stuck = make_run(epochs=1, learning_rate=1e-9)
    record = trained(retrying(stuck, "seed", retries=2), tmp_path / "seed")
    assert [attempt["seed"] for attempt in record["attempts"]] == [stuck.seed, stuck.seed + 1000, stuck.seed + 2000]
    assert [attempt["collapsed"] for attempt in record["attempts"]] == ["constant"] * 3
    assert (record["seed"], record["collapsed"]) == (stuck.seed, "constant"), "the tables find it under its own seed"
    halved = trained(retrying(stuck, "learning_rate"), tmp_path / "rate")
    assert [attempt["learning_rate"] for attempt in halved["attempts"]] == [1e-9, 5e-10]
    assert halved["hyperparameters"]["learning_rate"] == 5e-10
    assert "attempts" not in trained(stuck, tmp_path / "none")


def test_a_run_that_learns_is_trained_once(make_run: MakeRun, tmp_path: Path) -> None:
    assert "attempts" not in trained(retrying(make_run(epochs=2, learning_rate=1e-2), "seed"), tmp_path)


def test_a_run_killed_in_its_second_attempt_goes_on_there(
    make_run: MakeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = retrying(make_run(epochs=2, learning_rate=1e-9), "seed")
    whole = trained(run, tmp_path / "whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("distilbeto.finetuning.train.outcome_of", killing_at_call(2))
        with pytest.raises(SystemExit):
            trained(run, tmp_path / "after")
    with pytest.MonkeyPatch.context() as patch:
        kill_at_step_of_attempt(patch, attempt=2, step=30)
        with pytest.raises(SystemExit):
            trained(run, tmp_path / "within")
    steps = count_steps(monkeypatch)
    assert told(trained(run, tmp_path / "after")) == told(whole)
    assert len(steps) <= 25, "Trainer lets go of a last epoch that is not the best; the first attempt stays as it was"
    steps.clear()
    assert told(trained(run, tmp_path / "within")) == told(whole)
    assert len(steps) == 25, "the second epoch of the second attempt"
    assert same_weights(tmp_path / "whole" / "output", tmp_path / "within" / "output")


def killing_at_call(number: int) -> Callable[..., Any]:
    calls: list[int] = []

    def outcome(*given: Any) -> dict[str, Any]:
        calls.append(1)
        if len(calls) == number:
            raise SystemExit
        return outcome_of(*given)

    return outcome


def kill_at_step_of_attempt(patch: pytest.MonkeyPatch, attempt: int, step: int) -> None:
    def on_step_end(self: RunLog, args: Any, state: Any, control: Any, **_: Any) -> None:
        if state.global_step == step and Path(args.output_dir).name == f"attempt-{attempt}":
            raise SystemExit

    patch.setattr(RunLog, "on_step_end", on_step_end)


def told(record: dict[str, Any]) -> list[Any]:
    """All that does not depend on the clock."""
    attempts = [{name: value for name, value in each.items() if "seconds" not in name} for each in record["attempts"]]
    return [record["epochs"], record["collapsed"], attempts]
