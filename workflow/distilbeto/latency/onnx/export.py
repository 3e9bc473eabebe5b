"""A model for token classification as ONNX, and with its weights as int8."""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from distilbeto.errors import UserError
from distilbeto.glues.kinds import TaskKind
from distilbeto.latency.onnx.session import INPUTS, open_session, run
from distilbeto.models.families import max_tokens
from distilbeto.storage.files import replacing, write_json
from distilbeto.storage.provenance import Stopwatch, provenance

if TYPE_CHECKING:
    from transformers import PreTrainedModel

HEAD_SEED = 0
TOLERANCE = 1e-3  # of a logit; float32 gives about 1e-6
# Other than that of the export: the shapes are dynamic. The longest is over the windows that some layers attend to, and
# is cut at what the model takes.
PROBE_SHAPES = ((1, 2), (1, 23), (3, 11), (2, 150))
LARGEST_FILE = 2**31 - 2**24  # bytes: what protobuf writes as one file, less the graph


def export_onnx(model: str, folder: Path, labels: int, output: Path) -> None:
    """Write model.onnx, int8.onnx and manifest.json into `output`.

    `folder` holds a model fine-tuned for token classification, or a pre-trained one: then the head is random, of
    `labels` labels.
    int8: onnxruntime's dynamic quantization, weights as int8, activations quantized as they come.

    Raises:
        UserError: the model is too large for a file of ONNX, or cannot be exported, or what is exported does not
            compute what the original does.
    """
    stopwatch = Stopwatch()
    size = (folder / "model.safetensors").stat().st_size
    if size > LARGEST_FILE:
        raise _not_exported(
            f"its weights have {size / 1e9:.1f} GB: one file of ONNX holds {LARGEST_FILE / 1e9:.1f}", folder
        )
    original, finetuned = _load(folder, labels)
    output.mkdir(parents=True, exist_ok=True)
    with _quiet():
        with replacing(output / "model.onnx") as temporary:
            _export(original, temporary, folder)
            differences = {"model": _largest_difference(original, temporary)}
            if differences["model"] > TOLERANCE:
                difference = f"{differences['model']:.2g}"
                raise _not_exported(f"the exported model's logits differ by {difference} from the original's", folder)
        with replacing(output / "int8.onnx") as temporary:
            _quantize(output / "model.onnx", temporary)
            differences["int8"] = _largest_difference(original, temporary)
    manifest = {
        "model": model,
        "finetuned": finetuned,
        "bytes": {
            "original": size,
            **{form: (output / f"{form}.onnx").stat().st_size for form in differences},
        },
        "largest_difference_of_logits": differences,
        "provenance": provenance({"labels": labels}, stopwatch),
    }
    write_json(output / "manifest.json", manifest)


def _not_exported(problem: str, folder: Path) -> UserError:
    return UserError(
        problem,
        where=folder,
        remedy="Set `latency: {onnx: []}`, or list there the models to export, without this one; other versions of "
        "torch and onnxscript may know it.",
    )


def _load(folder: Path, labels: int) -> tuple["PreTrainedModel", bool]:
    """The model, and whether it was fine-tuned."""
    from distilbeto.finetuning.heads import add_head, load_finetuned

    if (folder / "run.json").is_file():
        return load_finetuned(folder, TaskKind.TOKEN_CLASSIFICATION).eval(), True
    names = [str(label) for label in range(labels)]
    return add_head(folder, TaskKind.TOKEN_CLASSIFICATION, names, HEAD_SEED).model.eval(), False


def _export(model: "PreTrainedModel", path: Path, folder: Path) -> None:
    import torch

    ids = torch.arange(10).reshape(2, 5)
    mask = (ids < 8).long()
    dynamic = {0: torch.export.Dim.DYNAMIC, 1: torch.export.Dim.DYNAMIC}
    try:
        program = torch.onnx.export(
            model,
            (),
            kwargs={"input_ids": ids, "attention_mask": mask},
            dynamo=True,
            dynamic_shapes=dict.fromkeys(INPUTS, dynamic),
            input_names=list(INPUTS),
            output_names=["logits"],
            verbose=False,
        )
    except torch.onnx.OnnxExporterError as error:
        first_line = next(filter(str.strip, str(error).splitlines()), type(error).__name__)
        raise _not_exported(f"torch cannot export {model.config.model_type} to ONNX: {first_line}", folder) from None
    assert program is not None  # it is None without dynamo alone
    program.save(path, external_data=False)


def _quantize(source: Path, path: Path) -> None:
    from onnxruntime.quantization import QuantType, quantize_dynamic

    quantize_dynamic(source, path, weight_type=QuantType.QInt8)


def _largest_difference(model: "PreTrainedModel", path: Path) -> float:
    """Of the logits of `model` and of the ONNX model in `path`, over inputs of several shapes, one with padding."""
    import torch

    session, generator = open_session(path, threads=1), np.random.default_rng(0)
    largest = 0.0
    for sequences, length in PROBE_SHAPES:
        shape = sequences, min(length, max_tokens(model.config))
        ids = generator.integers(0, int(model.config.vocab_size), shape)
        mask = np.ones_like(ids)
        mask[1:, shape[1] // 2 :] = 0
        with torch.inference_mode():
            expected = model(input_ids=torch.from_numpy(ids), attention_mask=torch.from_numpy(mask)).logits.numpy()
        largest = max(largest, float(np.abs(expected - run(session, ids, mask))[mask == 1].max()))
    return largest


@contextmanager
def _quiet() -> Iterator[Any]:
    """Without what the exporter says of packages that nobody asked for."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)
