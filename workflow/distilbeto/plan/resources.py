"""What a job asks of a cluster, in megabytes and minutes, from the shape of its model and the size of its data.

Upper bounds, not estimates: a job that asks for too much waits a little longer, one that asks for too little is killed.
Times suppose that a GPU computes at SPEED, a seventh of what an RTX 3090 is sold to do.
"""

from math import ceil

from distilbeto.distillation.settings import StudentSettings
from distilbeto.models.families import family_of
from distilbeto.models.settings import Architecture

SPEED = 10e12  # operations a second: a multiplication and an addition are two
TOKENS_OF_A_SEQUENCE = 24  # of the thesis's corpus, on average
BYTES_OF_A_TOKEN = 2  # in features: a bound of the tokens in a file, which has labels and offsets too
START_MINUTES = 20  # to start, load, evaluate and save, on a slow file system
LONGEST_MINUTES = 48 * 60  # what clusters allow; a training that needs longer continues in its next attempt


def model_mb(architecture: Architecture, vocabulary: int) -> int:
    """Megabytes of a model's weights in 32 bits. What shares its weights is one: layers, embeddings and head."""
    family = family_of(architecture.model_type)
    layers = 1 if family.shared_layers else architecture.num_hidden_layers
    embedding = vocabulary * _projected(architecture)
    matrices = 2 if family.untied_head else 1
    return ceil(4 * (layers * _weights_of_a_layer(architecture) + matrices * embedding) / 1e6)


def operations_of_a_token(architecture: Architecture, length: int) -> int:
    """Of one pass forward, attention to `length` tokens counted; a step of training is three."""
    attention = 2 * length * architecture.hidden_size
    return 2 * architecture.num_hidden_layers * (_weights_of_a_layer(architecture) + attention)


def finetuning_minutes(architecture: Architecture, features_mb: float, length: int, epochs: int, attempt: int) -> int:
    """`features_mb`: of the training set. A killed run continues from its last epoch."""
    operations = 3 * epochs * _tokens(features_mb) * operations_of_a_token(architecture, length)
    return _minutes(operations, attempt)


def prediction_minutes(architecture: Architecture, features_mb: float, length: int, attempt: int) -> int:
    return _minutes(_tokens(features_mb) * operations_of_a_token(architecture, length), attempt)


def segment_minutes(student: StudentSettings, teacher: Architecture | None, vocabulary: int, attempt: int) -> int:
    """Of a segment of `segment_steps` steps on one GPU. A large vocabulary costs more than the layers."""
    every_token = student.losses.loss_tokens == "all" and teacher is not None
    logits = 2 * vocabulary * (1.0 if every_token else student.masking.mlm_probability)
    passes = 3 * (
        operations_of_a_token(student.architecture, TOKENS_OF_A_SEQUENCE) + logits * _projected(student.architecture)
    )
    if teacher is not None:
        passes += operations_of_a_token(teacher, TOKENS_OF_A_SEQUENCE) + logits * _projected(teacher)
    tokens = student.segment_steps * student.sequences_per_step * TOKENS_OF_A_SEQUENCE
    return _minutes(tokens * passes, attempt)


def _projected(architecture: Architecture) -> int:
    """The width that the masked language model's head projects from."""
    return architecture.embedding_size or architecture.hidden_size


def _weights_of_a_layer(architecture: Architecture) -> int:
    matrices = 3 if family_of(architecture.model_type).gated else 2
    return architecture.hidden_size * (4 * architecture.hidden_size + matrices * architecture.intermediate_size)


def _tokens(features_mb: float) -> float:
    return 1e6 * features_mb / BYTES_OF_A_TOKEN


def _minutes(operations: float, attempt: int) -> int:
    return min(ceil((START_MINUTES + operations / SPEED / 60) * attempt), LONGEST_MINUTES)
