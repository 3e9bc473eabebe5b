"""From settings to a model folder by the command lines, and the folder by transformers."""

import json
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForMaskedLM, AutoTokenizer, pipeline

from distilbeto.distillation.segment import Inputs
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.state import read_state
from distilbeto.errors import UserError
from distilbeto.models.settings import Architecture
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
def train(
    make_settings: Callable[..., TrainingSettings], make_inputs: Callable[..., Inputs], tmp_path: Path
) -> Callable[..., dict[str, Any]]:
    """Options of export_student after a training of two segments, run as the workflow runs it."""

    def make(**changes: Any) -> dict[str, Any]:
        settings = make_settings(steps=2, **changes)
        states = [tmp_path / f"step-{step:07d}.safetensors" for step in range(3)]
        metrics = [state.with_suffix(".jsonl") for state in states]
        inputs = make_inputs(states[0])
        shared = {"settings": settings.model_dump_json(), "tokenizer": inputs.tokenizer}
        teacher = {"teacher": inputs.teacher} if settings.teacher else {}
        run("initialize_student", **shared, **teacher, output=states[0])
        for step in (1, 2):
            run(
                "distil_segment",
                **shared,
                **teacher,
                shards=inputs.shards,
                token_counts=inputs.token_counts,
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

    return make


@pytest.fixture
def trained(train: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return train()


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
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["origin"] == "student s at step 2 of 2"
    assert manifest["tokenizer"] == tokenizer.fingerprint
    assert manifest["parameters"] == sum(tensor.numel() for tensor in state.model.values())


def test_an_exported_tokenizer_is_the_one_of_the_training_and_fits_the_model(trained: dict[str, Any]) -> None:
    run("export_student", **trained)
    tokenizer = AutoTokenizer.from_pretrained(trained["output"])
    assert tokenizer("Palabra3 PALABRA4")["input_ids"] == [4, 9, 10, 5]
    assert tokenizer.backend_tokenizer.normalizer.normalize_str("El NIÑO comió") == "el niño comió"
    assert (tokenizer.mask_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id) == (0, 1, 3)
    assert len(tokenizer("palabra3 " * 99, truncation=True)["input_ids"]) == 32


@pytest.mark.parametrize("model_type", ["distilbert", "bert", "albert", "roberta", "modernbert"])
def test_an_exported_student_fills_masks_and_does_not_see_padding(
    model_type: str, train: Callable[..., dict[str, Any]], make_architecture: Callable[..., Architecture]
) -> None:
    architecture = make_architecture(model_type).model_dump()
    options = train(teacher=None, architecture=architecture, initialization={}, validation_sequences=0)
    run("export_student", **options)
    folder = options["output"]
    model, tokenizer = AutoModelForMaskedLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    text = f"Palabra3 {tokenizer.mask_token} palabra5"
    with torch.no_grad():
        alone = model(**tokenizer(text, return_tensors="pt")).logits[0]
        padded = model(**tokenizer([text, "palabra1 " * 9], padding=True, return_tensors="pt")).logits[0, :5]
    torch.testing.assert_close(alone, padded)
    answers = pipeline("fill-mask", model=str(folder))(text, top_k=3)
    scores, best = alone[2].softmax(-1).topk(3)
    assert [answer["token"] for answer in answers] == best.tolist()
    assert [answer["score"] for answer in answers] == pytest.approx(scores.tolist(), rel=1e-4)
    assert answers[0]["sequence"] == tokenizer.decode([9, best[0], 11])


def test_an_exported_distilbert_is_given_no_token_types(trained: dict[str, Any]) -> None:
    run("export_student", **trained)
    assert AutoTokenizer.from_pretrained(trained["output"])("palabra3").keys() == {"input_ids", "attention_mask"}


def test_the_model_card_tells_teacher_data_steps_and_validation(trained: dict[str, Any]) -> None:
    first = trained["metrics"][0]
    step, closing = (json.loads(line) for line in first.read_text().splitlines())
    closing["teacher_validation"]["accuracy"] = 0.5
    first.write_text(f"{json.dumps(step)}\n{json.dumps(closing)}\n")
    run("export_student", **trained)
    card = (trained["output"] / "README.md").read_text()
    lines = [json.loads(line) for path in trained["metrics"] for line in path.read_text().splitlines()]
    last, teacher = lines[-1]["validation"], closing["teacher_validation"]
    assert card.startswith("---\nlanguage: es\n")
    assert "distilled from t, at step 2 of 2. Its\ntokenizer lower-cases text and keeps accents." in card
    assert f"| {last['accuracy']:.4f} |" in card
    assert f"| teacher |  |  | {teacher['masked_lm']:.4f} |  | {teacher['accuracy']:.4f} |" in card
    assert f"keeps {100 * last['accuracy'] / teacher['accuracy']:.1f} % of its teacher's accuracy" in card
    assert f"Trained on 32 sequences, {lines[0]['tokens'] + lines[2]['tokens']} tokens" in card
    assert f"(shards {lines[-1]['data']['shards']})" in card
    assert '"alpha_ce": 5.0' in card
    assert "Loss: 5 x KL divergence from the teacher + 2 x masked language model + 1 x cosine; temperature 2" in card
    assert "Spanish text of at most" in card


def test_a_student_that_learned_nothing_from_its_teacher_is_not_called_distilled(
    train: Callable[..., dict[str, Any]],
) -> None:
    options = train(losses={"alpha_ce": 0, "alpha_cos": 0})
    run("export_student", **options)
    card = (options["output"] / "README.md").read_text()
    assert "trained beside t" in card
    assert "distilled" not in card
    assert "- masked-lm" in card


def test_a_state_of_other_settings_or_metrics_of_other_steps_are_refused(trained: dict[str, Any]) -> None:
    changed = json.loads(trained["settings"]) | {"seed": 1}
    with pytest.raises(UserError, match=r"settings.seed was 42, is now 1"):
        run("export_student", **trained | {"settings": json.dumps(changed)})
    first, second = trained["metrics"]
    for metrics, problem in (
        ([first], "the state is at step 2, the metrics end at 1"),
        ([second], "the state is at step 2, the metrics lack step 1"),
        ([first, second, second], "the metrics have a step twice"),
    ):
        with pytest.raises(UserError, match=problem):
            run("export_student", **trained | {"metrics": metrics})
    first.write_text("")
    with pytest.raises(UserError, match="not the metrics of a whole segment"):
        run("export_student", **trained)
    assert not trained["output"].exists()
