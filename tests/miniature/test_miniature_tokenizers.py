"""The trained tokenizers, prepared as the workflow prepares them."""

import json
from pathlib import Path

import pytest

from distilbeto.miniature.tokenizers import albert_model
from distilbeto.tokenizer import load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

IDS = {
    "beto_tokenizer": {"mask": 0, "pad": 1, "unk": 3, "cls": 4, "sep": 5},
    "albert_tokenizer": {"pad": 0, "unk": 1, "cls": 2, "sep": 3, "mask": 4},
    "roberta": {"cls": 0, "pad": 1, "sep": 2, "unk": 3, "mask": 4},
    "modernbert": {"pad": 0, "sep": 1, "cls": 2, "unk": 3, "mask": 4},
}
LOWERCASE = {"roberta": False, "modernbert": False}


@pytest.mark.parametrize("name", IDS)
def test_special_ids_coverage_and_accents(miniature: Path, tmp_path: Path, name: str) -> None:
    lowercase = LOWERCASE.get(name, True)
    prepare_tokenizer(miniature / name, Normalization(lowercase=lowercase), tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert {role: getattr(loaded, role) for role in IDS[name]} == IDS[name]
    assert loaded.vocab_size == 900
    for path in (
        "conll2002/esp.testb",
        "paws_x/x-final/es/test_2k.tsv",
        "mlqa/MLQA_V1/test/test-context-es-question-es.json",
    ):
        content = (miniature / path).read_text(encoding="utf-8")
        content = json.dumps(json.loads(content), ensure_ascii=False) if path.endswith("json") else content
        words = [word for word in content.split() if word.isalpha()]
        ids = loaded.tokenizer.encode(" ".join(words), add_special_tokens=False).ids
        assert ids.count(loaded.unk) < 0.01 * len(ids)
    assert (loaded.tokenizer.encode("Peña").ids == loaded.tokenizer.encode("peña").ids) is lowercase
    assert loaded.tokenizer.encode("peña").ids != loaded.tokenizer.encode("pena").ids


def test_the_sentencepiece_model_is_a_function_of_its_text() -> None:
    lines = ["la casa nueva", "el niño sueña", "dos casas viejas"] * 5
    assert albert_model(lines, 60) == albert_model(lines, 60)
