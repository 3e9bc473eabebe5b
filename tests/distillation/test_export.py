"""From settings to a model folder by the command lines, and the folder by transformers."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer

from distilbeto.distillation.segment import Inputs
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import read_state
from distilbeto.errors import UserError
from distilbeto.tokenizer import load_tokenizer

SCRIPTS = Path(__file__).parents[2] / "scripts"


def run(script: str, **options: Any) -> None:
    program = runpy.run_path(str(SCRIPTS / f"{script}.py"))
    words = [
        [f"--{name.replace('_', '-')}", *(value if isinstance(value, list) else [value])]
        for name, value in options.items()
    ]
    program["main"](program["parser"]().parse_args([str(word) for option in words for word in option]))


@pytest.fixture
def trained(
    make_settings: Callable[..., TrainingSettings], make_inputs: Callable[..., Inputs], tmp_path: Path
) -> dict[str, Any]:
    """Options of export_student after a training of two segments, run as the workflow runs it."""
    settings = make_settings(steps=2).model_dump_json()
    states = [tmp_path / f"step-{step:07d}.safetensors" for step in range(3)]
    metrics = [state.with_suffix(".jsonl") for state in states]
    inputs = make_inputs(states[0])
    shared = {"settings": settings, "tokenizer": inputs.tokenizer}
    run("initialize_student", **shared, teacher=inputs.teacher, output=states[0])
    for step in (1, 2):
        run(
            "distil_segment",
            **shared,
            shards=inputs.shards,
            token_counts=inputs.token_counts,
            teacher=inputs.teacher,
            state=states[step - 1],
            end_step=f"{step:07d}",
            output=states[step],
            metrics=metrics[step],
            threads=1,
        )
    return {
        "student": "s",
        "model": "m",
        **shared,
        "state": states[2],
        "metrics": metrics[1:],
        "output": tmp_path / "m",
    }


def test_an_exported_student_is_a_whole_model_that_transformers_loads(trained: dict[str, Any]) -> None:
    run("export_student", **trained)
    folder = trained["output"]
    names = {
        "config.json",
        "model.safetensors",
        "manifest.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "README.md",
    }
    assert {path.name for path in folder.iterdir()} == names
    model, report = AutoModelForMaskedLM.from_pretrained(folder, output_loading_info=True)
    assert not report["missing_keys"]
    assert not report["unexpected_keys"]
    state = read_state(trained["state"], {})
    assert dict(model.named_parameters()).keys() == state.model.keys()
    assert all(torch.equal(value, state.model[name]) for name, value in model.named_parameters())
    tokenizer = load_tokenizer(trained["tokenizer"])
    assert model.config.pad_token_id == tokenizer.pad == 1
    assert AutoTokenizer.from_pretrained(folder)("palabra3 palabra4")["input_ids"] == [4, 9, 10, 5]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["origin"] == "student s at step 2 of 2"
    assert manifest["tokenizer"] == tokenizer.fingerprint
    assert manifest["parameters"] == sum(tensor.numel() for tensor in state.model.values())


def test_the_model_card_tells_teacher_steps_and_validation(trained: dict[str, Any]) -> None:
    run("export_student", **trained)
    card = (trained["output"] / "README.md").read_text()
    last = json.loads(trained["metrics"][-1].read_text().splitlines()[-1])["validation"]
    assert card.startswith("---\nlanguage: es\n")
    assert "distilled from t, at step 2 of 2" in card
    assert f"| {last['accuracy']:.4f} |" in card
    assert "| teacher |" in card
    assert '"alpha_ce": 5.0' in card


def test_a_state_of_other_settings_or_metrics_of_another_state_are_refused(trained: dict[str, Any]) -> None:
    changed = json.loads(trained["settings"]) | {"seed": 1}
    with pytest.raises(UserError, match=r"settings.seed was 42, is now 1"):
        run("export_student", **trained | {"settings": json.dumps(changed)})
    with pytest.raises(UserError, match="the state is at step 2, the metrics end at 1"):
        run("export_student", **trained | {"metrics": trained["metrics"][:1]})
    trained["metrics"][1].write_text("")
    with pytest.raises(UserError, match="not the metrics of a whole segment"):
        run("export_student", **trained)
    assert not trained["output"].exists()
