import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from distilbeto.errors import UserError
from distilbeto.miniature.checkpoints import albert_variables, varint, write_checkpoint
from distilbeto.models.settings import Architecture
from distilbeto.models.tensorflow_checkpoint import read_checkpoint
from distilbeto.models.tensorflow_format import read_varint

DATA = Path(__file__).parent / "data"


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    write_checkpoint(tmp_path / "model", {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.array(7)})
    return tmp_path / "model"


@pytest.mark.parametrize("shards", [1, 3])
@pytest.mark.parametrize("model", ["albert", "bert"])
def test_what_tensorflow_wrote_is_read(model, shards):
    name = f"{model}-sharded.ckpt" if shards > 1 else f"{model}.ckpt"
    assert len(list(DATA.glob(f"{name}.data-*"))) == shards
    variables = read_checkpoint(DATA / name)
    expected = json.loads((DATA / f"{model}.json").read_text())["variables"]
    slots = {f"{name}/{slot}" for name in expected for slot in ("adam_m", "adam_v")}
    assert variables.keys() == expected.keys() | slots | {"global_step"}
    assert variables["global_step"] == 12345
    for name, (shape, total) in expected.items():
        assert list(variables[name].shape) == shape
        assert float(variables[name].astype(np.float64).sum()) == pytest.approx(total, abs=1e-9)


numbers = st.sampled_from([np.float32, np.float64, np.int32, np.int64])
variable = numbers.flatmap(lambda dtype: arrays.arrays(dtype, arrays.array_shapes(min_dims=0, min_side=0)))


@given(st.dictionaries(st.text(min_size=1, max_size=200), variable, max_size=8))
def test_what_is_written_is_read(tmp_path_factory, variables):
    prefix = tmp_path_factory.mktemp("checkpoint") / "model.ckpt-7"
    write_checkpoint(prefix, variables)
    found = read_checkpoint(prefix)
    assert found.keys() == variables.keys()
    for name, values in variables.items():
        np.testing.assert_array_equal(found[name], values, strict=True)


@given(st.integers(0, 2**64 - 1))
def test_a_varint_is_read_back(value):
    assert read_varint(b"\xff" + varint(value), 1) == (value, 1 + len(varint(value)))


def test_one_missing_shard_of_several_is_named(tmp_path):
    for path in DATA.glob("albert-sharded.ckpt.*"):
        shutil.copy(path, tmp_path)
    (tmp_path / "albert-sharded.ckpt.data-00001-of-00003").unlink()
    with pytest.raises(UserError, match=r"albert-sharded\.ckpt\.data-00001-of-00003: file not found"):
        read_checkpoint(tmp_path / "albert-sharded.ckpt")


def test_a_missing_data_file_is_named(checkpoint):
    checkpoint.with_name("model.data-00000-of-00001").unlink()
    with pytest.raises(UserError, match=r"model\.data-00000-of-00001: file not found"):
        read_checkpoint(checkpoint)


def test_a_changed_value_is_found(checkpoint):
    data = checkpoint.with_name("model.data-00000-of-00001")
    content = bytearray(data.read_bytes())
    content[5] ^= 1
    data.write_bytes(content)
    with pytest.raises(UserError, match="variable a is cut short or damaged"):
        read_checkpoint(checkpoint)


def test_data_cut_short_is_found(checkpoint):
    data = checkpoint.with_name("model.data-00000-of-00001")
    data.write_bytes(data.read_bytes()[:-1])
    with pytest.raises(UserError, match="variable b is cut short or damaged"):
        read_checkpoint(checkpoint)


def test_every_damaged_byte_of_the_index_is_found_or_harmless(checkpoint):
    index = checkpoint.with_name("model.index")
    whole, sound = index.read_bytes(), {name: values.tolist() for name, values in read_checkpoint(checkpoint).items()}
    for place in range(len(whole)):
        index.write_bytes(whole[:place] + bytes([whole[place] ^ 0x55]) + whole[place + 1 :])
        try:
            found = read_checkpoint(checkpoint)
        except UserError:
            continue
        assert {name: values.tolist() for name, values in found.items()} == sound, f"byte {place}"


@pytest.mark.parametrize("content", [b"", b"too short", bytes(100)])
def test_another_file_is_no_checkpoint(tmp_path, content):
    (tmp_path / "model.index").write_bytes(content)
    with pytest.raises(UserError, match="not the index of a TensorFlow checkpoint"):
        read_checkpoint(tmp_path / "model")


def test_random_weights_of_an_albert_have_the_variables_of_a_real_one():
    shape = {
        "hidden_size": 8,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 16,
        "embedding_size": 4,
    }
    architecture = Architecture(model_type="albert", max_position_embeddings=12, **shape)
    variables = albert_variables(architecture, 20, seed=1)
    real = json.loads((DATA / "albert.json").read_text())["variables"]
    assert {name: list(values.shape) for name, values in variables.items() if name != "global_step"} == {
        name: entry[0] for name, entry in real.items()
    }
    words = variables["bert/embeddings/word_embeddings"]
    assert 0 < np.abs(words).max() <= 0.04
    assert np.array_equal(words, albert_variables(architecture, 20, seed=1)["bert/embeddings/word_embeddings"])
    assert not np.array_equal(words, albert_variables(architecture, 20, seed=2)["bert/embeddings/word_embeddings"])
