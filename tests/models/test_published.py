"""Weights as they are published: other forms, prefixes, paddings and precisions give the same model, or are refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig, AutoModel, AutoModelForMaskedLM, BertForPreTraining, BertModel, PreTrainedModel

from distilbeto.errors import UserError
from distilbeto.models.build import random_model, transformers_config
from distilbeto.models.load import load_weights
from distilbeto.models.save import save_model
from distilbeto.models.settings import Architecture
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer, load_tokenizer
from distilbeto.tokenizer.prepare import prepare_tokenizer
from distilbeto.tokenizer.settings import Normalization

DATA = Path(__file__).parent / "data"
SHAPE = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
ALBERT = Architecture(model_type="albert", embedding_size=4, max_position_embeddings=12, dropout=0.0, **SHAPE)
BERT = Architecture(model_type="bert", max_position_embeddings=12, **SHAPE)
DISTILBERT = Architecture(model_type="distilbert", max_position_embeddings=12, **SHAPE)
OTHERS = [
    Architecture(model_type=family, max_position_embeddings=14, **SHAPE)
    for family in ("roberta", "xlm-roberta", "modernbert", "deberta-v2", "eurobert")
]
ELECTRA = Architecture(model_type="electra", embedding_size=4, max_position_embeddings=12, **SHAPE)
EVERY_FAMILY = pytest.mark.parametrize(
    "architecture", [ALBERT, BERT, DISTILBERT, *OTHERS, ELECTRA], ids=lambda architecture: architecture.model_type
)
TOKENIZER = LoadedTokenizer(None, "0123456789abcdef", 20, 1, 3, 4, 5, 0)
IDS = torch.tensor([[4, 7, 19, 12, 8, 5]])
Tensors = dict[str, torch.Tensor]
Write = Callable[[Path, Tensors], None]


def published(folder: Path, model: PreTrainedModel, state: Tensors | None = None, **changes: Any) -> Path:
    """A folder as on the Hub: config.json with some `changes`, and model.safetensors."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(model.config.to_dict() | changes))
    tensors = model.state_dict() if state is None else state
    save_file({name: tensor.clone() for name, tensor in tensors.items()}, folder / "model.safetensors")
    return folder


def converted(source: Path, output: Path, architecture: Architecture | None = BERT) -> dict[str, Any]:
    """The manifest of the model that is made of a source; `output` holds the model."""
    weights, _ = load_weights(source, architecture, TOKENIZER)
    save_model(output, "toy", weights, origin="here", tokenizer=TOKENIZER, settings={}, stopwatch=Stopwatch())
    manifest: dict[str, Any] = json.loads((output / "manifest.json").read_text())
    return manifest


def logits(model: PreTrainedModel) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model.eval()(input_ids=IDS).logits
    return found


def assert_same_logits(model: PreTrainedModel, folder: Path) -> None:
    torch.testing.assert_close(
        logits(AutoModelForMaskedLM.from_pretrained(folder, dtype="auto")), logits(model), atol=1e-5, rtol=1e-5
    )


def in_one_pickle(folder: Path, state: Tensors) -> None:
    torch.save(state, folder / "pytorch_model.bin")


def in_shards(folder: Path, state: Tensors, name: str = "model", suffix: str = "safetensors") -> None:
    places = {key: f"{name}-0000{1 + number % 2}-of-00002.{suffix}" for number, key in enumerate(state)}
    for file in set(places.values()):
        part = {key: state[key].clone() for key in state if places[key] == file}
        if suffix == "safetensors":
            save_file(part, folder / file)
        else:
            torch.save(part, folder / file)
    index = {"metadata": {"total_size": 0}, "weight_map": places}
    (folder / f"{name}.{suffix}.index.json").write_text(json.dumps(index))


def in_pickled_shards(folder: Path, state: Tensors) -> None:
    in_shards(folder, state, "pytorch_model", "bin")


def below_a_folder(folder: Path, state: Tensors) -> None:
    """sentence-transformers of before 2.3."""
    inner = folder / "0_Transformer"
    inner.mkdir()
    (folder / "config.json").rename(inner / "config.json")
    save_file(state, inner / "model.safetensors")
    write_modules(folder, "0_Transformer")


def write_modules(folder: Path, path: str) -> None:
    kinds = {"Transformer": path, "Pooling": "1_Pooling", "Normalize": "2_Normalize"}
    modules = [{"path": place, "type": f"sentence_transformers.models.{kind}"} for kind, place in kinds.items()]
    (folder / "modules.json").write_text(json.dumps(modules))


@EVERY_FAMILY
@pytest.mark.parametrize("write", [in_one_pickle, in_shards, in_pickled_shards, below_a_folder])
def test_every_form_of_weights_is_the_same_model(tmp_path: Path, architecture: Architecture, write: Write) -> None:
    model = random_model(architecture, TOKENIZER, seed=1)
    source = published(tmp_path / "source", model)
    (source / "model.safetensors").unlink()
    write(source, {name: tensor.clone() for name, tensor in model.state_dict().items()})
    converted(source, tmp_path / "model", architecture)
    assert_same_logits(model, tmp_path / "model")


def test_safetensors_go_before_a_pickle(tmp_path: Path) -> None:
    model = random_model(BERT, TOKENIZER, seed=1)
    source = published(tmp_path / "source", model)
    (source / "pytorch_model.bin").write_bytes(b"never read")
    _, file = load_weights(source, BERT, TOKENIZER)
    assert file == "model.safetensors"


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ("../elsewhere.safetensors", "it names ../elsewhere.safetensors; shards are .safetensors files in the same"),
        ("/etc/model.safetensors", "it names /etc/model.safetensors"),
        ("model.bin", "it names model.bin"),
        ("model-00003-of-00003.safetensors", "model-00003-of-00003.safetensors are not there"),
    ],
)
def test_an_index_names_files_of_its_own_folder_alone(tmp_path: Path, file: str, message: str) -> None:
    source = published(tmp_path / "source", random_model(BERT, TOKENIZER, seed=1))
    (source / "model.safetensors").rename(tmp_path / "elsewhere.safetensors")
    (source / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"bert.x": file}}))
    with pytest.raises(UserError, match=message):
        load_weights(source, BERT, TOKENIZER)


def test_a_tensor_that_no_shard_has_is_named(tmp_path: Path) -> None:
    model = random_model(BERT, TOKENIZER, seed=1)
    source = published(tmp_path / "source", model)
    (source / "model.safetensors").unlink()
    in_shards(source, model.state_dict())
    index = source / "model.safetensors.index.json"
    content = json.loads(index.read_text())
    content["weight_map"]["bert.lost"] = "model-00001-of-00002.safetensors"
    index.write_text(json.dumps(content))
    with pytest.raises(UserError, match=r"no shard has bert\.lost"):
        load_weights(source, BERT, TOKENIZER)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_becomes_single_precision_value_by_value(tmp_path: Path, dtype: torch.dtype) -> None:
    model = random_model(BERT, TOKENIZER, seed=1).to(dtype)
    source = published(tmp_path / "source", model, dtype=str(dtype).removeprefix("torch."))
    manifest = converted(source, tmp_path / "model")
    stored = load_file(tmp_path / "model/model.safetensors")
    assert all(torch.equal(stored[name], value.float()) for name, value in model.named_parameters())
    assert {tensor.dtype for tensor in stored.values()} == {torch.float32}
    assert AutoModel.from_pretrained(tmp_path / "model").dtype == torch.float32
    assert any("turned into float32" in note for note in manifest["notes"])


def test_packed_weights_are_refused(tmp_path: Path) -> None:
    model = random_model(BERT, TOKENIZER, seed=1)
    state = model.state_dict()
    state["bert.embeddings.word_embeddings.weight"] = state["bert.embeddings.word_embeddings.weight"].to(torch.int8)
    with pytest.raises(UserError, match=r"quantized weights \(torch.int8\) are not read"):
        load_weights(published(tmp_path / "a", model, state), BERT, TOKENIZER)
    with pytest.raises(UserError, match=r"quantization_config is .*: take the checkpoint that they were made of"):
        load_weights(published(tmp_path / "b", model, quantization_config={"bits": 4}), BERT, TOKENIZER)


@pytest.mark.parametrize("prefix", ["module.", "model.", "_orig_mod.", "module.model.", "lightning.net."])
@EVERY_FAMILY
def test_a_prefix_is_left_out_and_said(tmp_path: Path, architecture: Architecture, prefix: str) -> None:
    model = random_model(architecture, TOKENIZER, seed=1)
    wrapped = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    manifest = converted(published(tmp_path / "source", model, wrapped), tmp_path / "model", architecture)
    assert_same_logits(model, tmp_path / "model")
    assert f"prefix {prefix} of the names of the weights left out" in manifest["notes"]


@pytest.mark.parametrize("prefix", ["", "bert.", "module.bert.", "auto_model."])
def test_an_encoder_alone_is_read_by_the_names_that_it_has_with_and_without_a_head(tmp_path: Path, prefix: str) -> None:
    model = BertModel(transformers_config(BERT, TOKENIZER)).eval()
    state = {prefix + name: tensor for name, tensor in model.state_dict().items()}
    manifest = converted(published(tmp_path / "source", model, state), tmp_path / "model")
    loaded = AutoModel.from_pretrained(tmp_path / "model").eval()
    with torch.no_grad():
        for found, expected in zip(loaded(IDS).to_tuple(), model(IDS).to_tuple(), strict=True):
            torch.testing.assert_close(found, expected)
    assert "no masked-language-model head: the encoder alone is kept" in manifest["notes"]
    assert "pooler kept" in manifest["notes"]


@EVERY_FAMILY
def test_the_encoder_of_every_family_is_read_from_a_folder_without_head(
    tmp_path: Path, architecture: Architecture
) -> None:
    torch.manual_seed(1)
    model = AutoModel.from_config(transformers_config(architecture, TOKENIZER)).eval()
    manifest = converted(published(tmp_path / "source", model), tmp_path / "model", None)
    loaded = AutoModel.from_pretrained(tmp_path / "model").eval()
    with torch.no_grad():
        torch.testing.assert_close(loaded(IDS).last_hidden_state, model(IDS).last_hidden_state)
    assert "no masked-language-model head: the encoder alone is kept" in manifest["notes"]
    assert manifest["architecture"] == architecture.model_dump(
        exclude={"dropout"} | ({"embedding_size"} if architecture.embedding_size is None else set())
    )


def test_the_heads_of_deberta_v3_are_left_out_and_said(tmp_path: Path) -> None:
    model = random_model(OTHERS[3], TOKENIZER, seed=1)
    encoder = {name: tensor for name, tensor in model.state_dict().items() if name.startswith("deberta.")}
    heads = ["lm_predictions.lm_head.dense.weight", "mask_predictions.classifier.weight"]
    manifest = converted(
        published(tmp_path / "source", model, encoder | {name: torch.ones(8, 8) for name in heads}),
        tmp_path / "model",
        None,
    )
    assert "no masked-language-model head: the encoder alone is kept" in manifest["notes"]
    assert f"not kept: {', '.join(heads)}" in manifest["notes"]
    assert load_file(tmp_path / "model/model.safetensors").keys() == encoder.keys()


def test_positions_that_the_tokenizer_would_shift_are_refused(tmp_path: Path) -> None:
    source = published(tmp_path, random_model(OTHERS[0], TOKENIZER, seed=1))
    with pytest.raises(UserError, match="positions are counted from pad_token_id, 1, and the tokenizer has 0"):
        load_weights(source, None, TOKENIZER._replace(pad=0))


def test_weights_of_another_family_are_refused_in_one_line(tmp_path: Path) -> None:
    model = random_model(BERT, TOKENIZER, seed=1)
    state = {f"transformer.h.{number}.weight": torch.zeros(2) for number in range(200)}
    with pytest.raises(
        UserError, match=r"none of its 200 weights has a name of a bert: transformer\.h\.0\.weight"
    ) as caught:
        load_weights(published(tmp_path, model, state), BERT, TOKENIZER)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize("with_decoder", [False, True])
@EVERY_FAMILY
def test_embeddings_padded_beyond_the_vocabulary_are_cut_with_their_head(
    tmp_path: Path, architecture: Architecture, with_decoder: bool
) -> None:
    padded = random_model(architecture, TOKENIZER._replace(vocab_size=24), seed=1)
    state = padded.state_dict()
    if not with_decoder:
        state = {name: tensor for name, tensor in state.items() if name not in padded.all_tied_weights_keys}
    manifest = converted(published(tmp_path / "source", padded, state), tmp_path / "model", architecture)
    found = logits(AutoModelForMaskedLM.from_pretrained(tmp_path / "model"))
    assert found.shape == (1, 6, 20)
    torch.testing.assert_close(found, logits(padded)[..., :20], atol=1e-6, rtol=1e-6)
    assert "embeddings cut from 24 to the 20 rows of the vocabulary" in manifest["notes"]
    assert json.loads((tmp_path / "model/config.json").read_text())["vocab_size"] == 20


@pytest.mark.parametrize("padding", [0, 4])
def test_words_of_another_tokenizer_are_not_taken_for_a_models_own(tmp_path: Path, padding: int) -> None:
    pieces = ["[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]", *"abcdefghijklmn"]
    for name, words in {"own": pieces, "other": [*pieces[:-1], "z"]}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "vocab.txt").write_text("\n".join(words) + "\n")
        prepare_tokenizer(tmp_path / name, Normalization(), tmp_path / name / "prepared")
    own, other = (load_tokenizer(tmp_path / name / "prepared") for name in ("own", "other"))
    published(tmp_path / "own", random_model(BERT, own._replace(vocab_size=20 + padding), seed=1))
    weights, _ = load_weights(tmp_path / "own", BERT, own)
    assert weights.config.vocab_size == 20
    with pytest.raises(
        UserError, match="the tokenizer beside the weights is another one: 1 of 20 words differ, as 'z'"
    ):
        load_weights(tmp_path / "own", BERT, other)


@pytest.mark.parametrize("rows", [19, 20 + 1024])
def test_more_words_than_rows_or_far_fewer_are_another_tokenizer(tmp_path: Path, rows: int) -> None:
    model = random_model(BERT, TOKENIZER._replace(vocab_size=rows), seed=1)
    with pytest.raises(UserError, match=f"the model has a vocabulary of {rows}, its tokenizer one of 20"):
        load_weights(published(tmp_path, model), BERT, TOKENIZER)


def test_a_head_of_its_own_stays_apart_from_the_embeddings(tmp_path: Path) -> None:
    config = transformers_config(BERT, TOKENIZER)
    config.tie_word_embeddings = False
    torch.manual_seed(1)
    model = AutoModelForMaskedLM.from_config(config)
    torch.nn.init.normal_(model.cls.predictions.bias)
    converted(published(tmp_path / "source", model), tmp_path / "model")
    assert_same_logits(model, tmp_path / "model")
    stored = load_file(tmp_path / "model/model.safetensors")
    assert not torch.equal(stored["cls.predictions.decoder.weight"], stored["bert.embeddings.word_embeddings.weight"])


def test_a_head_that_differs_from_the_embeddings_it_is_said_to_be_tied_to_is_kept(tmp_path: Path) -> None:
    model = random_model(BERT, TOKENIZER, seed=1)
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    state["cls.predictions.decoder.weight"] += 1
    converted(published(tmp_path / "source", model, state), tmp_path / "model")
    found = logits(AutoModelForMaskedLM.from_pretrained(tmp_path / "model"))
    assert not torch.allclose(found, logits(model))
    stored = load_file(tmp_path / "model/model.safetensors")
    assert torch.equal(stored["cls.predictions.decoder.weight"], state["cls.predictions.decoder.weight"])


def test_modules_of_sentence_transformers_are_left_out_and_said(tmp_path: Path) -> None:
    model = BertModel(transformers_config(BERT, TOKENIZER))
    source = published(tmp_path / "source", model)
    write_modules(source, "")
    manifest = converted(source, tmp_path / "model")
    assert "modules of sentence-transformers left out: Pooling, Normalize" in manifest["notes"]
    write_modules(source, "../elsewhere")
    with pytest.raises(UserError, match=r"unsafe path '\.\./elsewhere'"):
        load_weights(source, BERT, TOKENIZER)


def test_without_an_architecture_it_is_what_the_source_says_dropout_too(tmp_path: Path) -> None:
    config = transformers_config(BERT, TOKENIZER)
    config.hidden_dropout_prob = 0.3
    manifest = converted(published(tmp_path / "source", BertForPreTraining(config)), tmp_path / "model", None)
    assert manifest["architecture"] == BERT.model_dump(exclude={"dropout", "embedding_size"})
    saved = json.loads((tmp_path / "model/config.json").read_text())
    assert saved["hidden_dropout_prob"] == 0.3
    assert saved["pad_token_id"] == TOKENIZER.pad


@pytest.mark.parametrize(
    ("changes", "architecture", "message"),
    [
        ({"model_type": None}, None, "config.json: it does not say its model_type\n.*Give the model an `architecture`"),
        ({"model_type": "gpt2"}, None, "config.json: unknown model_type 'gpt2'; known: albert, bert, distilbert"),
        ({"model_type": "gpt2"}, BERT, "model_type is gpt2, expected bert"),
        ({"num_hidden_layers": 3}, BERT, "num_hidden_layers is 3, expected 2"),
        (
            {"position_embedding_type": "relative_key"},
            BERT,
            "position_embedding_type is relative_key, .*absolute posit",
        ),
        ({"position_embedding_type": "relative_key_query"}, None, "position_embedding_type is relative_key_query"),
    ],
)
def test_a_config_that_says_too_little_or_something_else_is_refused(
    tmp_path: Path, changes: dict[str, Any], architecture: Architecture | None, message: str
) -> None:
    source = published(tmp_path, random_model(BERT, TOKENIZER, seed=1))
    saved = json.loads((source / "config.json").read_text()) | changes
    (source / "config.json").write_text(json.dumps({key: value for key, value in saved.items() if value is not None}))
    with pytest.raises(UserError, match=message):
        load_weights(source, architecture, TOKENIZER)


def test_a_folder_without_config_json_is_refused_by_name(tmp_path: Path) -> None:
    source = published(tmp_path, random_model(BERT, TOKENIZER, seed=1))
    (source / "config.json").unlink()
    for architecture in (None, BERT):
        with pytest.raises(UserError, match=r"config\.json: file not found"):
            load_weights(source, architecture, TOKENIZER)


def test_the_configuration_may_name_the_model_type_that_config_json_leaves_out(tmp_path: Path) -> None:
    model = random_model(BERT, TOKENIZER, seed=1)
    source = published(tmp_path / "source", model)
    saved = json.loads((source / "config.json").read_text())
    del saved["model_type"]
    (source / "config.json").write_text(json.dumps(saved))
    converted(source, tmp_path / "model", BERT)
    assert_same_logits(model, tmp_path / "model")
    assert AutoConfig.from_pretrained(tmp_path / "model").model_type == "bert"
