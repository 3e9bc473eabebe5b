"""The two halves of a masked language model, apart: the vocabulary projection costs most, and few tokens need it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel


def last_hidden_states(
    model: "PreTrainedModel", input_ids: "torch.Tensor", attention_mask: "torch.Tensor"
) -> "torch.Tensor":
    """What the encoder says of each token: [sequences, length, hidden_size]."""
    hidden: torch.Tensor = model.base_model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
    return hidden


def mlm_logits(model: "PreTrainedModel", hidden: "torch.Tensor") -> "torch.Tensor":
    """What the head makes of hidden states [tokens, hidden_size]: [tokens, vocab_size]."""
    logits: torch.Tensor
    if model.config.model_type == "bert":
        logits = model.cls(hidden)
    elif model.config.model_type == "albert":
        logits = model.predictions(hidden)
    else:
        transformed = model.vocab_layer_norm(model.activation(model.vocab_transform(hidden)))
        logits = model.vocab_projector(transformed)
    return logits
