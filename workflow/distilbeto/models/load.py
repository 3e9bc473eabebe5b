"""Load what a source holds, a transformers model or a TensorFlow checkpoint, and refuse what is not the model named."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

from distilbeto.errors import UserError
from distilbeto.models.convert import state_dict_of
from distilbeto.models.families import family_of
from distilbeto.models.fit import fit
from distilbeto.models.published import config_beside_checkpoint, saved_config
from distilbeto.models.save import Weights
from distilbeto.models.settings import Architecture
from distilbeto.models.tensorflow_checkpoint import read_checkpoint
from distilbeto.models.tensors import file_of_weights, read_tensors
from distilbeto.sources.encoder_folder import encoder_folder, other_modules
from distilbeto.tokenizer import LoadedTokenizer
from distilbeto.tokenizer.sources import read_tokenizer

if TYPE_CHECKING:
    from transformers import PretrainedConfig

# More rows of embeddings than words are padding as long as they are fewer; mDeBERTa has 898.
MOST_PADDING = 1024


def load_weights(source: Path, architecture: Architecture | None, tokenizer: LoadedTokenizer) -> tuple[Weights, str]:
    """The weights in the folder `source`, in single precision, and the name of their file.

    Without an `architecture` it is what the configuration beside the weights says, dropout too.

    Raises:
        UserError: no weights are found, or they do not fit the architecture, the vocabulary or transformers.
    """
    folder = encoder_folder(source)
    left_out = other_modules(source)
    notes = [f"modules of sentence-transformers left out: {', '.join(left_out)}"] if left_out else []
    weights = file_of_weights(folder)
    if weights is not None:
        config, changes = saved_config(folder, architecture, tokenizer)
        rows = _set_vocabulary(config, config.vocab_size, tokenizer, folder / "config.json")
        fitted = fit(config, read_tensors(weights), notes + changes, where=weights, published_rows=rows)
        return fitted, str(weights.relative_to(source))
    indices = sorted(source.rglob("*.index"))
    if len(indices) != 1:
        there = ", ".join(path.name for path in sorted(source.rglob("*"))) or "nothing"
        raise UserError(
            f"expected model.safetensors, pytorch_model.bin (or the index of shards of either) or one TensorFlow"
            f" checkpoint (*.index), found {there}",
            where=source,
            remedy="List the files of one model under `files` of the source.",
        )
    return _from_tensorflow(indices[0], architecture, tokenizer), str(indices[0].relative_to(source))


def _from_tensorflow(index: Path, architecture: Architecture | None, tokenizer: LoadedTokenizer) -> Weights:
    config, notes = config_beside_checkpoint(index, architecture, tokenizer)
    family = family_of(config.model_type)
    state = state_dict_of(read_checkpoint(index.with_suffix("")), family)
    words = state[f"{family.modules['word_embeddings']}.weight"]
    rows = _set_vocabulary(config, len(words), tokenizer, index)
    return fit(config, state, notes, where=index, published_rows=rows)


def _set_vocabulary(config: "PretrainedConfig", rows: int, tokenizer: LoadedTokenizer, where: Path) -> int:
    """Set the vocabulary of `config` to the tokenizer's, which may have fewer words than the embeddings have rows."""
    words = tokenizer.vocab_size
    if not words <= rows < words + MOST_PADDING:
        raise UserError(
            f"the model has a vocabulary of {rows}, its tokenizer one of {words}",
            where=where,
            remedy="Correct the model's source or its tokenizer in the configuration.",
        )
    if words < rows:
        _assert_same_words(where.parent, tokenizer, where)
    config.vocab_size = words
    return rows


def _assert_same_words(folder: Path, tokenizer: LoadedTokenizer, where: Path) -> None:
    """A vocabulary that is a little smaller may be another one: a tokenizer beside the weights tells."""
    from tokenizers import Tokenizer

    try:
        own = Tokenizer.from_str(json.dumps(read_tokenizer(folder).content)).get_vocab(with_added_tokens=True)
    except UserError:
        return  # there is none
    words = tokenizer.tokenizer.get_vocab(with_added_tokens=True)
    other = [word for word, number in words.items() if own.get(word) != number]
    if other:
        raise UserError(
            f"the tokenizer beside the weights is another one: {len(other)} of {len(words)} words differ,"
            f" as {other[0]!r}",
            where=where,
            remedy="Correct the model's tokenizer in the configuration, or leave it out for the source's own.",
        )
