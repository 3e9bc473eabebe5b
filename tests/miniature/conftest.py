"""A smaller miniature than the demonstration's, generated once."""

from pathlib import Path

import pytest

from distilbeto.miniature.generate import generate
from distilbeto.miniature.settings import EncoderSettings, MiniatureSettings, Splits
from distilbeto.models.settings import Architecture

SIZES = Splits(train=120, dev=60, test=60)
SHAPE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
ENCODERS = [
    EncoderSettings(name=name, seed=3, architecture=Architecture(model_type=name, **SHAPE))
    for name in ("roberta", "modernbert")
]


@pytest.fixture(scope="session")
def settings() -> MiniatureSettings:
    return MiniatureSettings(
        seed=7,
        corpus_bytes={"wiki": 200_000, "subtitles": 40_000, "laws": 20_000},
        vocab_size=900,
        xnli=SIZES,
        paws_x=SIZES,
        conll2002=SIZES,
        ancora=SIZES,
        mldoc=SIZES,
        mlqa=SIZES,
        squad_es=SIZES,
        squad_v2=SIZES,
        sts=SIZES,
        topics=SIZES,
        wrong_offsets=0.1,
        encoders=ENCODERS,
    )


@pytest.fixture(scope="session")
def miniature(settings: MiniatureSettings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("generated") / "miniature"
    generate(settings, folder)
    return folder
