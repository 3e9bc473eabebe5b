"""Documents with a topic in the format of MLDoc (Schwenk and Li, 2018): a label, a tab, the text."""

import re
from pathlib import Path

from distilbeto.errors import UserError
from distilbeto.glues.examples import ClassificationExample
from distilbeto.glues.readers.lines import lines_of
from distilbeto.glues.readers.result import ReadResult
from distilbeto.glues.settings import DatasetSettings

# What Python prints for bytes, and nothing else: one literal, printable ASCII, the escapes of repr.
BYTES_LITERAL = re.compile(r"""b(['"])((?:(?!\1)[ -\[\]-~]|\\(?:x[0-9a-fA-F]{2}|[\\'"tnr]))*)\1""")
ESCAPE = re.compile(rb"""\\(?:x([0-9a-fA-F]{2})|([\\'"tnr]))""")
ESCAPED = {b"t": b"\t", b"n": b"\n", b"r": b"\r"}

# A sentence ends at a line end, or at . ! ? or an ellipsis (and closing marks) before white space and a character
# that may begin a sentence.
SENTENCE_END = re.compile(r"""\s*[\r\n]\s*|(?<=[.!?…])["'»”’)\]]*(?P<gap>\s+)(?=[^\W_a-záéíóúüñ]|["'«“‘(\[¿¡-])""")


def read(path: Path, settings: DatasetSettings) -> ReadResult:
    """The documents of mldoc.es.train.*, .dev or .test, whole or their first two sentences as a pair.

    The published preparation script wrote many texts as Python bytes literals (b'...'): these are decoded, and counted
    as repairs.
    """
    examples, literals = [], []
    for number, line in lines_of(path, settings.encoding):
        label, tab, text = line.partition("\t")
        if not tab or not label or not text.strip():
            raise UserError(f"expected a label, a tab and a text, found {line[:80]!r}", where=path, line=number)
        if text.startswith(("b'", 'b"')):
            literals.append(str(number))
            text = decoded_literal(text, path, number)
        first, second = (text, None) if settings.document == "whole" else first_two_sentences(text)
        examples.append(ClassificationExample(str(number), first, second, label))
    return ReadResult(examples, {"bytes_literals_decoded": literals} if literals else {}, [])


def decoded_literal(text: str, path: Path, line: int) -> str:
    """The text that a Python bytes literal stands for, taken as UTF-8; nothing is evaluated.

    Raises:
        UserError: it is not exactly one literal as Python prints them, or its bytes are not UTF-8.
    """
    literal = BYTES_LITERAL.fullmatch(text.rstrip())
    if literal is None:
        raise UserError(f"the text begins as a Python bytes literal but is none: {text[:80]!r}", where=path, line=line)
    content = ESCAPE.sub(
        lambda found: bytes.fromhex(found[1].decode()) if found[1] else ESCAPED.get(found[2], found[2]),
        literal[2].encode("ascii"),
    )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UserError(
            f"the Python bytes literal is not UTF-8: byte {error.start + 1} is 0x{content[error.start]:02x}",
            where=path,
            line=line,
            remedy="Prepare the data set again from text in UTF-8.",
        ) from None


def first_two_sentences(text: str) -> tuple[str, str | None]:
    """The first sentence and the second one, None where there is no second."""
    sentences = []
    start = 0
    stripped = text.strip()
    for end in SENTENCE_END.finditer(stripped):
        gap = end.start("gap") if end["gap"] else end.start()
        sentences.append(stripped[start:gap])
        start = end.end()
    sentences.append(stripped[start:])
    return sentences[0], sentences[1] if len(sentences) > 1 else None
