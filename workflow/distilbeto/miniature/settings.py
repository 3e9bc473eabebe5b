"""Settings of the miniature: how much of everything is generated, and from which seed."""

from pydantic import Field, model_validator

from distilbeto.models.settings import Architecture
from distilbeto.settings import Block


class Splits(Block):
    """Sizes of the three files of a data set: examples, sentences or documents; in question answering, contexts."""

    train: int = Field(gt=0)
    dev: int = Field(gt=0)
    test: int = Field(gt=0)


class CheckpointSettings(Block):
    name: str = Field(description="Folder of the checkpoint.", pattern=r"^[a-z0-9_]+$")
    architecture: Architecture
    seed: int = Field(ge=0, description="Of its random weights.")

    @model_validator(mode="after")
    def _is_albert(self) -> "CheckpointSettings":
        if self.architecture.model_type != "albert":
            raise ValueError(f"a TensorFlow checkpoint here is an albert, found {self.architecture.model_type}")
        return self


class EncoderSettings(Block):
    name: str = Field(description="Folder of weights and tokenizer.", pattern=r"^[a-z0-9_]+$")
    architecture: Architecture
    seed: int = Field(ge=0, description="Of its random weights.")

    @model_validator(mode="after")
    def _has_a_tokenizer(self) -> "EncoderSettings":
        if self.architecture.model_type not in ("roberta", "modernbert"):
            raise ValueError(f"an encoder here is a roberta or a modernbert, found {self.architecture.model_type}")
        return self


SHAPE = {"hidden_size": 64, "num_attention_heads": 4}
ENCODERS = [
    EncoderSettings(
        name="roberta",
        architecture=Architecture(
            model_type="roberta", num_hidden_layers=2, intermediate_size=128, max_position_embeddings=130, **SHAPE
        ),
        seed=8,
    ),
    EncoderSettings(
        name="modernbert",
        architecture=Architecture(
            model_type="modernbert", num_hidden_layers=4, intermediate_size=96, max_position_embeddings=128, **SHAPE
        ),
        seed=9,
    ),
]


class MiniatureSettings(Block):
    seed: int = Field(42, description="Every file follows from it.")
    corpus_bytes: dict[str, int] = Field(
        {"wiki": 700_000, "subtitles": 250_000, "laws": 50_000},
        description="Size of each file of the corpus, to within a line.",
    )
    vocab_size: int = Field(2000, ge=400, le=65536, description="Entries of each tokenizer.")
    xnli: Splits = Splits(train=900, dev=150, test=300)
    paws_x: Splits = Splits(train=800, dev=150, test=300)
    conll2002: Splits = Splits(train=900, dev=120, test=200)
    ancora: Splits = Splits(train=600, dev=100, test=150)
    mldoc: Splits = Splits(train=800, dev=100, test=200)
    mlqa: Splits = Splits(train=350, dev=50, test=100)
    squad_es: Splits = Splits(train=350, dev=50, test=100)
    squad_v2: Splits = Splits(train=350, dev=50, test=100)
    sts: Splits = Splits(train=700, dev=120, test=200)
    topics: Splits = Splits(train=1000, dev=100, test=200)
    wrong_offsets: float = Field(
        0.03, ge=0, le=1, description="Share of SQuAD-es answers that do not stand where they claim."
    )
    checkpoints: list[CheckpointSettings] = Field([], description="TensorFlow checkpoints of random weights.")
    encoders: list[EncoderSettings] = Field(
        ENCODERS, description="Folders of random weights and a tokenizer of their own, as transformers saves them."
    )

    @model_validator(mode="after")
    def _known_corpus_files(self) -> "MiniatureSettings":
        if set(self.corpus_bytes) != {"wiki", "subtitles", "laws"}:
            raise ValueError(f"corpus_bytes names wiki, subtitles and laws, found {', '.join(self.corpus_bytes)}")
        return self
