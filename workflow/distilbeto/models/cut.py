"""A model that is the first layers of another one, as Speedy Gonzales's students are (Cañete & Bravo-Marquez, 2024)."""

from copy import deepcopy

from distilbeto.errors import UserError
from distilbeto.models.families import family_of
from distilbeto.models.save import Weights


def first_layers(weights: Weights, layers: int) -> Weights:
    """The first `layers` layers of a model, with its embeddings, pooler and heads. Where layers share their weights, as
    ALBERT's do, all weights stay, and it is passed through them less often.

    Raises:
        UserError: the model has fewer.
    """
    config = deepcopy(weights.config)
    there = config.num_hidden_layers
    if layers > there:
        raise UserError(
            f"num_hidden_layers is {layers}, and the source has {there}",
            remedy="Lower num_hidden_layers of the model, or leave it out for all of them.",
        )
    config.num_hidden_layers = layers
    if getattr(config, "layer_types", None):
        config.layer_types = config.layer_types[:layers]
    family = family_of(config.model_type)
    numbers = {name: family.layer_of(name) for name in weights.state}
    kept = {name: tensor for name, tensor in weights.state.items() if (numbers[name] or 0) < layers}
    return Weights(config, kept, [*weights.notes, f"the first {layers} of {there} layers"])
