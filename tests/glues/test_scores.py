import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from distilbeto.errors import UserError
from distilbeto.glues.examples import (
    Answer,
    ClassificationExample,
    MultiLabelExample,
    Question,
    RegressionExample,
    TaggedSentence,
    write_examples,
)
from distilbeto.glues.metrics.scores import Scores, score_file

ROOT = Path(__file__).parents[2]
Score = Callable[..., Scores]


@pytest.fixture
def score(tmp_path: Path) -> Score:
    def run(
        task: str, gold_name: str, gold: str, predictions: str, encoding: str = "utf-8", *, spans: bool = False
    ) -> Scores:
        (tmp_path / gold_name).write_text(gold, encoding=encoding)
        (tmp_path / "predicted").write_text(predictions, encoding="utf-8")
        return score_file(task, tmp_path / gold_name, tmp_path / "predicted", encoding, spans=spans)

    return run


XNLI = (
    "language\tgold_label\tsentence1\tsentence2\tpairID\n"
    "es\tneutral\ta\tb\t1\nen\tneutral\ta\tb\t1\nes\tcontradiction\ta\tb\t2\nes\tneutral\ta\tb\t3\n"
)
PAWS_X = "id\tsentence1\tsentence2\tlabel\n1\ta\tb\t1\n2\ta\tb\t1\n3\ta\tb\t0\n"
MLDOC = "CCAT\tuno\nCCAT\tdos\nMCAT\tb'tres'\n"


@pytest.mark.parametrize(
    ("task", "name", "gold", "predictions"),
    [
        ("xnli", "xnli.test.tsv", XNLI, "neutral\nneutral\ncontradiction\n"),
        ("sequence_classification", "xnli.test.tsv", XNLI, "neutral\nneutral\ncontradiction"),
        ("xnli", "multinli.train.es.tsv", "premise\thypo\tlabel\na\tb\tneutral\na\tb\tcontradictory\na\tb\tneutral\n",
         "neutral\nneutral\ncontradiction\n"),
        ("paws_x", "test_2k.tsv", PAWS_X, "1\n0\n1\n"),
        ("sequence_classification", "test_2k.tsv", PAWS_X, "1\n0\n1\n"),
        ("mldoc", "mldoc.es.test", MLDOC, "CCAT\nGCAT\nCCAT\n"),
        ("sequence_classification", "mldoc.es.test", MLDOC, "CCAT\nGCAT\nother \n"),
        ("sequence_classification", "gold.txt", "a\na\nb\n", "a\r\nb\r\na\r\n"),
    ],
)  # fmt: skip
def test_classes_from_every_format(score: Score, task: str, name: str, gold: str, predictions: str) -> None:
    scores = score(task, name, gold, predictions)
    assert scores.examples == 3
    assert scores.metrics.keys() == scores.baseline.keys() == {"accuracy", "macro_f1", "mcc"}
    assert scores.metrics["accuracy"] == pytest.approx(100 / 3)
    assert scores.baseline["accuracy"] == pytest.approx(200 / 3)


RATED = [RegressionExample(str(place), "a", "b", target) for place, target in enumerate([0.0, 2.5, 5.0, 4.0])]
NUMBERS = "0.1\n2\n4.5\n4.75\n"


def test_numbers_from_examples_and_from_a_file_of_numbers(score: Score, tmp_path: Path) -> None:
    write_examples(tmp_path / "gold.jsonl", RATED)
    (tmp_path / "predicted").write_text(NUMBERS, encoding="utf-8")
    scores = score_file("regression", tmp_path / "gold.jsonl", tmp_path / "predicted")
    assert scores == score("regression", "gold.txt", "0\n2.5\n5\n4e0\n", NUMBERS)
    assert scores.metrics["spearman"] == pytest.approx(80)
    assert scores.metrics["combined"] == pytest.approx((80 + scores.metrics["pearson"]) / 2)
    assert scores.baseline == {"pearson": 0, "spearman": 0, "combined": 0}
    assert set(scores.intervals) == set(scores.metrics)


def test_sets_of_labels_from_examples_and_from_a_file_of_lists(
    score: Score, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    sets = [("a", "b"), (), ("a",)]
    write_examples(
        tmp_path / "gold.jsonl", [MultiLabelExample(str(place), "x", None, each) for place, each in enumerate(sets)]
    )
    (tmp_path / "predicted").write_text('["b", "a"]\n[]\n["Z"]\n', encoding="utf-8")
    scores = score_file("multi_label_classification", tmp_path / "gold.jsonl", tmp_path / "predicted")
    assert "1 of 3 predictions are labels that the gold data never have" in caplog.text
    again = score("multi_label_classification", "lists.jsonl", '["a", "b"]\n[]\n["a"]\n', '["b", "a"]\n[]\n["Z"]\n')
    assert scores == again
    expected = {"micro_f1": 100 * 4 / 6, "macro_f1": 100 * (2 / 3 + 1 + 0) / 3, "exact_match": 200 / 3}
    assert scores.metrics == pytest.approx(expected)
    assert set(scores.intervals) == set(scores.metrics)


@pytest.mark.parametrize(
    ("kind", "gold", "predictions", "message"),
    [
        ("regression", "1\n2\n", "1\n", "expected 2 numbers, one for each gold example, found 1"),
        ("regression", "1\n2\n", "1\n2,5\n", "predicted, line 2: expected a number with a decimal point, found '2,5'"),
        ("regression", "1\n2\n", "1\nnan\n", "line 2: expected a number"),
        ("regression", "1\nalto\n", "1\n2\n", "gold.txt, line 2: expected a number"),
        ("multi_label_classification", '["a"]\n[]\n', '["a"]\n', "expected 2 lists of labels"),
        (
            "multi_label_classification",
            '["a"]\n[]\n',
            '["a"]\na,b\n',
            r'line 2: expected a list of labels such as \["a',
        ),
        ("multi_label_classification", '["a"]\n[]\n', '["a"]\n["b", "b"]\n', "line 2: a label twice"),
        ("multi_label_classification", '["a"]\n[1]\n', '["a"]\n[]\n', "gold.txt, line 2: expected a list of labels"),
    ],
)
def test_malformed_numbers_and_sets_are_named_with_their_line(
    score: Score, kind: str, gold: str, predictions: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        score(kind, "gold.txt", gold, predictions)


def test_classes_from_examples(tmp_path: Path) -> None:
    write_examples(tmp_path / "gold.jsonl", [ClassificationExample("1", "a", None, "0")])
    (tmp_path / "predicted").write_text("0\n")
    assert score_file("paws_x", tmp_path / "gold.jsonl", tmp_path / "predicted").metrics == {
        "accuracy": 100,
        "macro_f1": 100,
        "mcc": 0,
    }


NER = "La DA B-LOC\nCoruña NC I-LOC\n. Fp O\n\nAna NC B-PER\n\n"


def test_entities_by_word_and_by_subtoken(score: Score) -> None:
    # By word: LOC is right, PER is lost. By subtoken: gold B-LOC I-LOC I-LOC O, predicted B-LOC I-LOC B-LOC O;
    # neither of the two predicted spans is the gold one.
    predictions = "La B-LOC B-LOC\nCoruña I-LOC I-LOC,B-LOC\n. O O\n\nAna O -\n"
    scores = score("ner", "esp.testb", NER, predictions)
    assert scores.examples == 2
    assert scores.metrics == {
        "conlleval.precision": 100,
        "conlleval.recall": 50,
        "conlleval.f1": pytest.approx(200 / 3),
        "conlleval.LOC.precision": 100,
        "conlleval.LOC.recall": 100,
        "conlleval.LOC.f1": 100,
        "conlleval.PER.precision": 0,
        "conlleval.PER.recall": 0,
        "conlleval.PER.f1": 0,
        "subtokens.f1": 0,
    }
    assert scores.baseline == {"conlleval.f1": 0}


def test_subtokens_repeat_the_tag_of_their_word(score: Score) -> None:
    gold = "Coruña B-LOC\nva O\n"
    # The thesis's view of a word of two subtokens tagged B-LOC: two entities.
    metrics = score("ner", "gold", gold, "Coruña B-LOC B-LOC,I-LOC\nva O O\n").metrics
    assert (metrics["conlleval.f1"], metrics["subtokens.f1"]) == (100, 0)
    metrics = score("ner", "gold", gold, "Coruña B-LOC B-LOC,B-LOC\nva O O\n").metrics
    assert (metrics["conlleval.f1"], metrics["subtokens.f1"]) == (100, 100)


@pytest.mark.parametrize("predictions", ["La B-LOC\nCoruña I-LOC\n. O\n\nAna B-PER\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_tags_of_words_alone_have_no_subtoken_metrics(score: Score, predictions: str, encoding: str) -> None:
    metrics = score("ner", "esp.testb", NER, predictions, encoding).metrics
    assert metrics["conlleval.f1"] == 100
    assert metrics["subtokens.f1"] is None


def test_what_a_task_says_of_its_tags_counts_and_no_b(score: Score) -> None:
    """IOB1 has no B- where no two spans of a type meet; conlleval prints F1 0 here. As plain tags half are right."""
    gold, predictions = "Ana I-PER\nGil I-PER\nva O\nLima I-LOC\n", "Ana I-PER\nGil O\nva O\nLima O\n"
    metrics = score("token_classification", "gold", gold, predictions, spans=True).metrics
    assert (metrics["conlleval.f1"], metrics["conlleval.recall"]) == (0, 0)
    assert score("token_classification", "gold", gold, predictions).metrics["accuracy"] == 50
    iob2 = gold.replace("Ana I", "Ana B").replace("Lima I", "Lima B")
    assert "conlleval.f1" not in score("token_classification", "gold", iob2, predictions).metrics


@pytest.mark.parametrize("task", ["xnli", "pos", "question_answering"])
def test_spans_are_said_of_token_classification_alone(score: Score, task: str) -> None:
    with pytest.raises(UserError, match=f"--spans goes with .* not with --task {task}"):
        score(task, "gold", "a X\n", "a X\n", spans=True)


def test_main_metrics_have_intervals_and_entity_types_none(score: Score) -> None:
    predictions = "La B-LOC B-LOC\nCoruña I-LOC I-LOC\n. O O\n\nAna O -\n"
    names = {"conlleval.precision", "conlleval.recall", "conlleval.f1", "subtokens.f1"}
    assert set(score("ner", "esp.testb", NER, predictions).intervals) == names
    without_subtokens = "La B-LOC\nCoruña I-LOC\n. O\n\nAna O\n"
    assert set(score("ner", "esp.testb", NER, without_subtokens).intervals) == names - {"subtokens.f1"}


def test_no_subtoken_at_all_leaves_the_metric_empty(score: Score) -> None:
    assert score("token_classification", "gold", "a X\n", "a X -\n").metrics == {
        "accuracy": 100,
        "subtokens.accuracy": None,
        "seqeval_tags_f1": 0,  # seqeval finds nothing in a single X at the end of a sentence
    }


UD = "1\t10 000\t_\tNUM\t_\t_\t_\t_\t_\t_\n2\teuros\t_\tNOUN\t_\t_\t_\t_\t_\t_\n3\ty\t_\tNOUN\t_\t_\t_\t_\t_\t_\n"


@pytest.mark.parametrize(("name", "gold"), [("test.conllu", UD), ("gold.jsonl", None)])
def test_tags_by_word_and_by_subtoken(tmp_path: Path, name: str, gold: str | None) -> None:
    if gold is None:
        write_examples(tmp_path / name, [TaggedSentence("1", ("10 000", "euros", "y"), ("NUM", "NOUN", "NOUN"))])
    else:
        (tmp_path / name).write_text(gold)
    (tmp_path / "predicted").write_text("10 000 NUM NUM,X,X\neuros NOUN NOUN\ny X -\n\n")
    scores = score_file("pos", tmp_path / name, tmp_path / "predicted")
    # Two runs, NUM and the two nouns; found are NUM and one noun.
    expected = {"accuracy": 200 / 3, "subtokens.accuracy": 50, "seqeval_tags_f1": 50}
    assert scores.metrics == pytest.approx(expected)
    assert scores.baseline == {"accuracy": pytest.approx(200 / 3)}


def squad(*answers: list[str]) -> str:
    context = " ".join(text for texts in answers for text in texts)
    questions = [
        {
            "id": str(number),
            "question": "?",
            "answers": [{"text": text, "answer_start": context.find(text)} for text in texts],
        }
        for number, texts in enumerate(answers)
    ]
    return json.dumps({"data": [{"paragraphs": [{"context": context, "qas": questions}]}]})


def test_questions_under_both_normalizations(score: Score) -> None:
    scores = score("mlqa", "gold.json", squad(["la casa"], ["casa"]), '{"0": "Casa", "1": ""}')
    assert scores.metrics == {
        "squad.f1": pytest.approx(100 / 3),
        "squad.exact_match": 0,
        "mlqa_es.f1": 50,
        "mlqa_es.exact_match": 50,
    }
    # The guess is `la casa`, the first of two answers as frequent.
    assert scores.baseline == {
        "squad.f1": pytest.approx((100 + 200 / 3) / 2),
        "squad.exact_match": 50,
        "mlqa_es.f1": 100,
        "mlqa_es.exact_match": 100,
    }


def test_a_question_without_an_answer_scores_0_and_is_named(score: Score, caplog: pytest.LogCaptureFixture) -> None:
    scores = score("question_answering", "gold.json", squad(["a b"], ["c"], ["d"], ["e"]), '{"0": "a b"}')
    assert set(scores.metrics.values()) == {25}
    assert "no answer, which scores 0, for 1, 2, 3" in caplog.text


def test_all_gold_answers_count_wherever_they_stand(score: Score) -> None:
    """As in the official scripts; the reader drops the second and the third."""
    answers = [{"text": "Ana", "answer_start": 0}, {"text": "Eva", "answer_start": 5}, {"text": "", "answer_start": -1}]
    questions = [{"id": str(number), "question": "?", "answers": answers} for number in range(2)]
    gold = json.dumps({"data": [{"paragraphs": [{"context": "Ana y Luis", "qas": questions}]}]})
    metrics = score("tar", "gold.json", gold, '{"0": "eva", "1": "¡"}').metrics
    # Inverted marks are letters to SQuAD; to MLQA nothing is left of them, as of the empty answer.
    assert metrics == {"squad.f1": 50, "squad.exact_match": 50, "mlqa_es.f1": 50, "mlqa_es.exact_match": 100}


@pytest.mark.parametrize(
    ("task", "name", "gold", "predictions", "message"),
    [
        (
            "sequence_classification",
            "g.txt",
            "a\nb\n",
            "a\n",
            "predicted: expected 2 labels, one for each gold example, found 1",
        ),
        ("sequence_classification", "g.txt", "a\nb\n", "a\n\nb\n", "predicted, line 2: expected a label, found ''"),
        ("xnli", "g.tsv", XNLI, "neutral\n1\nneutral\n", "predicted, line 2: expected one of contradiction, entail"),
        ("xnli", "g.txt", "neutral\nyes\n", "neutral\nneutral\n", "g.txt: expected the labels contradiction.*'yes'"),
        ("ner", "g", NER, "La O\nCoruña O\n\n. O\n\nAna O\n", "line 1: sentence 1 has 2 words, expected 3"),
        ("ner", "g", NER, "La O\nCoruña O\n. O\nAna O\n", "line 1: sentence 1 has 4 words, expected 3"),
        ("ner", "g", NER, "La O\nCoruña O\n. O\n", "expected 2 sentences, found 1"),
        ("ner", "g", NER, "La O\nCoruna O\n. O\n\nAna O\n", "line 2: expected the word 'Coruña', found 'Coruna O'"),
        ("ner", "g", NER, "La O\nCoruña O O O\n. O\n\nAna O\n", "line 1: some lines of the file have more columns"),
        ("ner", "g", NER, "La O\nCoruña O O,\n. O\n\nAna O\n", "line 2: expected `word tag`"),
        ("ner", "g", NER, "La O\nCoruña O O\n. O\n\nAna O\n", "line 1: some lines of the file have more columns"),
        ("ner", "g", NER, "La O O\nCoruña O O\n. O O\n\nAna O\n", "line 5: some lines of the file have more columns"),
        (
            "ner",
            "g",
            NER,
            "La O\nCoruña LOC\n. O\n\nAna O\n",
            "line 2: expected a tag O, B-TYPE or I-TYPE, found 'LOC'",
        ),
        ("ner", "g", NER, "La O O\nCoruña O O,3\n. O O\n\nAna O -\n", "line 2: expected a tag O, .* found '3'"),
        (
            "question_answering",
            "g.json",
            squad(["a"]),
            '{"0": "a", "9": ""}',
            "answers to questions that are not in the gold file: 9",
        ),
        ("question_answering", "g.json", squad(["a"]), '{"0": 3}', "expected a JSON object"),
        ("question_answering", "g.json", squad(["a"]), "[", "predicted, line 1: not valid JSON"),
    ],
)
def test_predictions_that_do_not_match_are_refused(
    score: Score, task: str, name: str, gold: str, predictions: str, message: str
) -> None:
    with pytest.raises(UserError, match=message):
        score(task, name, gold, predictions)


def test_gold_of_another_kind_is_refused(tmp_path: Path) -> None:
    write_examples(tmp_path / "gold.jsonl", [Question("1", "?", "a", (Answer("a", 0),))])
    (tmp_path / "predicted").write_text("a O\n")
    with pytest.raises(UserError, match="expected examples of kind TaggedSentence, found Question"):
        score_file("ner", tmp_path / "gold.jsonl", tmp_path / "predicted")
    write_examples(tmp_path / "gold.jsonl", [TaggedSentence("1", ("a",), ("NOUN",))])
    with pytest.raises(UserError, match=r"gold\.jsonl, line 1: expected a tag O, B-TYPE or I-TYPE, found 'NOUN'"):
        score_file("ner", tmp_path / "gold.jsonl", tmp_path / "predicted")


def run_script(name: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "scripts" / name), *map(str, arguments)]
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


def test_from_original_file_to_scores_by_script(tmp_path: Path) -> None:
    (tmp_path / "test.tsv").write_text(PAWS_X)
    (tmp_path / "predicted.txt").write_text("1\n1\n1\n")
    examples, manifest, output = (tmp_path / name for name in ("examples.jsonl", "examples.json", "scores.json"))
    settings = json.dumps({"reader": "paws_x", "source": "s", "file": "test.tsv", "expected_examples": 3})

    done = run_script("read_examples.py", "--dataset", "paws_x_test", "--settings", settings,
                      "--file", tmp_path / "test.tsv", "--output", examples, "--manifest", manifest)  # fmt: skip
    assert done.returncode == 0 and "3 examples" in done.stderr
    record = json.loads(manifest.read_text())
    assert (record["dataset"], record["reader"], record["examples"]) == ("paws_x_test", "paws_x", 3)
    assert (record["labels"], record["repairs"], record["notes"]) == ({"1": 2, "0": 1}, {}, [])
    assert record["sha256"] == hashlib.sha256(examples.read_bytes()).hexdigest()

    names = {"model": "tiny", "task": "paws_x", "test": "paws_x_test", "seed": 42}
    arguments = ["--task", "sequence_classification", "--gold", examples, "--predictions", tmp_path / "predicted.txt"]
    done = run_script("score.py", *arguments, "--record", json.dumps(names), "--output", output)
    assert (done.returncode, done.stdout) == (0, "")
    scores = json.loads(output.read_text())
    assert scores.pop("provenance")["settings"]["task"] == "sequence_classification"
    right = {"accuracy": pytest.approx(200 / 3), "macro_f1": pytest.approx(40), "mcc": 0}
    # Of 27 resamples of three answers, one has no right one, and eight have no other.
    interval = {"accuracy": [0, 100], "macro_f1": [0, 100], "mcc": [0, 0]}
    assert scores == names | {"examples": 3, "metrics": right, "intervals": interval, "baseline": right}


def test_score_prints_json_or_one_error(tmp_path: Path) -> None:
    (tmp_path / "gold.json").write_text(squad(["a b"]))
    (tmp_path / "predicted.json").write_text('{"0": "b"}')
    arguments = ["--task", "xquad", "--gold", tmp_path / "gold.json", "--predictions", tmp_path / "predicted.json"]
    done = run_script("score.py", *arguments)
    printed = json.loads(done.stdout)
    assert (printed["squad.f1"], printed["mlqa_es.exact_match"]) == (100, 0)  # "a" is an article in English alone
    assert printed.keys() > {"examples", "intervals", "baseline"}

    for wrong in (["--output", tmp_path / "o.json"], ["--output", tmp_path / "o.json", "--record", '{"model": 3}']):
        done = run_script("score.py", *arguments, *wrong)
        assert done.returncode == 1 and done.stderr.startswith("error: ") and "Traceback" not in done.stderr
        assert not (tmp_path / "o.json").exists()


def test_scoring_imports_no_deep_learning() -> None:
    code = (
        "import sys, distilbeto.glues.metrics.scores as scores\n"
        "scores.intervals(scores.measure_labels(['a'], ['a']).ratios)\n"
        "print({'torch', 'transformers', 'sklearn', 'pandas'} & {*sys.modules})"
    )
    environment = os.environ | {"PYTHONPATH": str(ROOT / "workflow")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=True)
    assert done.stdout.strip() == "set()"
