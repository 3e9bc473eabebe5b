"""The loss of a task, summed over its targets: divided by their number it depends on no batch and on no padding."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, assert_never

from torch.nn import functional

from distilbeto.glues.features import IGNORED_LABEL, TARGETS
from distilbeto.glues.kinds import TaskKind

if TYPE_CHECKING:
    from torch import Tensor


def without_targets(inputs: Mapping[str, "Tensor"]) -> dict[str, "Tensor"]:
    """What a model takes; with targets it would compute a loss of its own, the mean of the batch."""
    return {name: tensor for name, tensor in inputs.items() if name not in TARGETS}


def target_count(inputs: Mapping[str, "Tensor"]) -> "Tensor":
    """Sequences with a class or a number, tokens with a label, windows of questions, labels of all sets: a number."""
    targets = inputs["labels" if "labels" in inputs else "start_positions"]
    every_number = targets.is_floating_point()  # -100 too
    return ((targets != IGNORED_LABEL) | every_number).sum()


def summed_loss(kind: TaskKind, output: Any, inputs: Mapping[str, "Tensor"]) -> "Tensor":
    """Cross-entropy in nats: of labels of sequences or tokens, or the mean of that of an answer's start and its end.

    Of numbers, the squared error; of sets of labels, the binary cross-entropy of each label.
    """
    match kind:
        case TaskKind.TOKEN_CLASSIFICATION | TaskKind.SEQUENCE_CLASSIFICATION:
            return _cross_entropy_of_labels(output, inputs)
        case TaskKind.QUESTION_ANSWERING:
            return _cross_entropy_of_positions(output, inputs)
        case TaskKind.REGRESSION:
            return functional.mse_loss(output.logits.float().squeeze(-1), inputs["labels"], reduction="sum")
        case TaskKind.MULTI_LABEL_CLASSIFICATION:
            logits = output.logits.float()  # [batch, labels]
            return functional.binary_cross_entropy_with_logits(logits, inputs["labels"].float(), reduction="sum")
        case _:
            assert_never(kind)


def _cross_entropy_of_labels(output: Any, inputs: Mapping[str, "Tensor"]) -> "Tensor":
    logits = output.logits.float().flatten(0, -2)  # [targets, labels]
    return functional.cross_entropy(logits, inputs["labels"].flatten(), ignore_index=IGNORED_LABEL, reduction="sum")


def _cross_entropy_of_positions(output: Any, inputs: Mapping[str, "Tensor"]) -> "Tensor":
    """Of logits [windows, length] of an answer's first and last token.

    A span may begin at any token of the sequence, CLS (no answer) included, and at no padding: in transformers' own
    heads padding takes part, so that their loss moves with the batch.
    """
    padding = inputs["attention_mask"] == 0
    start, end = (
        functional.cross_entropy(logits.float().masked_fill(padding, -float("inf")), inputs[name], reduction="sum")
        for logits, name in ((output.start_logits, "start_positions"), (output.end_logits, "end_positions"))
    )
    return (start + end) / 2
