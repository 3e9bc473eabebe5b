"""A state returns as it was written, and to no other training."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import State, read_state, write_state
from distilbeto.errors import UserError

RECORD: dict[str, Any] = {"settings": {"seed": 42, "losses": {"alpha_ce": 5.0}}, "tokenizer": "abc", "shards": "s1"}


def state() -> State:
    weights, moments = {"a.weight": torch.randn(3, 2)}, {"a.weight": torch.rand(3, 2)}
    return State(5, weights, moments, {"a.weight": torch.rand(3, 2)}, updates=4, scaler={"scale": 1024.0})


def test_a_state_returns_as_it_was_written(tmp_path: Path) -> None:
    written = state()
    write_state(tmp_path / "s.safetensors", written, RECORD)
    found = read_state(tmp_path / "s.safetensors", RECORD)
    assert (found.step, found.updates, found.scaler) == (5, 4, {"scale": 1024.0})
    for name in ("model", "exp_avg", "exp_avg_sq"):
        assert torch.equal(getattr(found, name)["a.weight"], getattr(written, name)["a.weight"])


def test_a_state_written_under_old_names_of_settings_is_read(
    make_settings: Callable[..., TrainingSettings], tmp_path: Path
) -> None:
    settings = make_settings().model_dump(mode="json")
    old = settings | {
        "masking": {"share": 0.15, "mask": 0.8, "random": 0.1, "smoothing": 0.7},
        "optimizer": {
            "learning_rate": 5e-4,
            "warmup_share": 0.05,
            "adam_beta1": 0.9,
            "adam_beta2": 0.98,
            "adam_epsilon": 1e-6,
            "weight_decay": 0.0,
            "max_gradient_norm": 5.0,
        },
        "step_sequences": settings["sequences_per_step"],
    }
    del old["sequences_per_step"]
    write_state(tmp_path / "s.safetensors", state(), RECORD | {"settings": old})
    assert read_state(tmp_path / "s.safetensors", RECORD | {"settings": settings}).step == 5
    changed = settings | {"masking": settings["masking"] | {"mlm_probability": 0.3}}
    with pytest.raises(UserError, match=r"settings\.masking\.mlm_probability was 0\.15, is now 0\.3"):
        read_state(tmp_path / "s.safetensors", RECORD | {"settings": changed})


def test_a_setting_of_speed_is_in_no_record_until_it_is_set(make_settings: Callable[..., TrainingSettings]) -> None:
    """States and results of before it was there go on."""
    assert "speed" not in make_settings().model_dump(mode="json")
    assert make_settings(speed={"allow_tf32": True}).model_dump(mode="json")["speed"]["allow_tf32"]
    assert "speed" not in TrainingSettings.model_validate_json(make_settings(speed={}).model_dump_json()).model_dump()


def test_a_state_of_another_training_is_refused_by_both_names_and_what_differs(tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    write_state(path, state(), RECORD)
    changed = RECORD | {"settings": {"seed": 42, "losses": {"alpha_ce": 1.0}}, "shards": "s2"}
    with pytest.raises(UserError) as error:
        read_state(path, changed)
    message = str(error.value)
    assert str(path) in message
    assert len(set(re.findall(r"training ([0-9a-f]{16})", message))) == 2
    assert "settings.losses.alpha_ce was 5.0, is now 1.0" in message
    assert "shards was s1, is now s2" in message
    assert "seed" not in message


def test_what_step_0_does_not_know_yet_is_not_compared(tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    write_state(path, state(), {name: RECORD[name] for name in ("settings", "tokenizer")})
    assert read_state(path, RECORD).step == 5


@pytest.mark.parametrize("size", [0, 5, 100, -1])
def test_a_state_that_was_cut_short_is_refused(size: int, tmp_path: Path) -> None:
    path = tmp_path / "s.safetensors"
    write_state(path, state(), RECORD)
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(UserError, match="not a state of a student, or truncated"):
        read_state(path, RECORD)


def test_another_kind_of_file_and_a_missing_one_are_refused(tmp_path: Path, token_counts: Path) -> None:
    with pytest.raises(UserError, match="expected a file of format state-1, found token-counts-1"):
        read_state(token_counts, RECORD)
    with pytest.raises(UserError, match="file not found"):
        read_state(tmp_path / "none.safetensors", RECORD)
