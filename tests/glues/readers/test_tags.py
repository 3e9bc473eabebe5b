"""CoNLL-2002 and CoNLL-U."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest
from tests.glues.readers.forms import Reader

from distilbeto.errors import UserError
from distilbeto.glues.examples import TaggedSentence


def test_conll2002_in_both_encodings_and_widths(read_text: Reader) -> None:
    three = "La DA B-LOC\nCoruña NC I-LOC\n\n\n- Fg O\n\n"
    expected = [TaggedSentence("1", ("La", "Coruña"), ("B-LOC", "I-LOC")), TaggedSentence("2", ("-",), ("O",))]
    assert read_text("conll2002", three).examples == expected
    assert read_text("conll2002", three.encode("latin-1"), encoding="latin-1").examples == expected
    assert read_text("conll2002", "La B-LOC\nCoruña I-LOC\n\n- O").examples == expected


def test_conll2002_notes_an_entity_that_begins_with_i(read_text: Reader) -> None:
    result = read_text("conll2002", "a I-LOC\nb I-LOC\nc I-PER\nd B-PER\ne I-PER\n")
    assert result.examples[0].tags == ("I-LOC", "I-LOC", "I-PER", "B-PER", "I-PER")
    assert [note.split(":")[0] for note in result.notes] == ["line 1", "line 3"]


def test_conllu_of_both_versions(read_text: Reader) -> None:
    def row(number: str, form: str, upos: str) -> str:
        return "\t".join([number, form, "_", upos, *["_"] * 6]) + "\n"

    content = (
        "# sent_id = first-1\n# text = Dámelo 10 000\n"
        + row("1-2", "Dámelo", "_")
        + row("1", "Da", "VERB")
        + row("2", "me", "PRON")
        + row("2.1", "elided", "VERB")
        + row("3", "10 000", "NUM")
        + "\n# sent_id v1-name\n"
        + row("1", "#", "CONJ")
        + "\n"
        + row("1", "_", "PUNCT")
    )
    assert read_text("conllu", content).examples == [
        TaggedSentence("first-1", ("Da", "me", "10 000"), ("VERB", "PRON", "NUM")),
        TaggedSentence("v1-name", ("#",), ("CONJ",)),
        TaggedSentence("3", ("_",), ("PUNCT",)),
    ]


class Columns(NamedTuple):
    """A column file; its sentences as `word/tag word/tag`, and what was passed over; or the error."""

    content: str
    sentences: tuple[str, ...] = ()
    repairs: Mapping[str, int] = {}
    options: Mapping[str, Any] = {}
    error: str = ""


PLAIN = ("Ana/B-PER Gil/I-PER", "Lima/B-LOC")
GERMEVAL = (
    "#\thttp://de.wikipedia.org/wiki/Bonn\t[2009-10-17]\n1\tUni\tB-ORG\tO\n2\tBonn\tI-ORG\tB-LOC\n\n"
    "# n-tv.de vom 26.02.2005 [2005-02-26]\n1\t#\tO\tO\n"
)
COLUMN_FILES = {
    "CoNLL-2002, Spanish": Columns("Ana NP B-PER\nGil NP I-PER\n\nLima NP B-LOC\n\n", PLAIN),
    "CoNLL-2002, Dutch": Columns(
        "-DOCSTART- -DOCSTART- O\nAna N B-PER\nGil N I-PER\n\n-DOCSTART- -DOCSTART- O\nLima N B-LOC\n",
        PLAIN,
        {"document_starts_skipped": 2},
    ),
    "CoNLL-2003, English": Columns(
        "-DOCSTART- -X- -X- O\n\nAna NNP B-NP B-PER\nGil NNP I-NP I-PER\n\n-DOCSTART- -X- O O\n\nLima NNP I-NP B-LOC\n",
        PLAIN,
        {"document_starts_skipped": 2},
    ),
    "CoNLL-2003, German": Columns("Ana Ana NE I-NC B-PER\nGil Gil NE I-NC I-PER\n\nLima Lima NE I-NC B-LOC\n", PLAIN),
    "a document's start in one column, within a sentence": Columns(
        "Ana B-PER\nGil I-PER\n-DOCSTART-\nLima B-LOC\n-DOCSTART-\n", PLAIN, {"document_starts_skipped": 2}
    ),
    "Paramopama, tabs": Columns("Ana\tB-PER\nGil\tI-PER\n\nLima\tB-LOC\n", PLAIN),
    "WNUT17, tabs, a # that is a word, lines of tabs and spaces": Columns(
        "#\tO\nAna\tB-person\n\t\n# O\n@gil\tO\t\n  \n\n", ("#/O Ana/B-person", "#/O @gil/O")
    ),
    "WikiANN": Columns("es:Ana\tB-PER\nes:Gil\tI-PER\n\nes:Lima\tB-LOC\n", PLAIN),
    "WikiANN, joined": Columns("Ana B-PER\nGil I-PER\n\nLima B-LOC", PLAIN),
    "a word that looks like a language": Columns("es:1 B-PER\nGil I-PER\n", ("es:1/B-PER Gil/I-PER",)),
    "GermEval, as it is": Columns(GERMEVAL, error=r"line 2: the first column numbers the words(?s:.*)word_column: 2"),
    "GermEval, outer entities": Columns(
        GERMEVAL,
        ("Uni/B-ORG Bonn/I-ORG", "#/O"),
        {"comments_skipped": 2},
        {"word_column": 2, "tag_column": 3},
    ),
    "GermEval, inner entities": Columns(
        GERMEVAL, ("Uni/O Bonn/B-LOC", "#/O"), {"comments_skipped": 2}, {"word_column": 2}
    ),
    "several spaces": Columns("Ana   NP  B-PER\nGil NP    I-PER\n\nLima NP B-LOC\n", PLAIN),
    "trailing spaces": Columns("Ana NP B-PER \nGil NP I-PER\t\n\nLima NP B-LOC  ", PLAIN),
    "tabs and spaces": Columns("Ana \t B-PER\nGil I-PER\n\nLima\tB-LOC\n", PLAIN),
    "blank lines of spaces": Columns("\t \nAna B-PER\nGil I-PER\n  \n \t\nLima B-LOC\n \n", PLAIN),
    "lines of Windows, a byte order mark": Columns("\ufeffAna B-PER\r\nGil I-PER\r\n\r\nLima B-LOC\r\n", PLAIN),
    "other separators belong to words": Columns(
        "10\u00a0000 O\na\u2028b\u3000c O\n", ("10\u00a0000/O a\u2028b\u3000c/O",)
    ),
    "a file of words": Columns("Ana\nGil\n", error=r"line 1: expected 2 to 5 columns .* found 1: 'Ana'"),
    "a missing tag": Columns(
        "Ana\tB-PER\nGil\t\n", error=r"line 2: expected 2 columns with tabs or spaces between them, found 1"
    ),
    "a missing word": Columns("Ana\tB-PER\n\tI-PER\n", error=r"line 2: the first column is empty"),
    "a word of two": Columns("Ana\tO\n10 000\tO\n", error=r"line 2: expected 2.* found 3: '10 000 O'"),
    "six columns": Columns(
        "a b c d e O\n", error=r"expected 2 to 5 columns .* found 6(?s:.*)word_column and tag_column"
    ),
    "no such column": Columns("a O\n", error=r"expected at least 3 columns", options={"tag_column": 3}),
    "the word is the last": Columns("O a\n", error=r"expected 3 to 5 columns", options={"word_column": 2}),
    "the tag comes first": Columns("B-LOC x Lima\n", ("Lima/B-LOC",), options={"word_column": 3, "tag_column": 1}),
    "tags of another kind": Columns(
        "Ana NP S-PER\n", error=r"line 1: expected a tag O, B-TYPE or I-TYPE, found 'S-PER'"
    ),
}


@pytest.mark.parametrize("name", COLUMN_FILES)
def test_column_files(name: str, read_text: Reader) -> None:
    file = COLUMN_FILES[name]
    if file.error:
        with pytest.raises(UserError, match=file.error):
            read_text("conll2002", file.content, **file.options)
        return
    result = read_text("conll2002", file.content, **file.options)
    found = [" ".join("/".join(pair) for pair in zip(each.words, each.tags, strict=True)) for each in result.examples]
    assert tuple(found) == file.sentences
    assert result.repairs == file.repairs
    assert any("'es:'" in note for note in result.notes) == (name == "WikiANN")
