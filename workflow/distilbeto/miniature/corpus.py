"""The corpus: three files of lower-cased sentences, one a line."""

from collections.abc import Callable, Iterator
from random import Random

from distilbeto.miniature.grammar import Speaker
from distilbeto.miniature.lexicon import EVERYDAY, INTERJECTIONS, TOPICS
from distilbeto.miniature.names import EVERYONE
from distilbeto.miniature.pairs import entailment_pairs, paraphrase_pairs
from distilbeto.miniature.questions import paragraphs
from distilbeto.miniature.sentences import exclamation, sentence, statement
from distilbeto.miniature.words import text

LineMaker = Callable[[Random], str]


def corpus_lines(name: str, seed: int, size: int) -> Iterator[str]:
    """Lines (each with its line end) of the file `name` until `size` bytes of UTF-8 are reached."""
    random = Random(f"{seed}/corpus/{name}")
    written = 0
    while written < size:
        line = f"{LINE_MAKERS[name](random).lower()}\n"
        written += len(line.encode())
        yield line


def wiki_line(random: Random) -> str:
    """Sentences of every topic, with the wordings of every task."""
    draw = random.random()
    if draw < 0.6:
        topic = random.choice((EVERYDAY, *TOPICS.values()))
        return text(sentence(Speaker(random, EVERYONE, topic)))
    if draw < 0.75:
        return paragraphs(random, EVERYONE, 1)[0].context
    pairs = entailment_pairs if draw < 0.9 else paraphrase_pairs
    return text(random.choice(pairs(random, EVERYONE, 3)).second)


def subtitle_line(random: Random) -> str:
    """Short lines, most of them too short to be kept, and questions."""
    speaker = Speaker(random, EVERYONE)
    draw = random.random()
    if draw < 0.3:
        return f"¡{random.choice(INTERJECTIONS)}!"
    if draw < 0.5:
        return random.choice(paragraphs(random, EVERYONE, 1)[0].questions).question
    return text(exclamation(speaker) if draw < 0.7 else sentence(speaker))


def law_line(random: Random) -> str:
    """Long articles, some of them longer than a tiny model can read."""
    speaker = Speaker(random, EVERYONE, TOPICS["GCAT"])
    clauses = "; ".join(text(statement(speaker)) for _ in range(random.randint(2, 12)))
    return f"artículo {random.randint(1, 300)}. {clauses}."


LINE_MAKERS: dict[str, LineMaker] = {"wiki": wiki_line, "subtitles": subtitle_line, "laws": law_line}
