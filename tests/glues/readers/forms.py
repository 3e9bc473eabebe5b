"""Files in the original formats, as texts."""

import json
from collections.abc import Callable

from distilbeto.glues.readers.result import ReadResult
from distilbeto.glues.settings import DatasetSettings

Reader = Callable[..., ReadResult]

XNLI_HEADER = (
    "language\tgold_label\tsentence1_binary_parse\tsentence2_binary_parse\tsentence1_parse\tsentence2_parse\tsentence1"
    "\tsentence2\tpromptID\tpairID\tgenre\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tsentence1_tokenized"
    "\tsentence2_tokenized\tmatch\n"
)


def dataset(reader: str, **options: object) -> DatasetSettings:
    return DatasetSettings.model_validate({"reader": reader, "source": "s", "file": "data"} | options)


def xnli_row(language: str, label: str, first: str, second: str, pair: str) -> str:
    return "\t".join([language, label, *[""] * 4, first, second, "1", pair, "genre", *[""] * 8]) + "\n"


def squad(context: str, *answers: tuple[str, int], names: tuple[str | int, ...] = ("q",)) -> str:
    listed = [{"text": text, "answer_start": start} for text, start in answers]
    questions = [{"id": name, "question": "¿?", "answers": listed} for name in names]
    return json.dumps({"version": "1.1", "data": [{"paragraphs": [{"context": context, "qas": questions}]}]})
