"""The families of encoders that the workflow knows: a module and a record for each.

A new family is a module like its neighbours, its record in FAMILIES, and its case in tests/models/test_families.py.
"""

from typing import Any

from distilbeto.errors import UserError
from distilbeto.models.families import albert, bert, distilbert
from distilbeto.models.families.record import Family

FAMILIES = {family.model_type: family for family in (albert.FAMILY, bert.FAMILY, distilbert.FAMILY)}


def family_of(model_type: str) -> Family:
    """The record of a family.

    Raises:
        UserError: there is none; names those that there are.
    """
    if model_type not in FAMILIES:
        raise UserError(f"unknown model_type {model_type!r}; known: {', '.join(FAMILIES)}")
    return FAMILIES[model_type]


def max_tokens(shape: Any) -> int:
    """Tokens of the longest input. `shape`: an Architecture or a transformers configuration."""
    return int(shape.max_position_embeddings) - family_of(shape.model_type).first_position
