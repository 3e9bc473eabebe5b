"""What a training depends on: all that must stay the same from its first step to its last."""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.corpus.shards import ShardSet
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.distillation.teacher import Teacher
from distilbeto.storage.files import fingerprint_of
from distilbeto.tokenizer import LoadedTokenizer


def training_fingerprints(
    settings: TrainingSettings, tokenizer: LoadedTokenizer, teacher: Teacher | None
) -> dict[str, Any]:
    """The settings, the fingerprint of the tokenizer, the checksum of the teacher's weights."""
    return {
        "settings": settings.model_dump(mode="json"),
        "tokenizer": tokenizer.fingerprint,
        "teacher": None if teacher is None else teacher.weights_sha256,
    }


def corpus_fingerprints(shard_set: ShardSet, counts: NDArray[np.int64]) -> dict[str, str]:
    """Fingerprints of the sequences in their order, and of their token counts [vocab_size]."""
    return {
        "shards": fingerprint_of([shard.metadata["tokens_sha256"] for shard in shard_set.shards]),
        "token_counts": hashlib.sha256(np.ascontiguousarray(counts, np.dtype("<i8")).data).hexdigest()[:16],
    }
