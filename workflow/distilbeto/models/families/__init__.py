"""The families of encoders that the workflow knows: a module and a record for each.

A new family is a module like its neighbours, its record in FAMILIES, and its case in tests/models/test_families.py.
"""

from typing import Any

from distilbeto.errors import UserError
from distilbeto.models.families import (
    albert,
    bert,
    deberta_v2,
    distilbert,
    electra,
    eurobert,
    modernbert,
    roberta,
    xlm_roberta,
)
from distilbeto.models.families.record import Family

FAMILIES = {
    family.model_type: family
    for family in (
        albert.FAMILY,
        bert.FAMILY,
        distilbert.FAMILY,
        roberta.FAMILY,
        xlm_roberta.FAMILY,
        modernbert.FAMILY,
        deberta_v2.FAMILY,
        electra.FAMILY,
        eurobert.FAMILY,
    )
}


def family_of(model_type: str) -> Family:
    """The record of a family.

    Raises:
        UserError: there is none; names those that there are.
    """
    if model_type not in FAMILIES:
        raise UserError(f"unknown model_type {model_type!r}; known: {', '.join(FAMILIES)}")
    return FAMILIES[model_type]


def max_tokens(shape: Any) -> int:
    """Tokens of the longest input. `shape`: an Architecture or a transformers configuration.

    An Architecture does not know the id of padding, from which RoBERTa counts: that of published models is supposed.
    """
    first = family_of(shape.model_type).first_position
    pad = getattr(shape, "pad_token_id", None)
    return int(shape.max_position_embeddings) - (first if not first or pad is None else pad + 1)


def takes_token_types(config: Any) -> bool:
    """Whether a model tells the two texts of a pair apart by token_type_ids. `config`: of transformers.

    Where it has a single token type, a second one is an index error.
    """
    return family_of(config.model_type).token_types and config.type_vocab_size > 1
