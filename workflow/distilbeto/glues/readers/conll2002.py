"""Named entities in the format of the CoNLL-2002 shared task (Tjong Kim Sang, 2002)."""

from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.examples import TaggedSentence
from distilbeto.glues.kinds import IOB_TAG
from distilbeto.glues.readers.result import ReadResult, shortened
from distilbeto.glues.readers.word_per_line import word_columns
from distilbeto.glues.settings import DatasetSettings


def read(path: Path, settings: DatasetSettings) -> ReadResult:
    """Sentences of `word POS tag` or `word tag` lines, tagged in IOB2.

    An I- that begins an entity is legal in IOB1 and conlleval counts it as a beginning: it is kept, and noted.
    """
    examples, notes = [], []
    for place, sentence in enumerate(word_columns(path, settings.encoding), start=1):
        previous = "O"
        for number, _, tag in sentence:
            check_span_tag(tag, path, number)
            if tag.startswith("I-") and previous[2:] != tag[2:]:
                notes.append(f"line {number}: {tag} begins an entity (after {previous}); kept")
            previous = tag
        _, words, tags = zip(*sentence, strict=True)
        examples.append(TaggedSentence(str(place), words, tags))
    return ReadResult(examples, {}, shortened(notes))


def check_span_tag(tag: str, path: Path, line: int) -> None:
    """Refuse a tag that is not O, B-TYPE or I-TYPE."""
    if not IOB_TAG.fullmatch(tag):
        raise UserError(f"expected a tag O, B-TYPE or I-TYPE, found {tag!r}", where=path, line=line)
