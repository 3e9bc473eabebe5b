"""The original file formats of XNLI, PAWS-X, CoNLL-2002, Universal Dependencies and MLDoc, as text; and JSON Lines."""

import json
from collections.abc import Iterable, Iterator, Sequence

from distilbeto.miniature.documents import Document, MixedDocument
from distilbeto.miniature.lexicon import listed
from distilbeto.miniature.pairs import LABELS, Pair, RatedPair
from distilbeto.miniature.words import Phrase, Word, text, tokenized, tokens

XNLI_COLUMNS = listed(
    "language gold_label sentence1_binary_parse sentence2_binary_parse sentence1_parse sentence2_parse sentence1 "
    "sentence2 promptID pairID genre label1 label2 label3 label4 label5 sentence1_tokenized sentence2_tokenized match"
)
ENGLISH = {
    "entailment": ("The mayor sold the old house.", "The house was sold."),
    "neutral": ("The mayor sold the old house.", "The house was cheap."),
    "contradiction": ("The mayor sold the old house.", "The mayor kept the house."),
}
FRENCH = {
    "entailment": ("Le maire a vendu la maison.", "La maison a été vendue."),
    "neutral": ("Le maire a vendu la maison.", "La maison était petite."),
    "contradiction": ("Le maire a vendu la maison.", "Le maire a gardé la maison."),
}
EAGLES = {
    "ADJ": "AQ", "ADP": "SP", "ADV": "RG", "AUX": "VAI", "CCONJ": "CC", "DET": "DA", "INTJ": "I", "NOUN": "NC",
    "NUM": "Z", "PART": "RN", "PRON": "PR", "PROPN": "NP", "PUNCT": "Fp", "SCONJ": "CS", "SYM": "Zp", "VERB": "VMI",
    "X": "NC",
}  # fmt: skip


def xnli(pairs: Sequence[Pair]) -> str:
    """xnli.dev.tsv: every pair in three languages, one after the other."""
    return _table([XNLI_COLUMNS, *(row for number, pair in enumerate(pairs) for row in _xnli_rows(number, pair))])


def xnli_translated(pairs: Iterable[Pair]) -> str:
    """multinli.train.es.tsv: tokenized sentences; contradiction is called contradictory."""
    labels = {label: label for label in LABELS} | {"contradiction": "contradictory"}
    rows = ([tokenized(pair.first), tokenized(pair.second), labels[pair.label]] for pair in pairs)
    return _table([["premise", "hypo", "label"], *rows])


def paws_x(pairs: Iterable[Pair]) -> str:
    numbered = enumerate(pairs, start=1)
    rows = ([str(number), text(pair.first), text(pair.second), pair.label] for number, pair in numbered)
    return _table([["id", "sentence1", "sentence2", "label"], *rows])


def conll2002(sentences: Iterable[Phrase]) -> str:
    """esp.train: word, part of speech, tag in IOB2; an empty line after each sentence."""
    return "".join(f"{_conll2002_sentence(sentence)}\n" for sentence in sentences)


def conllu(sentences: Iterable[Phrase], name: str) -> str:
    """CoNLL-U with ranges for what is written as one word. The trees are flat: every word hangs from the root."""
    numbered = enumerate(sentences, start=1)
    return "".join(f"{_conllu_sentence(sentence, f'{name}-s{number}')}\n" for number, sentence in numbered)


def mldoc(documents: Iterable[Document]) -> str:
    """mldoc.es.dev: the label, and the text as a bytes literal of Python."""
    return "".join(f"{document.label}\t{document.text.encode()!r}\n" for document in documents)


def similarities(pairs: Iterable[RatedPair]) -> str:
    """JSON Lines, with the columns of STS on the Hub: sentence1, sentence2, label."""
    return _json_lines(
        {"sentence1": text(pair.first), "sentence2": text(pair.second), "label": pair.similarity} for pair in pairs
    )


def topics(documents: Iterable[MixedDocument]) -> str:
    """JSON Lines: text, labels."""
    return _json_lines({"text": document.text, "labels": document.topics} for document in documents)


def _json_lines(records: Iterable[dict[str, object]]) -> str:
    return "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records)


def _table(rows: Iterable[Sequence[str]]) -> str:
    return "".join("\t".join(row) + "\n" for row in rows)


def _xnli_rows(number: int, pair: Pair) -> Iterator[list[str]]:
    spanish = (text(pair.first), text(pair.second))
    for language, sentences in (("en", ENGLISH[pair.label]), ("es", spanish), ("fr", FRENCH[pair.label])):
        identity = [str(number // len(LABELS) + 1), str(number + 1), "facetoface"]
        words = [sentence.replace(".", " .").replace(",", " ,") for sentence in sentences]
        yield [language, pair.label, "", "", "", "", *sentences, *identity, *[pair.label] * 5, *words, "True"]


def _conll2002_sentence(sentence: Phrase) -> str:
    return "".join(f"{form} {EAGLES[words[0].upos]} {words[0].entity}\n" for form, words in tokens(sentence))


def _conllu_sentence(sentence: Phrase, identity: str) -> str:
    lines = [f"# sent_id = {identity}", f"# text = {text(sentence)}"]
    root = next((number for number, word in enumerate(sentence, start=1) if word.upos in ("VERB", "AUX")), 1)
    number = 0
    for form, words in tokens(sentence):
        if len(words) > 1:
            lines.append("\t".join([f"{number + 1}-{number + len(words)}", form, *"________"]))
        for word in words:
            number += 1
            lines.append(_conllu_word(number, word, root))
    return "".join(f"{line}\n" for line in lines)


def _conllu_word(number: int, word: Word, root: int) -> str:
    head, relation = (0, "root") if number == root else (root, "punct" if word.upos == "PUNCT" else "dep")
    return "\t".join([str(number), word.form, word.form.lower(), word.upos, "_", "_", str(head), relation, "_", "_"])
