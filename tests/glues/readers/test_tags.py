"""CoNLL-2002 and CoNLL-U."""

from tests.glues.readers.forms import Reader

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
