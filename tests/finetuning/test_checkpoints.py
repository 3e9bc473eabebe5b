from pathlib import Path

import pytest

from distilbeto.errors import UserError
from distilbeto.finetuning.checkpoints import last_checkpoint, locked, open_checkpoints


def checkpoint(folder: Path, step: int, state: str = "{}") -> Path:
    path = folder / f"checkpoint-{step}"
    path.mkdir(parents=True)
    (path / "trainer_state.json").write_text(state)
    return path


def test_the_newest_whole_checkpoint_counts(tmp_path: Path) -> None:
    checkpoint(tmp_path, 90)
    newest = checkpoint(tmp_path, 100)
    cut_short = checkpoint(tmp_path, 110, '{"log_history": [')
    without_state = tmp_path / "checkpoint-120"
    without_state.mkdir()
    assert last_checkpoint(tmp_path) == newest
    assert not cut_short.exists()
    assert not without_state.exists()


def test_there_may_be_none(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path) is None


def test_checkpoints_of_the_same_run_stay_and_others_go(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    assert open_checkpoints(folder, "a") == 0
    kept = checkpoint(folder, 10)
    assert open_checkpoints(folder, "a") == 1
    assert kept.exists()
    assert open_checkpoints(folder, "b") == 0
    assert not kept.exists()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("work of years")
    with pytest.raises(UserError, match=r"not empty and has no fingerprint.json"):
        open_checkpoints(tmp_path, "a")
    assert (tmp_path / "thesis.tex").exists()


def test_two_processes_cannot_train_the_same_run(tmp_path: Path) -> None:
    with locked(tmp_path / "run"), pytest.raises(UserError, match="another process"), locked(tmp_path / "run"):
        pass
