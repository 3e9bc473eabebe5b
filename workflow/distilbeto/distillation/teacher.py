"""Load a teacher, and refuse one that does not fit its student."""

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from distilbeto.distillation.settings import TrainingSettings
from distilbeto.errors import UserError
from distilbeto.models.families import family_of
from distilbeto.models.pretrained import AGAIN, config_in, load_pretrained
from distilbeto.storage.files import read_json, sha256_of
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class Teacher(NamedTuple):
    """A masked language model in evaluation mode, without gradients, and the checksum of its weights."""

    model: "PreTrainedModel"
    weights_sha256: str


def require_teacher(folder: Path | None, settings: TrainingSettings, tokenizer: LoadedTokenizer) -> Teacher | None:
    """The teacher that `settings` name, or None if they name none.

    Raises:
        UserError: as `load_teacher`; or a folder is given and the settings name no teacher, or the reverse.
    """
    if (folder is None) != (settings.teacher is None):
        raise UserError(
            f"the settings name the teacher {settings.teacher}, --teacher gives {folder}",
            remedy="Give --teacher if and only if the settings name one.",
        )
    return None if folder is None else load_teacher(folder, tokenizer, settings)


def load_teacher(folder: Path, tokenizer: LoadedTokenizer, settings: TrainingSettings) -> Teacher:
    """Load the masked language model in `folder`, a model of this workflow.

    Its head for masks may be random where nothing of `settings` needs it: without logits and without a copy of it.

    Raises:
        UserError: its tokenizer or vocabulary differs from the student's, its weights have another checksum than its
            manifest says, or it has no MLM head and needs one.
    """
    manifest = read_json(folder / "manifest.json")
    _assert_same("tokenizer", manifest["tokenizer"], tokenizer.fingerprint, folder)
    weights = folder / "model.safetensors"
    checksum = sha256_of(weights)
    if checksum != manifest["weights_sha256"]:
        raise UserError(
            "cut short, damaged or not the weights of this model:"
            f" the checksum is {checksum}, manifest.json says {manifest['weights_sha256']}",
            where=weights,
            remedy=AGAIN,
        )
    copies_head = settings.initialization.layers is not None and settings.initialization.copy_head_transform
    model = _load(folder, needs_head=settings.losses.alpha_ce > 0 or copies_head)
    _assert_same("vocabulary size", model.config.vocab_size, tokenizer.vocab_size, folder)
    return Teacher(model.eval().requires_grad_(False), checksum)


def _assert_same(what: str, teacher: object, student: object, folder: Path) -> None:
    if teacher != student:
        raise UserError(
            f"the teacher has the {what} {teacher}, its student {student}",
            where=folder,
            remedy="Take a teacher and a student with the same tokenizer.",
        )


def _load(folder: Path, *, needs_head: bool) -> "PreTrainedModel":
    from transformers import AutoModelForMaskedLM

    config = config_in(folder)
    family = family_of(config.model_type)
    options = {"config": config, "attn_implementation": family.attention}
    model, report = load_pretrained(AutoModelForMaskedLM, folder, **options)
    missing = [name for name in sorted(report["missing_keys"]) if needs_head or not family.is_mlm_head(name)]
    if missing:
        raise UserError(
            f"the teacher lacks {', '.join(missing)}"
            + (f": {family.why_no_logits}" if needs_head and family.why_no_logits else ""),
            where=folder,
            remedy="Take a checkpoint that has its masked-language-model head; or let its hidden states teach alone"
            " (losses.alpha_ce: 0, initialization.copy_head_transform: false).",
        )
    return model
