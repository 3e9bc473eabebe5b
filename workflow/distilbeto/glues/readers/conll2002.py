"""Named entities in the columns of the CoNLL shared tasks (Tjong Kim Sang, 2002; with De Meulder, 2003)."""

from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.examples import TaggedSentence
from distilbeto.glues.kinds import IOB_TAG
from distilbeto.glues.readers.result import ReadResult, shortened
from distilbeto.glues.readers.word_per_line import read_columns
from distilbeto.glues.settings import DatasetSettings


def read(path: Path, settings: DatasetSettings) -> ReadResult:
    """Sentences of lines such as `word tag`, `word POS tag` or `word POS chunk tag`, tagged in IOB2.

    An I- that begins an entity is legal in IOB1 and conlleval counts it as a beginning: it is kept, and noted.
    """
    columns = read_columns(path, settings.encoding, word_column=settings.word_column, tag_column=settings.tag_column)
    examples = []
    notes = [f"every word began with {columns.language!r}, which was taken off"] if columns.language else []
    for place, sentence in enumerate(columns.sentences, start=1):
        previous = "O"
        for number, _, tag in sentence:
            check_span_tag(tag, path, number)
            if tag.startswith("I-") and previous[2:] != tag[2:]:
                notes.append(f"line {number}: {tag} begins an entity (after {previous}); kept")
            previous = tag
        _, words, tags = zip(*sentence, strict=True)
        examples.append(TaggedSentence(str(place), words, tags))
    return ReadResult(examples, columns.passed_over, shortened(notes))


def check_span_tag(tag: str, path: Path, line: int) -> None:
    """Refuse a tag that is not O, B-TYPE or I-TYPE."""
    if not IOB_TAG.fullmatch(tag):
        raise UserError(f"expected a tag O, B-TYPE or I-TYPE, found {tag!r}", where=path, line=line)
