"""Fit weights to a transformers model: translate old names, see every gap, keep what the workflow uses."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.models.families import family_of
from distilbeto.models.families.record import Family
from distilbeto.models.fit_checks import assert_every_layer_is_used, assert_weights_fit
from distilbeto.models.prefix import prefix_of
from distilbeto.models.save import Weights

if TYPE_CHECKING:
    import torch
    from transformers import PretrainedConfig, PreTrainedModel

POOLER, SENTENCE_HEAD = "pooler", "sentence_head"


def fit(
    config: "PretrainedConfig",
    state: dict[str, "torch.Tensor"],
    notes: list[str],
    *,
    where: Path,
    published_rows: int | None = None,
) -> Weights:
    """The encoder, pooler and heads of `state`, in single precision, under the names that transformers gives them.

    The pooler is kept because some families classify sentences with it; a sentence-order or next-sentence head goes
    with the masked-language-model head. Of `published_rows` of the embeddings and of the head, those over the
    vocabulary of `config` are cut.

    Raises:
        UserError: weights are missing, have other shapes than `config` says, or are no numbers; or `config` has fewer
            layers.
    """
    import transformers

    # What is missing or left over is told in the manifest or as an error, not by a printed report.
    transformers.logging.set_verbosity_error()
    transformers.logging.disable_progress_bar()

    family = family_of(config.model_type)
    model_class = getattr(transformers, family.with_every_head)
    expected = _expected(model_class, config, where)
    prefix = _prefix(state, expected, family, where)
    state = {name.removeprefix(prefix): tensor for name, tensor in state.items()}
    cut = published_rows is not None and published_rows != config.vocab_size
    if published_rows is not None and cut:
        state = {name: _without_padding(tensor, expected.get(name), published_rows) for name, tensor in state.items()}
    assert_weights_fit(expected, state, where)
    assert_every_layer_is_used(family, config.num_hidden_layers, state, where)
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
    config.dtype = None if config.dtype is None else model.dtype
    notes = notes + _precision_notes(expected, state)
    notes = notes + [f"prefix {prefix} of the names of the weights left out"] * bool(prefix)
    notes += [f"embeddings cut from {published_rows} to the {config.vocab_size} rows of the vocabulary"] * cut
    left = {*report["unexpected_keys"], *_passed_over(model, state)}
    return Weights(config, kept, notes + _notes(family, kept, head, sorted(left)))


def _expected(model_class: Any, config: "PretrainedConfig", where: Path) -> dict[str, "torch.Tensor"]:
    """The weights by name, without values; those of the encoder also by the names that they have in it alone."""
    import torch

    try:
        with torch.device("meta"):
            model = model_class(config)
    except (KeyError, ValueError) as error:
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        raise UserError(f"transformers makes no model of this configuration: {why}", where=where) from None
    state: dict[str, torch.Tensor] = model.state_dict()
    base = f"{model.base_model_prefix}."
    return {name.removeprefix(base): tensor for name, tensor in state.items()} | state


def _passed_over(model: "PreTrainedModel", state: Iterable[str]) -> list[str]:
    """The weights that transformers leaves out without a word: heads that its class does not have."""
    patterns = model._keys_to_ignore_on_load_unexpected or ()
    return [name for name in state if any(re.search(pattern, name) for pattern in patterns)]


def _precision_notes(expected: Mapping[str, "torch.Tensor"], state: Mapping[str, "torch.Tensor"]) -> list[str]:
    found = {str(tensor.dtype).removeprefix("torch.") for name, tensor in state.items() if name in expected}
    return [f"{published} weights turned into float32" for published in sorted(found - {"float32"})]


def _prefix(state: Iterable[str], expected: Mapping[str, Any], family: Family, where: Path) -> str:
    """What stands before all names of transformers, as wrappers leave it: `module.`."""
    names = list(state)
    prefix = prefix_of(names, expected, ".")
    if not any(name.removeprefix(prefix) in expected for name in names):
        raise UserError(
            f"none of its {len(names)} weights has a name of a {family.model_type}: {', '.join(sorted(names)[:3])} ...",
            where=where,
            remedy="Correct the model's source, or the model_type of its architecture or config.json.",
        )
    return prefix


def _without_padding(tensor: "torch.Tensor", expected: "torch.Tensor | None", rows: int) -> "torch.Tensor":
    """Rows over the vocabulary, which no word uses, cut from the embeddings and the head."""
    if expected is None or tensor.shape == expected.shape or tensor.shape[:1] != (rows,):
        return tensor
    return tensor[: expected.shape[0]].clone()


def _architecture(family: Family, kept: Iterable[str], head: bool) -> str:
    body = family.with_every_head.partition("For")[0]
    if any(family.is_part(SENTENCE_HEAD, name) for name in kept):
        return family.with_every_head
    return f"{body}ForMaskedLM" if head else f"{body}Model"


def _has_head(names: set[str], missing: set[str], family: Family, where: Path) -> bool:
    """Of all `names`, untied, some are missing. Whole heads and the pooler may be; less is damage.

    A head all of whose weights are tied is there with the embeddings.
    """
    head = set(filter(family.is_mlm_head, names))
    pooler, sentence = ({name for name in names if family.is_part(part, name)} for part in (POOLER, SENTENCE_HEAD))
    partial = set(missing)
    for part in (head, pooler, sentence):
        if part <= missing:
            partial -= part
    if partial:
        raise UserError("weights are missing:\n  " + "\n  ".join(sorted(partial)), where=where)
    return not head or not head <= missing


def _notes(family: Family, kept: Iterable[str], head: bool, unexpected: list[str]) -> list[str]:
    notes = [] if head else ["no masked-language-model head: the encoder alone is kept"]
    if POOLER in family.modules:
        there = any(family.is_part(POOLER, name) for name in kept)
        notes.append("pooler kept" if there else "no pooler in the source")
    if SENTENCE_HEAD in family.modules:
        there = any(family.is_part(SENTENCE_HEAD, name) for name in kept)
        notes.append("next-sentence or sentence-order head " + ("kept" if there else "left out, or not in the source"))
    return notes + ([f"not kept: {', '.join(unexpected)}"] if unexpected else [])
