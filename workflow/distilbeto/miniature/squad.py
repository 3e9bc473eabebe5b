"""SQuAD's JSON, the format of MLQA, SQuAD-es and XQuAD, with the wrong offsets of a translated data set; SQuAD v2's."""

import hashlib
import json
from collections.abc import Sequence
from random import Random
from typing import Any

from distilbeto.miniature.questions import Asked, Paragraph

PARAGRAPHS_IN_ARTICLE = 5
LARGEST_SHIFT = 9
V2 = "v2.0"
LOST_IN_TRANSLATION = "algo que el texto no dice"


def squad(paragraphs: Sequence[Paragraph], name: str, version: str | float | None = None) -> str:
    """Articles of five paragraphs. `name` makes the ids of questions unique among data sets.

    In version `V2` each question says whether it is impossible.
    """
    starts, v2 = range(0, len(paragraphs), PARAGRAPHS_IN_ARTICLE), version == V2
    data = [_article(paragraphs[start : start + PARAGRAPHS_IN_ARTICLE], f"{name}/{start}", v2) for start in starts]
    return json.dumps(({} if version is None else {"version": version}) | {"data": data})


def spoiled(paragraphs: Sequence[Paragraph], random: Random, share: float) -> list[Paragraph]:
    """A share of the answers with a wrong offset; a third of these with a text that is nowhere in the context."""
    return [
        paragraph._replace(questions=[_spoiled(asked, random, share) for asked in paragraph.questions])
        for paragraph in paragraphs
    ]


def _spoiled(asked: Asked, random: Random, share: float) -> Asked:
    if random.random() >= share:
        return asked
    shifted = asked._replace(start=asked.start + random.randint(1, LARGEST_SHIFT))
    return shifted._replace(answer=LOST_IN_TRANSLATION) if random.random() < 1 / 3 else shifted


def _article(paragraphs: Sequence[Paragraph], name: str, v2: bool) -> dict[str, Any]:
    numbered = enumerate(paragraphs)
    return {
        "title": paragraphs[0].title,
        "paragraphs": [_paragraph(each, f"{name}/{number}", v2) for number, each in numbered],
    }


def _paragraph(paragraph: Paragraph, name: str, v2: bool) -> dict[str, Any]:
    questions = [
        {
            "question": asked.question,
            "id": hashlib.sha256(f"{name}/{number}".encode()).hexdigest()[:24],
            "answers": [{"text": asked.answer, "answer_start": asked.start}] if asked.answer else [],
            **({"is_impossible": not asked.answer} if v2 else {}),
        }
        for number, asked in enumerate(paragraph.questions)
    ]
    return {"context": paragraph.context, "qas": questions}
