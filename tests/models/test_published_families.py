"""Models of each family as they are published: converted, they compute what transformers does with the original."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from tests.tokenizer.kinds import MAKERS
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM

from distilbeto.glues.encode_texts import encode_texts
from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.features import Features, SequenceDataset, collator
from distilbeto.models.build import shape_of
from distilbeto.models.families import FAMILIES, takes_token_types
from distilbeto.models.load import load_weights
from distilbeto.models.save import save_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.files import read_json
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

SHAPE = {"hidden_size": 16, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 24}
NO_DROPOUT = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
TOKENIZER = LoadedTokenizer(None, "0123456789abcdef", 40, 1, 3, 0, 2, 39)


class Published(NamedTuple):
    """The class whose weights are published, and what its config.json says beside the sizes."""

    class_name: str
    config: dict[str, Any]
    has_head: bool = True


PUBLISHED = {
    "roberta": Published("RobertaForMaskedLM", {"type_vocab_size": 1, "layer_norm_eps": 1e-5, **NO_DROPOUT}),
    "roberta, encoder": Published("RobertaModel", {"type_vocab_size": 1, "layer_norm_eps": 1e-5, **NO_DROPOUT}, False),
    "xlm-roberta": Published("XLMRobertaForMaskedLM", {"type_vocab_size": 1, "layer_norm_eps": 1e-5, **NO_DROPOUT}),
    "multilingual-e5": Published(
        "XLMRobertaModel", {"type_vocab_size": 1, "layer_norm_eps": 1e-5, **NO_DROPOUT}, False
    ),
    "modernbert": Published("ModernBertForMaskedLM", {"local_attention": 4, "classifier_pooling": "mean"}),
    "mmbert, as of transformers 4": Published(
        "ModernBertForMaskedLM",
        {
            "local_attention": 6,
            "global_attn_every_n_layers": 3,
            "global_rope_theta": 160_000,
            "local_rope_theta": 160_000,
            "cls_token_id": 1,
            "sep_token_id": 1,
        },
    ),
    "mdeberta-v3": Published(
        "DebertaV2Model",
        {
            "relative_attention": True,
            "position_biased_input": False,
            "pos_att_type": "p2c|c2p",
            "position_buckets": 8,
            "norm_rel_ebd": "layer_norm",
            "share_att_key": True,
            "type_vocab_size": 0,
            "layer_norm_eps": 1e-7,
            **NO_DROPOUT,
        },
        False,
    ),
    "deberta-v2, with a convolution": Published(
        "DebertaV2ForMaskedLM",
        {
            "relative_attention": True,
            "position_biased_input": True,
            "pos_att_type": "p2c|c2p",
            "conv_kernel_size": 3,
            "type_vocab_size": 2,
            **NO_DROPOUT,
        },
    ),
    "electra, discriminator": Published("ElectraForPreTraining", {"embedding_size": 8, **NO_DROPOUT}, False),
    "electra, generator": Published("ElectraForMaskedLM", {"embedding_size": 8, **NO_DROPOUT}),
    "electra of one width": Published("ElectraForPreTraining", {"embedding_size": 16, **NO_DROPOUT}, False),
    "eurobert": Published("EuroBertForMaskedLM", {"num_key_value_heads": 2, "rope_theta": 250_000.0}),
    "bert, one token type": Published("BertForMaskedLM", {"type_vocab_size": 1, **NO_DROPOUT}),
}


@pytest.fixture(params=PUBLISHED)
def published(request: pytest.FixtureRequest) -> Published:
    return PUBLISHED[request.param]


def original(published: Published, folder: Path, vocab_size: int = 40, pad: int = 1) -> Any:
    """The original, saved by transformers: every weight random, and none a constant."""
    model_class = getattr(transformers, published.class_name)
    model_type = model_class.config_class.model_type
    sizes = SHAPE | {"vocab_size": vocab_size, "max_position_embeddings": 130, "pad_token_id": pad}
    config = AutoConfig.for_model(model_type, **sizes, **published.config)
    torch.manual_seed(1)
    model = model_class(config).eval()
    with torch.no_grad():
        for weights in model.parameters():
            weights.add_(0.2 * torch.randn_like(weights))
    model.save_pretrained(folder)
    return model


def converted(source: Path, output: Path, tokenizer: LoadedTokenizer = TOKENIZER) -> Any:
    """As `scripts/make_model.py` makes it of the folder `source`; the architecture is the one that it names."""
    shape = shape_of(AutoConfig.from_pretrained(source))
    weights, _ = load_weights(source, Architecture(**shape, dropout=0.0), tokenizer)
    save_model(output, "toy", weights, origin="here", tokenizer=tokenizer, settings={}, stopwatch=Stopwatch())
    return weights


def pairs(config: Any) -> dict[str, torch.Tensor]:
    """Three sequences of which two are padded, as features are: token types only where the model tells them apart."""
    ids = torch.randint(4, 39, (3, 20), generator=torch.Generator().manual_seed(2))
    real = torch.arange(20) < torch.tensor([20, 13, 2])[:, None]  # [3, 20]
    inputs = {"input_ids": torch.where(real, ids, 1), "attention_mask": real.long()}
    if takes_token_types(config):
        inputs["token_type_ids"] = (real & (torch.arange(20) >= 9)).long()
    return inputs


def test_a_converted_model_computes_what_the_original_does(published: Published, tmp_path: Path) -> None:
    before = original(published, tmp_path / "source")
    weights = converted(tmp_path / "source", tmp_path / "model")
    inputs = pairs(before.config)
    real = inputs["attention_mask"].bool()
    with torch.no_grad():
        expected = before.base_model(**inputs).last_hidden_state[real]
        found = AutoModel.from_pretrained(tmp_path / "model").eval()(**inputs).last_hidden_state[real]
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
        if published.has_head:
            after = AutoModelForMaskedLM.from_pretrained(tmp_path / "model").eval()
            logits = before(**inputs).logits[real]
            torch.testing.assert_close(after(**inputs).logits[real], logits, atol=1e-5, rtol=1e-5)
            family = FAMILIES[before.config.model_type]
            torch.testing.assert_close(family.mlm_logits(after, found), logits, atol=1e-5, rtol=1e-5)
    headless = "no masked-language-model head: the encoder alone is kept"
    assert (headless in weights.notes) is not published.has_head


def test_what_a_configuration_says_is_kept(published: Published, tmp_path: Path) -> None:
    """A setting lost on the way would be another model."""
    before = original(published, tmp_path / "source").config.to_dict()
    converted(tmp_path / "source", tmp_path / "model")
    after = AutoConfig.from_pretrained(tmp_path / "model").to_dict()
    changed = {name for name in before if before[name] != after.get(name)}
    assert changed <= {"_name_or_path", "architectures"}


def test_parameters_are_counted_once(published: Published, tmp_path: Path) -> None:
    model = original(published, tmp_path / "source")
    converted(tmp_path / "source", tmp_path / "model")
    head = {"ElectraForPreTraining": "discriminator_predictions", "XLMRobertaModel": "pooler", "RobertaModel": "pooler"}
    left_out = head.get(published.class_name, "-")
    expected = sum(weights.numel() for name, weights in model.named_parameters() if left_out not in name)
    assert read_json(tmp_path / "model" / "manifest.json")["parameters"] == expected


def test_the_head_of_a_deberta_v3_is_left_out_and_said(tmp_path: Path) -> None:
    """Its files hold heads that transformers' class does not read: lm_predictions, which was never trained, is one."""
    model = original(PUBLISHED["mdeberta-v3"], tmp_path / "source")
    path = tmp_path / "source" / "model.safetensors"
    state = {f"deberta.{name}": tensor for name, tensor in load_file(path).items()}
    head = {"lm_predictions.lm_head.dense.weight": torch.zeros(16, 16), "lm_predictions.lm_head.bias": torch.zeros(40)}
    save_file(state | head, path, metadata={"format": "pt"})
    weights = converted(tmp_path / "source", tmp_path / "model")
    assert any("not kept" in note and "lm_predictions.lm_head.bias" in note for note in weights.notes)
    assert sum(tensor.numel() for tensor in weights.state.values()) == sum(each.numel() for each in model.parameters())


TEXTS = [
    "El ministro dijo ayer que no habrá elecciones hasta 2027.",
    "¿Qué pasó en Cádiz, según la agencia EFE?",
    "La niña vio un ñandú; después, cuarenta y dos pingüinos.",
    "Según el «Boletín Oficial», la ley entra en vigor mañana.",
]
KINDS = {
    "roberta": "roberta",
    "xlm_roberta_json": "xlm-roberta",
    "deberta": "mdeberta-v3",
    "gemma": "mmbert, as of transformers 4",
    "modernbert": "modernbert",
    "eurobert": "eurobert",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_text_gets_the_hidden_states_that_transformers_gives_it(kind: str, tmp_path: Path) -> None:
    """Tokenizer and model together, from the folder as it was published: single texts, pairs, padding, token types."""
    (tmp_path / "source").mkdir()
    own = MAKERS[kind](tmp_path / "source", TEXTS * 40, 400)
    own.padding_side = "right"  # Gemma's pads on the left
    before = original(PUBLISHED[KINDS[kind]], tmp_path / "source", vocab_size=len(own), pad=own.pad_token_id)
    prepare_tokenizer(tmp_path / "source", Normalization(lowercase=None, strip_accents=None), tmp_path / "tokenizer")
    tokenizer = load_tokenizer(tmp_path / "tokenizer")
    converted(tmp_path / "source", tmp_path / "model", tokenizer)
    after = AutoModel.from_pretrained(tmp_path / "model").eval()
    for seconds in (None, TEXTS[::-1]):
        expected = own(TEXTS, seconds, padding=True, return_tensors="pt")
        pairs = zip(TEXTS, seconds or [None] * len(TEXTS), strict=True)
        examples = [ClassificationExample(str(number), *pair, "no") for number, pair in enumerate(pairs)]
        arrays = encode_texts(examples, tokenizer, np.zeros(len(examples), np.int64), 128).arrays
        dataset = SequenceDataset(Features(tmp_path, arrays, {}))
        batch = collator(tokenizer.pad, token_types=takes_token_types(after.config))([*dataset])
        del batch["labels"]
        assert torch.equal(batch["input_ids"], expected["input_ids"])
        real = batch["attention_mask"].bool()
        assert torch.equal(real, expected["attention_mask"].bool())
        with torch.no_grad():
            hidden = before.base_model(**expected).last_hidden_state[real]
            torch.testing.assert_close(after(**batch).last_hidden_state[real], hidden, atol=1e-5, rtol=1e-5)
