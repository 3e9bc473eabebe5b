"""Write a TensorFlow checkpoint of random ALBERT weights, so that the demonstration converts a real one."""

import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from distilbeto.models.settings import Architecture
from distilbeto.models.tensorflow_format import (
    BLOCK_TRAILER_BYTES,
    BYTES,
    DTYPES,
    FIXED32,
    FOOTER_BYTES,
    MAGIC,
    VARINT,
    Entry,
    data_file,
    masked_crc32c,
)
from distilbeto.storage.files import replacing

DEVIATION = 0.02


def albert_variables(architecture: Architecture, vocab_size: int, seed: int) -> dict[str, NDArray[Any]]:
    """Random weights of an ALBERT under the names of google-research/albert, as at the start of its pre-training.

    Kernels and embeddings come from a normal distribution of deviation 0.02 cut at two deviations, biases are 0,
    LayerNorms are the identity. The step of the optimizer is there too, as in a checkpoint of a real training.
    """
    generator = np.random.default_rng(seed)
    variables: dict[str, NDArray[Any]] = {"global_step": np.array(0, np.int64)}
    for name, shape in _albert_shapes(architecture, vocab_size).items():
        if name.endswith(("bias", "beta")):
            variables[name] = np.zeros(shape, np.float32)
        elif name.endswith("gamma"):
            variables[name] = np.ones(shape, np.float32)
        else:
            variables[name] = _truncated_normal(generator, shape)
    return variables


def write_checkpoint(prefix: Path, variables: Mapping[str, NDArray[Any]]) -> None:
    """Write float32, float64, int32 or int64 `variables` as prefix.index and prefix.data-00000-of-00001.

    TensorFlow reads the result (tf.train.load_checkpoint).
    """
    records, offset = [(b"", _field(1, 1) + _field(3, _field(1, 1)))], 0
    with replacing(prefix.with_name(data_file(prefix.name, 0, 1))) as data, data.open("wb") as file:
        for name, values in sorted(variables.items(), key=lambda item: item[0].encode()):
            stored = values.tobytes()
            (dtype,) = (number for number, dtype in DTYPES.items() if dtype == values.dtype)
            entry = Entry(dtype, values.shape, 0, offset, len(stored), masked_crc32c(stored), False)
            records.append((name.encode(), _record(entry)))
            offset += file.write(stored)
    with replacing(prefix.with_name(f"{prefix.name}.index")) as index:
        index.write_bytes(_table(records))


def varint(value: int) -> bytes:
    encoded = bytearray()
    while value >= 0x80:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])


def _field(number: int, value: int | bytes) -> bytes:
    """One field of a protocol-buffer message; integers as varint."""
    if isinstance(value, int):
        return varint(number << 3 | VARINT) + varint(value)
    return varint(number << 3 | BYTES) + varint(len(value)) + value


def _record(entry: Entry) -> bytes:
    shape = b"".join(_field(2, _field(1, size)) for size in entry.shape)
    places = _field(3, entry.shard) + _field(4, entry.offset) + _field(5, entry.size)
    checksum = varint(6 << 3 | FIXED32) + struct.pack("<I", entry.crc32c)
    return _field(1, entry.dtype) + _field(2, shape) + places + checksum


def _table(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """A LevelDB table of sorted pairs: one data block, an empty block of meta data, a block of pointers, a footer."""
    data = _block(pairs)
    meta = _block([])
    pointers = _block([(pairs[-1][0], _handle(0, data))])
    handles = _handle(len(data), meta) + _handle(len(data) + len(meta), pointers)
    return data + meta + pointers + handles.ljust(FOOTER_BYTES - 8, b"\0") + struct.pack("<Q", MAGIC)


def _block(pairs: list[tuple[bytes, bytes]]) -> bytes:
    """A block of sorted pairs with every key in full, followed by its trailer: no compression, checksum."""
    content, restarts = bytearray(), []
    for key, value in pairs:
        restarts.append(len(content))
        content += varint(0) + varint(len(key)) + varint(len(value)) + key + value
    restarts = restarts or [0]
    content += struct.pack(f"<{len(restarts) + 1}I", *restarts, len(restarts)) + b"\0"
    return bytes(content) + struct.pack("<I", masked_crc32c(bytes(content)))


def _handle(offset: int, block: bytes) -> bytes:
    return varint(offset) + varint(len(block) - BLOCK_TRAILER_BYTES)


def _albert_shapes(architecture: Architecture, vocab_size: int) -> dict[str, tuple[int, ...]]:
    hidden, intermediate, embedding = (
        architecture.hidden_size,
        architecture.intermediate_size,
        architecture.embedding_size,
    )
    assert embedding is not None, "an ALBERT has an embedding size"
    shared = "bert/encoder/transformer/group_0/inner_group_0"
    dense = {f"{shared}/attention_1/self/{part}": (hidden, hidden) for part in ("query", "key", "value")} | {
        "bert/encoder/embedding_hidden_mapping_in": (embedding, hidden),
        f"{shared}/attention_1/output/dense": (hidden, hidden),
        f"{shared}/ffn_1/intermediate/dense": (hidden, intermediate),
        f"{shared}/ffn_1/intermediate/output/dense": (intermediate, hidden),
        "bert/pooler/dense": (hidden, hidden),
        "cls/predictions/transform/dense": (hidden, embedding),
    }
    norms = {
        "bert/embeddings/LayerNorm": embedding,
        f"{shared}/LayerNorm": hidden,
        f"{shared}/LayerNorm_1": hidden,
        "cls/predictions/transform/LayerNorm": embedding,
    }
    return {
        "bert/embeddings/word_embeddings": (vocab_size, embedding),
        "bert/embeddings/token_type_embeddings": (2, embedding),
        "bert/embeddings/position_embeddings": (architecture.max_position_embeddings, embedding),
        "cls/predictions/output_bias": (vocab_size,),
        "cls/seq_relationship/output_weights": (2, hidden),
        "cls/seq_relationship/output_bias": (2,),
        **{f"{name}/kernel": shape for name, shape in dense.items()},
        **{f"{name}/bias": shape[1:] for name, shape in dense.items()},
        **{f"{name}/{part}": (size,) for name, size in norms.items() for part in ("gamma", "beta")},
    }


def _truncated_normal(generator: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float32]:
    values = generator.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():
        values[outside] = generator.standard_normal(int(outside.sum()))
    return (values * DEVIATION).astype(np.float32)
