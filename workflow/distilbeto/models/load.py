"""Load what a source holds, a transformers model or a TensorFlow checkpoint, and refuse what is not the model named."""

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
from distilbeto.models.tensors import file_of_weights, read_tensors, some
from distilbeto.sources.encoder_folder import encoder_folder, other_modules
from distilbeto.tokenizer import LoadedTokenizer
from distilbeto.tokenizer.sources import build, read_tokenizer

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
        raise _no_weights(folder, len(indices))
    return _from_tensorflow(indices[0], architecture, tokenizer), str(indices[0].relative_to(source))


def _no_weights(folder: Path, checkpoints: int) -> UserError:
    there = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    inner = sorted(path.parent.name for path in folder.glob("*/config.json"))
    remedy = "Set the source's location to a folder with config.json and one of these."
    if checkpoints:
        remedy = "List the files of one checkpoint under `files` of the source."
    elif "adapter_config.json" in there:
        remedy = "This is an adapter: merge it into its model (merge_and_unload of peft), and save that."
    elif inner:
        remedy = f"Set the source's location to one of its folders: {', '.join(inner)}."
    elif any(name.endswith((".h5", ".msgpack", ".onnx", ".gguf")) for name in there):
        remedy = "Weights of Keras, Flax, ONNX and GGUF are not read: save them with torch as model.safetensors."
    return UserError(
        "expected model.safetensors, pytorch_model.bin (or the index of shards of either) or one TensorFlow checkpoint"
        f" (*.index), found {some(there) or 'nothing'}",
        where=folder,
        remedy=remedy,
    )


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
    _assert_same_words(where.parent, tokenizer, where)
    config.vocab_size = words
    return rows


def _assert_same_words(folder: Path, tokenizer: LoadedTokenizer, where: Path) -> None:
    """A vocabulary of the same size, or a little smaller, may be another one: a tokenizer beside the weights tells."""
    try:
        own = build(read_tokenizer(folder).content, folder).get_vocab(with_added_tokens=True)
    except UserError:
        return  # there is none that can be read
    words = tokenizer.tokenizer.get_vocab(with_added_tokens=True)
    other = [word for word, number in words.items() if own.get(word) != number]
    if other:
        raise UserError(
            f"the tokenizer beside the weights is another one: {len(other)} of {len(words)} words differ,"
            f" as {other[0]!r}",
            where=where,
            remedy="Correct the model's tokenizer in the configuration, or leave it out for the source's own.",
        )
