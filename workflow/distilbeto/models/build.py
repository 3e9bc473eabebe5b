"""From an architecture to a transformers configuration or model, and back."""

from typing import TYPE_CHECKING, Any

from distilbeto.errors import UserError
from distilbeto.models.settings import Architecture
from distilbeto.tokenizer import LoadedTokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

DISTILBERT_NAMES = {
    "hidden_size": "dim",
    "num_hidden_layers": "n_layers",
    "num_attention_heads": "n_heads",
    "intermediate_size": "hidden_dim",
}


def transformers_config(architecture: Architecture, tokenizer: LoadedTokenizer) -> "PretrainedConfig":
    """The configuration of `architecture` over the vocabulary of `tokenizer`.

    pad_token_id comes from the tokenizer: DistilBERT's default, 0, is MASK in BETO's vocabulary.
    """
    from transformers import AutoConfig

    shape = architecture.model_dump(exclude={"model_type", "dropout", "embedding_size"})
    if architecture.model_type == "distilbert":
        shape = {DISTILBERT_NAMES.get(name, name): value for name, value in shape.items()}
        shape |= {"dropout": architecture.dropout, "attention_dropout": architecture.dropout}
    else:
        shape |= {"hidden_dropout_prob": architecture.dropout, "attention_probs_dropout_prob": architecture.dropout}
    if architecture.model_type == "albert":
        shape |= {
            "embedding_size": architecture.embedding_size,
            "bos_token_id": tokenizer.cls,
            "eos_token_id": tokenizer.sep,
        }
    return AutoConfig.for_model(
        architecture.model_type, vocab_size=tokenizer.vocab_size, pad_token_id=tokenizer.pad, **shape
    )


def random_model(architecture: Architecture, tokenizer: LoadedTokenizer, seed: int) -> "PreTrainedModel":
    """A masked language model with random weights, the same for the same seed."""
    import torch
    from transformers import AutoModelForMaskedLM

    torch.manual_seed(seed)
    config = transformers_config(architecture, tokenizer)
    return AutoModelForMaskedLM.from_config(config, attn_implementation="sdpa")


def shape_of(config: Any) -> dict[str, Any]:
    """The shape that a loaded transformers configuration describes, in the words of Architecture, without dropout."""
    names = DISTILBERT_NAMES if config.model_type == "distilbert" else {}
    fields = ["hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size", "max_position_embeddings"]
    if config.model_type == "albert":
        fields.append("embedding_size")
    return {"model_type": config.model_type} | {field: getattr(config, names.get(field, field)) for field in fields}


def assert_architecture(config: Any, architecture: Architecture, *, where: Any) -> None:
    """Refuse weights of another model than the one named: two rows of the thesis were base models.

    Raises:
        UserError: naming each field that differs.
    """
    expected = architecture.model_dump(exclude={"dropout"}, exclude_none=True)
    found = shape_of(config)
    wrong = [
        f"{name} is {found.get(name)}, expected {value}" for name, value in expected.items() if found.get(name) != value
    ]
    if wrong:
        raise UserError(
            f"not the model named in the configuration: {'; '.join(wrong)}",
            where=where,
            remedy="Correct the model's source or its architecture in the configuration.",
        )
