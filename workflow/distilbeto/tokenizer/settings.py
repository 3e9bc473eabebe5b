"""Settings of a tokenizer: how it normalizes text is part of the experiment."""

from pydantic import Field

from distilbeto.settings import Block


class Normalization(Block):
    """The settings of a tokenizer that change the ids of a text, and whether they may contradict its vocabulary."""

    lowercase: bool | None = Field(
        True,
        description="Lower-case the text first (the thesis's s-ALBERT: false); null: as the tokenizer was published.",
    )
    strip_accents: bool | None = Field(
        False, description="Turn ñ into n, á into a (the thesis: true); null: as the tokenizer was published."
    )
    ignore_vocabulary_mismatch: bool = Field(
        False,
        description="Take lowercase and strip_accents as they are, although the vocabulary was made otherwise: it has "
        "capitals that lower-cased text never uses, or none for text with them; accents alike (the thesis: true).",
    )


class TokenizerSettings(Normalization):
    source: str = Field(description="Name of a source that holds tokenizer.json, or the vocabulary of a tokenizer.")
    max_unk_rate: float = Field(0.2, gt=0, le=1, description="Share of UNK in a text above which a stage stops.")

    def normalization(self) -> Normalization:
        return Normalization(**self.model_dump(include=set(Normalization.model_fields)))
