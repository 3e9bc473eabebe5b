"""What a family is stands in one record: it fits transformers, and what asks for it needs no more."""

import re

import pytest
import torch
import transformers
from pydantic import ValidationError
from transformers import AutoConfig

from distilbeto.errors import UserError
from distilbeto.models.build import random_model, shape_of, transformers_config
from distilbeto.models.families import FAMILIES, family_of, max_tokens
from distilbeto.models.families.record import Family
from distilbeto.models.fit import fit
from distilbeto.models.layer_copy import problem_of_copy, student_state
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer

SHAPE = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
TOKENIZER = LoadedTokenizer(None, "0123456789abcdef", 20, 1, 3, 4, 5, 0)
TOY = Family(
    model_type="camembert",
    with_every_head="CamembertForMaskedLM",
    modules={
        "word_embeddings": "roberta.embeddings.word_embeddings",
        "position_embeddings": "roberta.embeddings.position_embeddings",
        "token_type_embeddings": "roberta.embeddings.token_type_embeddings",
        "embeddings_layer_norm": "roberta.embeddings.LayerNorm",
        "query": "roberta.encoder.layer.{}.attention.self.query",
        "key": "roberta.encoder.layer.{}.attention.self.key",
        "value": "roberta.encoder.layer.{}.attention.self.value",
        "attention_output": "roberta.encoder.layer.{}.attention.output.dense",
        "attention_layer_norm": "roberta.encoder.layer.{}.attention.output.LayerNorm",
        "intermediate": "roberta.encoder.layer.{}.intermediate.dense",
        "output": "roberta.encoder.layer.{}.output.dense",
        "output_layer_norm": "roberta.encoder.layer.{}.output.LayerNorm",
        "head_transform": "lm_head.dense",
        "head_layer_norm": "lm_head.layer_norm",
        "head_projection": "lm_head.decoder",
        "head_bias": "lm_head",
    },
    mlm_logits=lambda model, hidden: model.lm_head(hidden),
    teachers=("camembert",),
    first_position=2,
)


@pytest.fixture(params=["toy", *FAMILIES])
def family(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Family:
    """Each family, and one more, which is known as soon as its record is."""
    monkeypatch.setitem(FAMILIES, TOY.model_type, TOY)
    return TOY if request.param == "toy" else FAMILIES[request.param]


def architecture(family: Family, **changes: int) -> Architecture:
    extra = {"embedding_size": 4} if "embedding_size" in family.extra_fields else {}
    return Architecture(**{"model_type": family.model_type, "max_position_embeddings": 14, **SHAPE, **extra, **changes})


def test_every_name_is_one_of_transformers(family: Family) -> None:
    config = transformers_config(architecture(family), TOKENIZER)
    with torch.device("meta"):
        model = getattr(transformers, family.with_every_head)(config)
    modules = dict(model.named_modules())
    named = {module.format(layer) for module in family.modules.values() for layer in range(config.num_hidden_layers)}
    assert named <= modules.keys()
    assert AutoConfig.for_model(family.model_type).model_type == family.model_type
    known = config.to_dict().keys()
    assert set(family.dropouts) | family.special_tokens.keys() <= known
    assert family.defaults.items() <= config.to_dict().items()


def test_every_weight_has_a_role(family: Family) -> None:
    """A weight without one would be left random in a student."""
    model = random_model(architecture(family), TOKENIZER, seed=1)
    layers = range(model.config.num_hidden_layers)
    modules = {module.format(layer) for module in family.modules.values() for layer in layers}
    assert {name.rpartition(".")[0] for name in model.state_dict()} <= modules


def test_a_configuration_is_read_as_it_was_made(family: Family) -> None:
    wanted = architecture(family, num_hidden_layers=3)
    config = transformers_config(wanted, TOKENIZER)
    assert shape_of(config) == wanted.model_dump(exclude={"dropout"}, exclude_none=True)
    assert {getattr(config, name) for name in family.dropouts} == {wanted.dropout}
    assert config.pad_token_id == TOKENIZER.pad


def test_every_role_of_a_student_is_one_of_its_teachers(family: Family) -> None:
    for teacher in family.teachers:
        assert family.modules.keys() <= family_of(teacher).modules.keys()


def test_a_student_takes_the_weights_of_its_own_kind_and_predicts_like_it(family: Family) -> None:
    shape = architecture(family)
    assert problem_of_copy(shape, shape, layers=[0, 1]) is None
    teacher, student = (random_model(shape, TOKENIZER, seed=seed).eval() for seed in (1, 2))
    states = (model.state_dict() for model in (teacher, student))
    taught, untaught = states
    copied = student_state(taught, family, untaught, family, layers=[0, 1], copy_head_transform=True)
    student.load_state_dict(copied)
    input_ids = torch.arange(6, 18).view(2, 6)
    with torch.no_grad():
        assert torch.equal(student(input_ids=input_ids).logits, teacher(input_ids=input_ids).logits)


def test_the_head_apart_computes_what_the_whole_model_does(family: Family) -> None:
    model = random_model(architecture(family), TOKENIZER, seed=1).eval()
    inputs = {
        "input_ids": torch.arange(6, 18).view(2, 6),
        "attention_mask": torch.tensor([[1] * 6, [1] * 4 + [0] * 2]),
    }
    with torch.no_grad():
        hidden = model.base_model(**inputs).last_hidden_state
        expected = model(**inputs).logits
        torch.testing.assert_close(family.mlm_logits(model, hidden.flatten(0, 1)), expected.flatten(0, 1))


def test_the_longest_input_is_taken_and_one_token_more_is_not(family: Family) -> None:
    shape = architecture(family)
    model = random_model(shape, TOKENIZER, seed=1).eval()
    most = max_tokens(shape)
    assert most == max_tokens(model.config)
    input_ids = torch.arange(most + 1).remainder(10)[None] + 6
    with torch.no_grad():
        assert model(input_ids=input_ids[:, :most]).logits.shape == (1, most, 20)
        if "position_embeddings" not in family.modules:  # relative or rotary: it was trained on no more
            assert model(input_ids=input_ids).logits.shape == (1, most + 1, 20)
            return
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=input_ids)


@pytest.mark.parametrize("pad", [0, 4])
@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.first_position])
def test_positions_are_counted_from_the_padding_of_the_model(name: str, pad: int) -> None:
    """Of a student over another vocabulary than RoBERTa's, a plan supposes what the model then knows."""
    shape = architecture(FAMILIES[name])
    model = random_model(shape, TOKENIZER._replace(pad=pad), seed=1).eval()
    most = max_tokens(model.config)
    assert (most, max_tokens(shape)) == (14 - pad - 1, 12)
    input_ids = torch.arange(most + 1)[None] + 6
    with torch.no_grad():
        assert model(input_ids=input_ids[:, :most]).logits.shape == (1, most, 20)
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=input_ids)


def test_a_head_or_an_encoder_without_one_is_told_apart(family: Family, tmp_path) -> None:
    model = random_model(architecture(family), TOKENIZER, seed=1)
    state = model.state_dict()
    whole = fit(model.config, dict(state), [], where=tmp_path)
    assert whole.config.architectures == [type(model).__name__]
    encoder = {name: tensor for name, tensor in state.items() if not family.is_mlm_head(name)}
    assert 0 < len(encoder) < len(state)
    alone = fit(model.config, encoder, [], where=tmp_path)
    assert alone.state.keys() == encoder.keys()
    assert "no masked-language-model head: the encoder alone is kept" in alone.notes
    assert alone.config.architectures == [type(model).__name__.replace("ForMaskedLM", "Model")]


def test_an_unknown_family_is_refused_with_those_that_there_are() -> None:
    message = f"unknown model_type 'gpt2'; known: {', '.join(FAMILIES)}"
    with pytest.raises(UserError, match=re.escape(message)):
        family_of("gpt2")
    with pytest.raises(ValidationError, match=re.escape(message)):
        Architecture(model_type="gpt2", **SHAPE)
    with pytest.raises(UserError, match="unknown model_type"):
        shape_of(AutoConfig.for_model("gpt2"))
