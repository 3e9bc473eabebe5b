"""Give a student the weights of its teacher: some layers, the embeddings, the masked-language-model head."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Literal, assert_never

from distilbeto.errors import UserError
from distilbeto.models.families import family_of
from distilbeto.models.families.record import Family
from distilbeto.models.settings import Architecture

if TYPE_CHECKING:
    import torch

HEAD_TRANSFORM = ("head_transform", "head_layer_norm")
LayerMap = Literal["thesis", "lower", "uniform"]
SIZES = ("hidden_size", "num_attention_heads", "intermediate_size", "embedding_size", "max_position_embeddings")


def layers_to_copy(layers: Sequence[int] | LayerMap, *, teacher: int, student: int) -> list[int]:
    """The layers of a teacher of `teacher` layers that become layers 0, 1, ... of a student of `student`.

    A list is itself. `thesis`: the first, the last and evenly between them, 0 2 4 7 9 11 of 12 (the thesis's run).
    `lower`: the first ones (Wang et al. 2023). `uniform`: the last of each of as many equal groups, 1 3 5 7 9 11 of 12
    (TinyBERT, Jiao et al. 2020). A student has no more layers than its teacher.
    """
    places = range(student)
    match layers:
        case "thesis":
            gaps = max(student - 1, 1)
            return [(2 * place * (teacher - 1) + gaps) // (2 * gaps) for place in places]
        case "lower":
            return list(places)
        case "uniform":
            return [(place + 1) * teacher // student - 1 for place in places]
        case str():
            assert_never(layers)
        case _:
            return list(layers)


def problem_of_copy(teacher: Architecture, student: Architecture, *, layers: Sequence[int] | LayerMap) -> str | None:
    """Why `student` cannot take these layers of `teacher`; None if it can. Needs no weights: a plan can ask."""
    depths = {"teacher": teacher.num_hidden_layers, "student": student.num_hidden_layers}
    if isinstance(layers, str) and depths["student"] > depths["teacher"]:
        return f"{layers}, but the student has {depths['student']} layers, its teacher {depths['teacher']}"
    layers = layers_to_copy(layers, **depths)
    takes = family_of(student.model_type).teachers
    if teacher.model_type not in takes:
        return (
            f"{student.model_type} students cannot be made of the layers of {teacher.model_type} teachers,"
            f" but of {' or '.join(takes)}"
        )
    missing = [layer for layer in layers if not 0 <= layer < teacher.num_hidden_layers]
    if missing:
        return f"there is no layer {missing}; the teacher's layers are 0 to {teacher.num_hidden_layers - 1}"
    if kinds := _problem_of_kinds(family_of(student.model_type), layers):
        return kinds
    sizes = [(name, getattr(student, name), getattr(teacher, name)) for name in SIZES]
    differing = [f"its {name} is {ours}, the teacher's {theirs}" for name, ours, theirs in sizes if ours != theirs]
    return f"the student does not fit its teacher: {'; '.join(differing)}" if differing else None


def _problem_of_kinds(family: Family, layers: Sequence[int]) -> str | None:
    cycle = family.layer_cycle
    changed = [
        f"{layer} would be layer {place}" for place, layer in enumerate(layers) if layer % cycle != place % cycle
    ]
    if changed:
        return (
            f"in a {family.model_type} attention is global in the layers 0, {cycle}, {2 * cycle}, ... and local in the"
            f" others, and a copied layer keeps its kind: {', '.join(changed)}"
        )
    moved = [layer for place, layer in enumerate(layers) if (layer == 0) != (place == 0)]
    if family.first_layer_differs and moved:
        return (
            f"in a {family.model_type} layer 0 has other weights than the rest: it alone can be the student's layer 0"
        )
    return None


def student_state(
    teacher: Mapping[str, "torch.Tensor"],
    taught_by: Family,
    student: Mapping[str, "torch.Tensor"],
    family: Family,
    *,
    layers: Sequence[int],
    copy_head_transform: bool,
) -> dict[str, "torch.Tensor"]:
    """The weights of a student whose layer i is the teacher's layer `layers[i]`: clones, bit for bit.

    `taught_by` is the teacher's family, one of those that `family`, the student's, can take layers of. `student` holds
    its random weights; of them only the head's transform stays, if `copy_head_transform` is false. Weights tied to
    others are expected under each of their names, as state_dict() gives them.

    Raises:
        UserError: a tensor of the teacher is missing, or of another shape.
    """
    origins = dict(_module_pairs(taught_by, family, layers, copy_head_transform))
    copied = dict(student)
    for name, tensor in student.items():
        module, _, parameter = name.rpartition(".")
        if module in origins:
            copied[name] = _copy(teacher, f"{origins[module]}.{parameter}", name, tensor)
    return copied


def _module_pairs(
    teacher: Family, student: Family, layers: Sequence[int], copy_head_transform: bool
) -> Iterator[tuple[str, str]]:
    """Modules of the student, each with the module of the teacher that it is copied from."""
    for role, module in student.modules.items():
        if copy_head_transform or role not in HEAD_TRANSFORM:
            for number, layer in enumerate(layers):
                yield module.format(number), teacher.modules[role].format(layer)


def _copy(teacher: Mapping[str, "torch.Tensor"], origin: str, name: str, tensor: "torch.Tensor") -> "torch.Tensor":
    found = teacher.get(origin)
    if found is None or found.shape != tensor.shape:
        shape = "missing" if found is None else list(found.shape)
        raise UserError(
            f"the student does not fit its teacher: {name} is {list(tensor.shape)}, the teacher's {origin} is {shape}",
            remedy="Layers can be copied between models of the same sizes and the same tokenizer only.",
        )
    return found.clone()
