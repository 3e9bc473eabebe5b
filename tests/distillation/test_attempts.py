"""Segments that outlive the failure of the job that trained them."""

from pathlib import Path

import pytest

from distilbeto.distillation.attempts import attempt_key, restore_attempt, save_attempt


@pytest.fixture
def outputs(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / "step-2.safetensors", tmp_path / "step-2.jsonl"]
    for path in paths:
        path.write_text(path.name)
    return paths


def delete(paths: list[Path]) -> None:
    for path in paths:
        path.unlink()


def test_a_segment_comes_back_after_its_outputs_were_deleted(tmp_path: Path, outputs: list[Path]) -> None:
    save_attempt(tmp_path / "attempts", "a", outputs)
    delete(outputs)
    assert restore_attempt(tmp_path / "attempts", "a", outputs)
    assert [path.read_text() for path in outputs] == [path.name for path in outputs]


def test_a_segment_made_otherwise_does_not(tmp_path: Path, outputs: list[Path]) -> None:
    save_attempt(tmp_path / "attempts", "a", outputs)
    delete(outputs)
    assert not restore_attempt(tmp_path / "attempts", "b", outputs)
    assert not outputs[0].exists()


def test_half_a_segment_does_not(tmp_path: Path, outputs: list[Path]) -> None:
    save_attempt(tmp_path / "attempts", "a", outputs)
    delete(outputs)
    (tmp_path / "attempts" / "a.jsonl").unlink()
    assert not restore_attempt(tmp_path / "attempts", "a", outputs)


def test_what_no_attempt_took_up_is_forgotten(tmp_path: Path, outputs: list[Path]) -> None:
    others = [path.with_stem("step-4") for path in outputs]
    for path in others:
        path.write_text(path.name)
    save_attempt(tmp_path / "attempts", "a", outputs)
    save_attempt(tmp_path / "attempts", "b", others)
    assert len(list((tmp_path / "attempts").iterdir())) == 4, "both have their results"
    delete(outputs)
    save_attempt(tmp_path / "attempts", "c", others)
    assert not restore_attempt(tmp_path / "attempts", "a", outputs)


def test_a_key_is_of_settings_and_contents(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.write_text("1")
    key = attempt_key({"end": 2}, {"state": state})
    assert attempt_key({"end": 3}, {"state": state}) != key
    state.write_text("2")
    assert attempt_key({"end": 2}, {"state": state}) != key
    state.rename(tmp_path / "moved").write_text("1")
    assert attempt_key({"end": 2}, {"state": tmp_path / "moved"}) == key
