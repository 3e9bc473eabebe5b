"""Models as ONNX: equal to the originals, timed and tagged like them; int8 smaller."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tests.conftest import ROOT

from distilbeto.errors import UserError
from distilbeto.finetuning.heads import load_finetuned
from distilbeto.finetuning.predict import predict
from distilbeto.finetuning.settings import PredictionSettings
from distilbeto.glues.kinds import TaskKind
from distilbeto.latency.onnx import export
from distilbeto.latency.onnx.export import export_onnx
from distilbeto.latency.onnx.predict import predict_onnx
from distilbeto.latency.onnx.session import open_session, run
from distilbeto.latency.settings import TimingSettings
from distilbeto.latency.time_inference import time_inference
from distilbeto.models.build import random_model
from distilbeto.models.families import FAMILIES
from distilbeto.models.save import save_model, weights_of
from distilbeto.models.settings import Architecture
from distilbeto.storage.provenance import Stopwatch
from distilbeto.tokenizer import LoadedTokenizer

LABELS = ["O", "B-LOC", "I-LOC"]
SETTINGS = PredictionSettings(kind="token_classification", labels=LABELS, fallback_tag="O")


@pytest.fixture(scope="module")
def exported(finetuned: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("onnx")
    export_onnx("tiny", finetuned, 9, folder)
    return folder


def manifest_of(folder: Path) -> dict:
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_the_exported_model_computes_what_the_original_does(exported: Path, finetuned: Path) -> None:
    original = load_finetuned(finetuned, TaskKind.TOKEN_CLASSIFICATION).eval()
    session = open_session(exported / "model.onnx", threads=1)
    for shape in ((1, 1), (1, 31), (5, 8)):
        ids = np.random.default_rng(1).integers(0, 10, shape)
        mask = np.ones_like(ids)
        mask[1:, 5:] = 0
        with torch.inference_mode():
            expected = original(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits.numpy()
        np.testing.assert_allclose(run(session, ids, mask)[mask == 1], expected[mask == 1], atol=1e-5)


def test_the_manifest_holds_sizes_and_differences(exported: Path, finetuned: Path) -> None:
    manifest = manifest_of(exported)
    assert manifest["finetuned"] is True
    assert manifest["bytes"] == {
        "original": (finetuned / "model.safetensors").stat().st_size,
        "model": (exported / "model.onnx").stat().st_size,
        "int8": (exported / "int8.onnx").stat().st_size,
    }
    differences = manifest["largest_difference_of_logits"]
    assert differences["model"] < 1e-5 < differences["int8"] < 1


def test_a_model_that_is_not_fine_tuned_gets_a_head(pretrained: dict[str, Path], tmp_path: Path) -> None:
    export_onnx("tiny", pretrained["distilbert"], 4, tmp_path)
    assert manifest_of(tmp_path)["finetuned"] is False
    assert run(open_session(tmp_path / "int8.onnx", 1), np.array([[3, 5, 4]])).shape == (1, 3, 4)


def test_exporting_leaves_the_log_as_it_was(exported: Path) -> None:
    assert logging.root.manager.disable == logging.NOTSET


def test_a_model_that_computes_something_else_is_refused(
    finetuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "_export", lambda model, path, folder: path.write_bytes(b""))
    monkeypatch.setattr(export, "_largest_difference", lambda model, path: 0.5)
    with pytest.raises(UserError, match=r"logits differ by 0\.5 from the original's"):
        export_onnx("tiny", finetuned, 9, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("family", sorted(FAMILIES.keys() - {"albert", "distilbert", "bert", "xlm-roberta"}))
def test_each_family_is_exported_and_timed(family: str, data, tokenizer: LoadedTokenizer, tmp_path: Path) -> None:
    """At a length that is longer than ModernBERT's window, too. The rest differs from others by weights alone."""
    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    embedding = {"embedding_size": 8} if "embedding_size" in FAMILIES[family].extra_fields else {}
    architecture = Architecture(model_type=family, max_position_embeddings=202, **shape, **embedding)
    weights, source = weights_of(random_model(architecture, tokenizer, 1)), tmp_path / "source"
    save_model(source, "tiny", weights, origin="", tokenizer=tokenizer, settings={}, stopwatch=Stopwatch())
    export_onnx("tiny", source, 3, tmp_path)
    differences = manifest_of(tmp_path)["largest_difference_of_logits"]
    assert differences["model"] < 1e-5 < differences["int8"] < 1
    settings, output = TimingSettings(dataset="ner", sentences=5, runs=1), tmp_path / "latency.json"
    for path in (source, tmp_path / "model.onnx", tmp_path / "int8.onnx"):
        time_inference("tiny", path, tokenizer=tokenizer, examples=data.examples, settings=settings, output=output)
        assert min(json.loads(output.read_text(encoding="utf-8"))["seconds"]) > 0


def test_a_model_that_torch_cannot_export_is_said(
    finetuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise torch.onnx.OnnxExporterError("\nno decomposition of aten::new\nmore")

    monkeypatch.setattr(torch.onnx, "export", fail)
    message = r"cannot export albert to ONNX: no decomposition of aten::new\n  Set `latency: \{onnx: \[\]\}`"
    with pytest.raises(UserError, match=message):
        export_onnx("tiny", finetuned, 9, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_is_too_large_for_one_file_is_said_before_it_is_loaded(
    finetuned: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(export, "LARGEST_FILE", 1000)
    with pytest.raises(UserError, match=r"its weights have 0\.0 GB: one file of ONNX holds 0\.0"):
        export_onnx("tiny", finetuned, 9, tmp_path)


def test_onnx_tags_as_the_original(
    exported: Path, finetuned: Path, data, tokenizer: LoadedTokenizer, tmp_path: Path
) -> None:
    common = {"features": data.features, "examples": data.examples, "settings": SETTINGS}
    predict(finetuned, tokenizer, **common, output=tmp_path / "original.txt")
    predict_onnx(exported / "model.onnx", tokenizer, **common, threads=1, output=tmp_path / "onnx.txt")
    text = (tmp_path / "onnx.txt").read_text(encoding="utf-8")
    assert text == (tmp_path / "original.txt").read_text(encoding="utf-8")
    assert text.splitlines()[0].startswith("Panes ")


def test_onnx_is_timed_like_the_original(exported: Path, data, tokenizer: LoadedTokenizer, tmp_path: Path) -> None:
    settings = TimingSettings(dataset="ner", sentences=5, runs=3, warmup_sentences=1)
    output = tmp_path / "latency.json"
    path = exported / "int8.onnx"
    time_inference("tiny", path, tokenizer=tokenizer, examples=data.examples, settings=settings, output=output)
    record = json.loads(output.read_text(encoding="utf-8"))
    assert (record["model"], record["form"], record["threads"]) == ("tiny", "int8", 1)
    assert len(record["seconds"]) == 3
    assert min(record["seconds"]) > 0


# Runs a script in which the import of either is an error.
WITHOUT_TORCH = """
import runpy, sys
sys.modules["torch"] = sys.modules["transformers"] = None
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_timing_on_onnxruntime_needs_neither_torch_nor_transformers(
    exported: Path, data, tokenizer_folder: Path, tmp_path: Path
) -> None:
    """Their memory would count as the model's."""
    settings, output = json.dumps({"dataset": "ner", "sentences": 5, "runs": 1}), tmp_path / "latency.json"
    script = [str(ROOT / "scripts/time_inference.py"), "--model", "tiny", "--onnx", str(exported / "int8.onnx")]
    script += ["--tokenizer", str(tokenizer_folder), "--examples", str(data.examples)]
    script += ["--settings", settings, "--output", str(output)]
    subprocess.run([sys.executable, "-c", WITHOUT_TORCH, *script], check=True)
    assert json.loads(output.read_text(encoding="utf-8"))["memory_mib"] > 0
