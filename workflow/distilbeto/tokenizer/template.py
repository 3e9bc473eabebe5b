"""The special tokens around the texts of a sequence: <s> A </s>, and <s> A </s></s> B </s> for a pair."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.errors import UserError

Pieces = Sequence[Mapping[str, Mapping[str, Any]]]


class Template(NamedTuple):
    """Ids of special tokens: of one text `start`, text, `end`; of two texts those `between` them as well.

    second: how many of `between` belong to the second text, whose tokens are of type 1 from there; None where both
    texts are of type 0 (RoBERTa, XLM-R).
    """

    start: tuple[int, ...]
    between: tuple[int, ...]
    end: tuple[int, ...]
    second: int | None = 0

    def special(self, *, pair: bool) -> int:
        """How many special tokens a sequence has."""
        return len(self.start) + len(self.between) * pair + len(self.end)

    def ids(self) -> set[int]:
        return {*self.start, *self.between, *self.end}

    def framed(self, first: Sequence[int], second: Sequence[int] | None = None) -> list[int]:
        """The sequence of one text or two."""
        if second is None:
            return [*self.start, *first, *self.end]
        return [*self.start, *first, *self.between, *second, *self.end]

    def second_start(self, first: int, second: int | None) -> int:
        """Where tokens of type 1 begin in a sequence of texts of these numbers of tokens; its length without any."""
        if second is None:
            return first + self.special(pair=False)
        if self.second is None:
            return first + second + self.special(pair=True)
        return len(self.start) + first + len(self.between) - self.second


def bert_template(cls: int, sep: int) -> Template:
    """[CLS] A [SEP], and [CLS] A [SEP] B [SEP] for a pair, the second text of type 1."""
    return Template((cls,), (sep,), (sep,))


def roberta_template(cls: int, sep: int) -> Template:
    """<s> A </s>, and <s> A </s></s> B </s> for a pair."""
    return Template((cls,), (sep, sep), (sep,), None)


def template_of(post_processor: Mapping[str, Any] | None, where: Path) -> Template | None:
    """The template of the post_processor of a tokenizer.json; None where it adds no special tokens.

    Raises:
        UserError: it frames a pair otherwise than a text, or in a way that is no template.
    """
    match (post_processor or {}).get("type"):
        case "BertProcessing":
            return bert_template(*_roles(post_processor))
        case "RobertaProcessing":
            return roberta_template(*_roles(post_processor))
        case "TemplateProcessing":
            return _parsed(post_processor or {}, where)
        case "Sequence":
            found = [template_of(each, where) for each in (post_processor or {})["processors"]]
            return next((template for template in found if template), None)
        case _:
            return None


def post_processor_of(template: Template, names: Mapping[int, str]) -> dict[str, Any]:
    """The post_processor of a tokenizer.json that adds the special tokens of `template`; `names` by id."""
    second_type = 0 if template.second is None else 1
    own = template.second or 0

    def special(ids: Sequence[int], type_id: int) -> list[dict[str, Any]]:
        return [{"SpecialToken": {"id": names[each], "type_id": type_id}} for each in ids]

    def text(name: str, type_id: int) -> list[dict[str, Any]]:
        return [{"Sequence": {"id": name, "type_id": type_id}}]

    begin = [*special(template.start, 0), *text("A", 0)]
    between, before_second = template.between[: len(template.between) - own], template.between[-own:] if own else ()
    return {
        "type": "TemplateProcessing",
        "single": [*begin, *special(template.end, 0)],
        "pair": [
            *begin,
            *special(between, 0),
            *special(before_second, second_type),
            *text("B", second_type),
            *special(template.end, second_type),
        ],
        "special_tokens": {
            names[each]: {"id": names[each], "ids": [each], "tokens": [names[each]]} for each in template.ids()
        },
    }


def _roles(post_processor: Mapping[str, Any] | None) -> tuple[int, int]:
    assert post_processor is not None
    return post_processor["cls"][1], post_processor["sep"][1]


def _parsed(post_processor: Mapping[str, Any], where: Path) -> Template | None:
    ids = {name: tuple(token["ids"]) for name, token in post_processor["special_tokens"].items()}
    single, pair = (_split(post_processor[form], ids) for form in ("single", "pair"))
    if not any(tokens for tokens, _ in single):
        return None
    if len(single) != 2 or len(pair) != 3 or (single[0][0], single[1][0]) != (pair[0][0], pair[2][0]):
        raise UserError(
            "its template puts other special tokens around two texts than around one",
            where=where,
            remedy="Correct post_processor in tokenizer.json.",
        )
    (start, _), (between, types), (end, _) = pair
    first, *_, second = [piece["Sequence"]["type_id"] for piece in post_processor["pair"] if "Sequence" in piece]
    return Template(start, between, end, None if first == second else types.count(second))


def _split(pieces: Pieces, ids: Mapping[str, tuple[int, ...]]) -> list[tuple[tuple[int, ...], list[int]]]:
    """The special tokens before, between and after the texts, with their types."""
    parts: list[tuple[tuple[int, ...], list[int]]] = [((), [])]
    for piece in pieces:
        if "Sequence" in piece:
            parts.append(((), []))
        else:
            token = piece["SpecialToken"]
            found = ids[token["id"]]
            parts[-1] = (parts[-1][0] + found, parts[-1][1] + [token["type_id"]] * len(found))
    return parts
