"""What each form of a file of predictions gives; answers that the context lacks; labels that the gold data lack."""

import json
import unicodedata
from pathlib import Path

import pytest

from distilbeto.errors import UserError
from distilbeto.glues.examples import write_examples
from distilbeto.glues.metrics.scores import score_file
from distilbeto.glues.readers import read
from distilbeto.glues.settings import DatasetSettings

NER = "Juan NP B-PER\nPérez NP I-PER\nvive VM O\nen SP O\nLima NP B-LOC\n. Fp O\n"
POS = "El da DET\nperro nc NOUN\nladra vm VERB\n"
OURS = "Juan B-PER B-PER,I-PER\nPérez I-PER I-PER\nvive O O\nen O -\nLima B-LOC B-LOC\n. O O\n"


def tagged(form: str) -> str:
    """The sentence of NER in lines of `form`, a space between columns: w, g and s are the word, gold and POS."""
    lines = []
    for line in NER.splitlines():
        word, pos, gold = line.split()
        lines.append(form.format(w=word, g=gold, s=pos))
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("task", "gold", "predictions", "score"),
    [
        # 1. word tag
        ("ner", NER, tagged("{w} {g}"), 100),
        ("ner", NER, tagged("{w}\t{g}"), 100),
        ("ner", NER, tagged("{w}  {g} "), 100),
        ("ner", NER, tagged("{w} O"), 0),
        # 2. word tag subtoken_tags, this project's own
        ("ner", NER, OURS, 100),
        ("ner", NER, OURS.replace(" ", "\t"), 100),
        ("ner", NER, OURS.replace("Juan B-PER B-PER", "Juan O O"), 50),
        # 3. word gold predicted, conlleval's; with more columns before them, as CoNLL-2003 has them
        ("ner", NER, "Juan B-PER O\nPérez I-PER O\nvive O O\nen O O\nLima B-LOC B-ORG\n. O O\n", 0),
        ("ner", NER, "Juan B-PER B-PER\nPérez I-PER I-PER\nvive O O\nen O O\nLima B-LOC B-ORG\n. O O\n", 50),
        ("ner", NER, tagged("{w}\t{g}\tO"), 0),
        ("ner", NER, tagged("{w} {g} {g}"), 100),
        ("ner", NER, tagged("{w} {s} {g} {g}"), 100),
        ("ner", NER, tagged("{w} {s} X {g} O"), 0),
        # a gold file scored against itself: another layer before the tags
        ("ner", NER, NER, 100),
        ("pos", POS, POS, 100),
        ("pos", POS, POS.replace("VERB", "NOUN"), 200 / 3),
        ("pos", POS, "El DET DET\nperro NOUN VERB\nladra VERB VERB\n", 200 / 3),
    ],
)
def test_forms_of_predicted_tags(tmp_path: Path, task: str, gold: str, predictions: str, score: float) -> None:
    (tmp_path / "gold").write_text(gold, encoding="utf-8")
    (tmp_path / "predicted").write_text(predictions, encoding="utf-8")
    metrics = score_file(task, tmp_path / "gold", tmp_path / "predicted").metrics
    assert metrics["conlleval.f1" if task == "ner" else "accuracy"] == pytest.approx(score)


@pytest.mark.parametrize(
    "predictions",
    [
        # The second column is right in some lines, and in others neither gold nor the first of the third.
        "Juan B-PER O\nPérez I-PER O\nvive O O\nen O O\nLima B-ORG B-LOC\n. O O\n",
        # Subtokens whose first is not the word's tag.
        "Juan B-PER O,B-PER\nPérez I-PER I-PER\nvive O O\nen O O\nLima B-LOC B-LOC\n. O O\n",
        # The last but one of several columns is not the gold tag of each word.
        tagged("{w} {g} {s} O"),
    ],
)
def test_columns_that_do_not_say_what_is_predicted_are_refused(tmp_path: Path, predictions: str) -> None:
    (tmp_path / "gold").write_text(NER, encoding="utf-8")
    (tmp_path / "predicted").write_text(predictions, encoding="utf-8")
    with pytest.raises(UserError, match=r"predicted, line \d: \d columns that do not say .*\n.*Keep the word"):
        score_file("ner", tmp_path / "gold", tmp_path / "predicted")


def test_a_right_file_of_ours_keeps_its_subtokens(tmp_path: Path) -> None:
    (tmp_path / "gold").write_text(NER, encoding="utf-8")
    (tmp_path / "predicted").write_text(tagged("{w} {g} {g}"), encoding="utf-8")
    assert score_file("ner", tmp_path / "gold", tmp_path / "predicted").metrics["subtokens.f1"] == 100


@pytest.mark.parametrize(
    ("task", "name", "gold", "predictions", "warning"),
    [
        ("sequence_classification", "gold.txt", "pos\nneg\npos\n", "pos\nNEG\nNEG\n", "2 of 3 .*: 'NEG' (2)"),
        ("ner", "gold", NER, tagged("{w} {g}").replace("B-LOC", "B-ORGA"), "1 of 6 .*: 'B-ORGA' (1)"),
        ("ner", "gold", NER, tagged("{w} {g}").replace("B-LOC", "I-LOC"), None),
        ("pos", "gold", POS, "El\tDET\nperro\tNN\nladra\tVERB\n", "1 of 3 .*: 'NN' (1)"),
    ],
)
def test_labels_that_the_gold_data_lack_are_named(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    task: str,
    name: str,
    gold: str,
    predictions: str,
    warning: str | None,
) -> None:
    (tmp_path / name).write_text(gold, encoding="utf-8")
    (tmp_path / "predicted").write_text(predictions, encoding="utf-8")
    score_file(task, tmp_path / name, tmp_path / "predicted")
    if warning is None:
        assert "never have" not in caplog.text
    else:
        start, end = warning.split(" .*: ")
        assert f"{start} predictions are labels that the gold data never have" in caplog.text
        assert end in caplog.text


@pytest.mark.parametrize(
    ("task", "name", "gold", "predictions"),
    [
        ("sequence_classification", "gold.txt", "pos\nneg\n", "POS\nNEG\n"),
        ("pos", "gold", POS, "El X\nperro Y\nladra Y\n"),
        ("ner", "gold", "Ana B-PER\n", "Ana B-PERS\n"),
    ],
)
def test_predictions_of_foreign_labels_alone_are_refused(
    tmp_path: Path, task: str, name: str, gold: str, predictions: str
) -> None:
    (tmp_path / name).write_text(gold, encoding="utf-8")
    (tmp_path / "predicted").write_text(predictions, encoding="utf-8")
    with pytest.raises(UserError, match=r"no predicted label is one that the gold data have: .*\n.*Predict the labels"):
        score_file(task, tmp_path / name, tmp_path / "predicted")


def test_rule_and_original_file_agree_on_answers_that_the_context_lacks(tmp_path: Path) -> None:
    text = "La canción más conocida de Andrés Núñez se publicó en 1998 en Bogotá."
    answers = ["Andrés Núñez", "1998", "Bogotá", "La canción más conocida"]
    questions = [
        {"id": str(number), "question": "¿?", "answers": [{"text": answer, "answer_start": text.index(answer)}]}
        for number, answer in enumerate(answers)
    ]
    context = unicodedata.normalize("NFD", text)
    original, predictions = tmp_path / "gold.json", tmp_path / "predicted.json"
    original.write_text(json.dumps({"data": [{"paragraphs": [{"context": context, "qas": questions}]}]}))
    predictions.write_text(json.dumps({str(number): answer for number, answer in enumerate(answers)}))
    settings = DatasetSettings.model_validate({"reader": "squad", "source": "s", "file": "gold.json"})
    write_examples(tmp_path / "gold.jsonl", read(original, settings).examples)
    by_rule = score_file("question_answering", tmp_path / "gold.jsonl", predictions)
    assert set(by_rule.metrics.values()) == {100}
    assert by_rule == score_file("tar", original, predictions)
