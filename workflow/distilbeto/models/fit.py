"""Fit weights to a transformers model: translate old names, see every gap, keep what the workflow uses."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.models.save import Weights

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel

WITH_EVERY_HEAD = {
    "albert": "AlbertForPreTraining",
    "bert": "BertForPreTraining",
    "distilbert": "DistilBertForMaskedLM",
}
MASKED_LM_HEAD = ("predictions.", "cls.predictions.", "vocab_")
SENTENCE_HEAD = ("sop_classifier.", "cls.seq_relationship.")
HEADS = MASKED_LM_HEAD + SENTENCE_HEAD


def fit(config: "PretrainedConfig", state: dict[str, "torch.Tensor"], notes: list[str], *, where: Path) -> Weights:
    """The encoder, pooler and heads of `state`, under the names that transformers gives them.

    The pooler is kept because ALBERT and BERT classify sentences with it; a sentence-order or next-sentence head goes
    with the masked-language-model head.

    Raises:
        UserError: weights are missing or have other shapes than `config` says.
    """
    import transformers

    # What is missing or left over is told in the manifest or as an error, not by a printed report.
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()

    model_class = getattr(transformers, WITH_EVERY_HEAD[config.model_type])
    _assert_shapes(model_class, config, state, where)
    model, report = model_class.from_pretrained(
        None, config=config, state_dict=state, output_loading_info=True, dtype="float32"
    )
    tied = set(model.all_tied_weights_keys)
    missing, head = _classify_missing(model, set(report["missing_keys"]) - tied, where)
    kept = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if name not in missing and (head or not name.startswith(HEADS))
    }
    config.architectures = [_architecture(type(model).__name__, kept, head)]
    return Weights(config, kept, notes + _notes(kept, head, sorted(report["unexpected_keys"]), config.model_type))


def _architecture(with_every_head: str, kept: Iterable[str], head: bool) -> str:
    body = with_every_head.partition("For")[0]
    if any(name.startswith(SENTENCE_HEAD) for name in kept):
        return with_every_head
    return f"{body}ForMaskedLM" if head else f"{body}Model"


def _assert_shapes(model_class: Any, config: "PretrainedConfig", state: dict[str, "torch.Tensor"], where: Path) -> None:
    import torch

    with torch.device("meta"):
        expected = model_class(config).state_dict()
    wrong = [
        f"{name} is {list(tensor.shape)}, expected {list(expected[name].shape)}"
        for name, tensor in state.items()
        if name in expected and tensor.shape != expected[name].shape
    ]
    if wrong:
        raise UserError("weights of other shapes than the configuration's:\n  " + "\n  ".join(wrong), where=where)


def _classify_missing(model: "PreTrainedModel", missing: set[str], where: Path) -> tuple[set[str], bool]:
    """What is missing, and whether there is a head. Whole heads and the pooler may be missing; less is damage."""
    head = {name for name, _ in model.named_parameters() if name.startswith(MASKED_LM_HEAD)}
    pooler = {name for name, _ in model.named_parameters() if ".pooler." in name}
    sentence = {name for name, _ in model.named_parameters() if name.startswith(SENTENCE_HEAD)}
    partial = set(missing)
    for part in (head, pooler, sentence):
        if part <= missing:
            partial -= part
    if partial:
        raise UserError("weights are missing:\n  " + "\n  ".join(sorted(partial)), where=where)
    return missing, not head <= missing


def _notes(kept: dict[str, "torch.Tensor"], head: bool, unexpected: list[str], model_type: str) -> list[str]:
    notes = [] if head else ["no masked-language-model head: the encoder alone is kept"]
    if model_type != "distilbert":
        pooler = any(".pooler." in name for name in kept)
        sentence = any(name.startswith(SENTENCE_HEAD) for name in kept)
        notes.append("pooler kept" if pooler else "no pooler in the source")
        notes.append(
            "next-sentence or sentence-order head " + ("kept" if sentence else "left out, or not in the source")
        )
    return notes + ([f"not kept: {', '.join(unexpected)}"] if unexpected else [])
