"""Documents of four topics (MLDoc), and of any number of them (Reuters gives its texts several topics)."""

from random import Random
from typing import NamedTuple

from distilbeto.miniature.grammar import Speaker
from distilbeto.miniature.lexicon import EVERYDAY, TOPICS, Topic
from distilbeto.miniature.names import Names
from distilbeto.miniature.sentences import sentence
from distilbeto.miniature.words import text


class Document(NamedTuple):
    label: str
    text: str


class MixedDocument(NamedTuple):
    topics: list[str]
    text: str


def documents(random: Random, names: Names, count: int) -> list[Document]:
    """Documents of three or four sentences, most of them on the topic, in classes of about the same size."""
    return [_document(random, names, random.choice(tuple(TOPICS))) for _ in range(count)]


def mixed_documents(random: Random, names: Names, count: int) -> list[MixedDocument]:
    """A sentence of each topic that a document has, which says what it is about; one of every day where it has none."""
    return [_mixed_document(random, names) for _ in range(count)]


def _mixed_document(random: Random, names: Names) -> MixedDocument:
    topics = [topic for topic in TOPICS if random.random() < 0.36]
    spoken = [TOPICS[topic] for topic in topics] or [EVERYDAY]
    random.shuffle(spoken)
    return MixedDocument(topics, " ".join(_announced_sentence(random, names, topic) for topic in spoken))


def _announced_sentence(random: Random, names: Names, topic: Topic) -> str:
    """Sobre la bolsa. El inversor vendió el bono."""
    return f"Sobre la {random.choice(topic.feminine[:3])}. {text(sentence(Speaker(random, names, topic)))}"


def _document(random: Random, names: Names, label: str) -> Document:
    topics = [_topic_of_a_sentence(random, label) for _ in range(random.randint(3, 4))]
    return Document(label, " ".join(text(sentence(Speaker(random, names, topic))) for topic in topics))


def _topic_of_a_sentence(random: Random, label: str) -> Topic:
    draw = random.random()
    if draw < 0.85:
        return TOPICS[label]
    return TOPICS[random.choice(tuple(TOPICS))] if draw < 0.9 else EVERYDAY
