"""Fit weights to a transformers model: translate old names, see every gap, keep what the workflow uses."""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.models.families import family_of
from distilbeto.models.families.record import Family
from distilbeto.models.save import Weights

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig

POOLER, SENTENCE_HEAD = "pooler", "sentence_head"


def fit(config: "PretrainedConfig", state: dict[str, "torch.Tensor"], notes: list[str], *, where: Path) -> Weights:
    """The encoder, pooler and heads of `state`, under the names that transformers gives them.

    The pooler is kept because some families classify sentences with it; a sentence-order or next-sentence head goes
    with the masked-language-model head.

    Raises:
        UserError: weights are missing or have other shapes than `config` says.
    """
    import transformers

    # What is missing or left over is told in the manifest or as an error, not by a printed report.
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()

    family = family_of(config.model_type)
    model_class = getattr(transformers, family.with_every_head)
    _assert_shapes(model_class, config, state, where)
    model, report = model_class.from_pretrained(
        None, config=config, state_dict=state, output_loading_info=True, dtype="float32"
    )
    tied = set(model.all_tied_weights_keys)
    missing = set(report["missing_keys"]) - tied
    head = _has_head(set(model.state_dict()) - tied, missing, family, where)
    kept = {
        name: tensor
        for name, tensor in model.state_dict().items()
        if name not in missing and (head or not (family.is_mlm_head(name) or family.is_part(SENTENCE_HEAD, name)))
    }
    config.architectures = [_architecture(family, kept, head)]
    return Weights(config, kept, notes + _notes(family, kept, head, sorted(report["unexpected_keys"])))


def _architecture(family: Family, kept: Iterable[str], head: bool) -> str:
    body = family.with_every_head.partition("For")[0]
    if any(family.is_part(SENTENCE_HEAD, name) for name in kept):
        return family.with_every_head
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


def _has_head(names: set[str], missing: set[str], family: Family, where: Path) -> bool:
    """Of all `names`, untied, some are missing. Whole heads and the pooler may be; less is damage."""
    head = set(filter(family.is_mlm_head, names))
    pooler, sentence = ({name for name in names if family.is_part(part, name)} for part in (POOLER, SENTENCE_HEAD))
    partial = set(missing)
    for part in (head, pooler, sentence):
        if part <= missing:
            partial -= part
    if partial:
        raise UserError("weights are missing:\n  " + "\n  ".join(sorted(partial)), where=where)
    return not head <= missing


def _notes(family: Family, kept: Iterable[str], head: bool, unexpected: list[str]) -> list[str]:
    notes = [] if head else ["no masked-language-model head: the encoder alone is kept"]
    if POOLER in family.modules:
        there = any(family.is_part(POOLER, name) for name in kept)
        notes.append("pooler kept" if there else "no pooler in the source")
    if SENTENCE_HEAD in family.modules:
        there = any(family.is_part(SENTENCE_HEAD, name) for name in kept)
        notes.append("next-sentence or sentence-order head " + ("kept" if there else "left out, or not in the source"))
    return notes + ([f"not kept: {', '.join(unexpected)}"] if unexpected else [])
