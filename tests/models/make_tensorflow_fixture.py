"""Make tests/models/data: small checkpoints written by TensorFlow, and what their models must compute.

Run by hand where TensorFlow is installed (made with 2.21); the tests need its output only:
    pip install tensorflow-cpu && python tests/models/make_tensorflow_fixture.py

The variables have the names and shapes of google-research/albert and google-research/bert, slots of the optimizer
included. The expected values come from the formulas of the papers, in float64 and without transformers. GELU is
the tanh form for ALBERT and the exact form for BERT, as in transformers' default configurations.
"""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np

DATA = Path(__file__).parent / "data"
VOCABULARY, HIDDEN, EMBEDDING, INTERMEDIATE, HEADS, LAYERS, POSITIONS = 20, 8, 4, 16, 2, 2, 12
IDS = [2, 7, 19, 0, 11, 3]
SEGMENTS = [0, 0, 0, 1, 1, 1]
PARTS = ("query", "key", "value")
SHARDS = 3

Variables = dict[str, Any]


def main() -> None:
    DATA.mkdir(exist_ok=True)
    generator = np.random.default_rng(0)
    albert, bert = albert_shapes(), bert_shapes()
    for name, shapes, compute in (("albert", albert, compute_albert), ("bert", bert, compute_bert)):
        variables = {key: generator.normal(0, 0.5, shape).astype(np.float32) for key, shape in shapes.items()}
        slots = {
            f"{key}/{slot}": np.zeros_like(value) for key, value in variables.items() for slot in ("adam_m", "adam_v")
        }
        saved = {**variables, **slots, "global_step": np.int64(12345)}
        save(DATA / f"{name}.ckpt", saved)
        save_in_shards(DATA / f"{name}-sharded.ckpt", saved)
        hidden, pooled, logits = compute({key: value.astype(np.float64) for key, value in variables.items()})
        expected = {
            "input_ids": IDS,
            "token_type_ids": SEGMENTS,
            "last_hidden_state": hidden,
            "pooled": pooled,
            "logits": logits,
        }
        sums = {
            key: [list(value.shape), float(value.astype(np.float64).sum())] for key, value in sorted(variables.items())
        }
        record = {key: np.round(value, 7).tolist() for key, value in expected.items()} | {"variables": sums}
        (DATA / f"{name}.json").write_text(json.dumps(record) + "\n")


def save(prefix: Path, variables: Variables) -> None:
    import tensorflow as tf

    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        kept = [tf.compat.v1.get_variable(name, initializer=tf.constant(value)) for name, value in variables.items()]
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver(kept).save(session, str(prefix), write_meta_graph=False, write_state=False)


def save_in_shards(prefix: Path, variables: Variables) -> None:
    """As several machines write one: every third variable in a file of its own, then one index over all."""
    import tensorflow as tf

    parts = [prefix.with_name(f"{prefix.name}-{number}") for number in range(SHARDS)]
    for number, part in enumerate(parts):
        save(part, dict(list(variables.items())[number::SHARDS]))
    tf.raw_ops.MergeV2Checkpoints(
        checkpoint_prefixes=[str(part) for part in parts], destination_prefix=str(prefix), delete_old_dirs=False
    )


def albert_shapes() -> dict[str, tuple[int, ...]]:
    layer = "bert/encoder/transformer/group_0/inner_group_0"
    return {
        **embedding_shapes(EMBEDDING),
        **dense("bert/encoder/embedding_hidden_mapping_in", EMBEDDING, HIDDEN),
        **{k: v for part in PARTS for k, v in dense(f"{layer}/attention_1/self/{part}", HIDDEN, HIDDEN).items()},
        **dense(f"{layer}/attention_1/output/dense", HIDDEN, HIDDEN),
        **norm(f"{layer}/LayerNorm", HIDDEN),
        **dense(f"{layer}/ffn_1/intermediate/dense", HIDDEN, INTERMEDIATE),
        **dense(f"{layer}/ffn_1/intermediate/output/dense", INTERMEDIATE, HIDDEN),
        **norm(f"{layer}/LayerNorm_1", HIDDEN),
        **head_shapes(EMBEDDING),
    }


def bert_shapes() -> dict[str, tuple[int, ...]]:
    shapes = embedding_shapes(HIDDEN)
    for number in range(LAYERS):
        layer = f"bert/encoder/layer_{number}"
        for part in PARTS:
            shapes |= dense(f"{layer}/attention/self/{part}", HIDDEN, HIDDEN)
        shapes |= dense(f"{layer}/attention/output/dense", HIDDEN, HIDDEN) | norm(
            f"{layer}/attention/output/LayerNorm", HIDDEN
        )
        shapes |= dense(f"{layer}/intermediate/dense", HIDDEN, INTERMEDIATE)
        shapes |= dense(f"{layer}/output/dense", INTERMEDIATE, HIDDEN) | norm(f"{layer}/output/LayerNorm", HIDDEN)
    return shapes | head_shapes(HIDDEN)


def embedding_shapes(size: int) -> dict[str, tuple[int, ...]]:
    rows = {"word_embeddings": VOCABULARY, "token_type_embeddings": 2, "position_embeddings": POSITIONS}
    return {f"bert/embeddings/{k}": (v, size) for k, v in rows.items()} | norm("bert/embeddings/LayerNorm", size)


def head_shapes(size: int) -> dict[str, tuple[int, ...]]:
    return {
        **dense("bert/pooler/dense", HIDDEN, HIDDEN),
        **dense("cls/predictions/transform/dense", HIDDEN, size),
        **norm("cls/predictions/transform/LayerNorm", size),
        "cls/predictions/output_bias": (VOCABULARY,),
        "cls/seq_relationship/output_weights": (2, HIDDEN),
        "cls/seq_relationship/output_bias": (2,),
    }


def dense(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}/kernel": (inputs, outputs), f"{name}/bias": (outputs,)}


def norm(name: str, size: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}/gamma": (size,), f"{name}/beta": (size,)}


def compute_albert(v: Variables) -> tuple[Any, Any, Any]:
    layer = "bert/encoder/transformer/group_0/inner_group_0"
    x = linear(v, "bert/encoder/embedding_hidden_mapping_in", embed(v))
    for _ in range(LAYERS):
        attended = linear(v, f"{layer}/attention_1/output/dense", attend(v, f"{layer}/attention_1/self", x))
        x = layer_norm(v, f"{layer}/LayerNorm", x + attended)
        inner = gelu_tanh(linear(v, f"{layer}/ffn_1/intermediate/dense", x))
        x = layer_norm(v, f"{layer}/LayerNorm_1", x + linear(v, f"{layer}/ffn_1/intermediate/output/dense", inner))
    return x, pool(v, x), predict(v, x, gelu_tanh)


def compute_bert(v: Variables) -> tuple[Any, Any, Any]:
    x = embed(v)
    for number in range(LAYERS):
        layer = f"bert/encoder/layer_{number}"
        attended = linear(v, f"{layer}/attention/output/dense", attend(v, f"{layer}/attention/self", x))
        x = layer_norm(v, f"{layer}/attention/output/LayerNorm", x + attended)
        inner = gelu_exact(linear(v, f"{layer}/intermediate/dense", x))
        x = layer_norm(v, f"{layer}/output/LayerNorm", x + linear(v, f"{layer}/output/dense", inner))
    return x, pool(v, x), predict(v, x, gelu_exact)


def embed(v: Variables) -> Any:
    words, segments = v["bert/embeddings/word_embeddings"][IDS], v["bert/embeddings/token_type_embeddings"][SEGMENTS]
    return layer_norm(
        v, "bert/embeddings/LayerNorm", words + segments + v["bert/embeddings/position_embeddings"][: len(IDS)]
    )


def attend(v: Variables, name: str, x: Any) -> Any:
    """Equation 1 of Vaswani et al. (2017), head by head."""
    query, key, value = (np.split(linear(v, f"{name}/{part}", x), HEADS, axis=1) for part in PARTS)
    scores = [np.exp(q @ k.T / math.sqrt(HIDDEN / HEADS)) for q, k in zip(query, key, strict=True)]
    return np.concatenate([s / s.sum(1, keepdims=True) @ u for s, u in zip(scores, value, strict=True)], axis=1)


def pool(v: Variables, x: Any) -> Any:
    return np.tanh(linear(v, "bert/pooler/dense", x[0]))


def predict(v: Variables, x: Any, gelu: Any) -> Any:
    hidden = gelu(linear(v, "cls/predictions/transform/dense", x))
    hidden = layer_norm(v, "cls/predictions/transform/LayerNorm", hidden)
    return hidden @ v["bert/embeddings/word_embeddings"].T + v["cls/predictions/output_bias"]


def linear(v: Variables, name: str, x: Any) -> Any:
    return x @ v[f"{name}/kernel"] + v[f"{name}/bias"]


def layer_norm(v: Variables, name: str, x: Any) -> Any:
    scaled = (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)
    return scaled * v[f"{name}/gamma"] + v[f"{name}/beta"]


def gelu_tanh(x: Any) -> Any:
    return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def gelu_exact(x: Any) -> Any:
    return 0.5 * x * (1 + np.vectorize(math.erf)(x / math.sqrt(2)))


if __name__ == "__main__":
    main()
