"""The miniature's encoders, read as transformers reads what people publish."""

from pathlib import Path

import pytest

from distilbeto.miniature.encoders import save_encoder
from distilbeto.miniature.settings import EncoderSettings, MiniatureSettings
from distilbeto.models.settings import Architecture

SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


@pytest.mark.parametrize("name", ["roberta", "modernbert"])
def test_transformers_reads_a_masked_language_model_and_its_tokenizer(miniature: Path, name: str) -> None:
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    model, found = AutoModelForMaskedLM.from_pretrained(miniature / name, output_loading_info=True)
    assert not any(found[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys"))
    tokenizer = AutoTokenizer.from_pretrained(miniature / name)
    assert model.config.vocab_size == len(tokenizer) == 900
    assert model.config.pad_token_id == tokenizer.pad_token_id
    encoded = tokenizer("La señora Muñoz vive en Bogotá \N{SNOWMAN}.", return_tensors="pt")
    assert tokenizer.unk_token_id not in encoded.input_ids[0].tolist(), "what has no piece is bytes"
    assert model(**encoded).logits.shape == (1, encoded.input_ids.shape[1], 900)


def test_weights_follow_from_their_seed(miniature: Path, settings: MiniatureSettings, tmp_path: Path) -> None:
    first = settings.encoders[0]
    for seed, same in ((first.seed, True), (first.seed + 1, False)):
        save_encoder(tmp_path / str(seed), first.model_copy(update={"seed": seed}), settings.vocab_size)
        weights = [folder / "model.safetensors" for folder in (miniature / first.name, tmp_path / str(seed))]
        assert (weights[0].read_bytes() == weights[1].read_bytes()) is same


def test_other_families_are_refused() -> None:
    with pytest.raises(ValueError, match="a roberta or a modernbert, found bert"):
        EncoderSettings(name="bert", seed=1, architecture=Architecture(model_type="bert", **SHAPE))
