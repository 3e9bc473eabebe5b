"""Fine-tuning on a GPU: in each precision, with less memory than a batch takes; and the counter of its energy."""

import time
from pathlib import Path

import pytest
import torch
from tests.finetuning.conftest import MakeRun, bread, encoded, make_run, model_folder, tokenizer, tokenizer_folder
from tests.finetuning.test_train import trained

from distilbeto.finetuning.forward import forward
from distilbeto.finetuning.heads import load_finetuned
from distilbeto.finetuning.record import Run
from distilbeto.glues.features import open_features
from distilbeto.glues.kinds import TaskKind
from distilbeto.job.energy.counters import gpu_joules

WIDE = {"hidden_size": 512, "num_hidden_layers": 4, "num_attention_heads": 8, "intermediate_size": 2048}


def in_precision(run: Run, precision: str) -> Run:
    optimization = run.settings.optimization.model_copy(update={"precision": precision})
    return run._replace(settings=run.settings.model_copy(update={"optimization": optimization}))


@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_it_learns_in_each_precision(precision: str, make_run: MakeRun, device: torch.device, tmp_path: Path) -> None:
    if precision == "fp16" and device.type != "cuda":
        pytest.skip("fp16 needs a GPU")
    record = trained(in_precision(make_run(epochs=3), precision), tmp_path)
    assert record["hyperparameters"]["precision"] == precision
    assert record["epochs"][-1]["dev_metrics"]["accuracy"] > 90


def test_a_batch_that_memory_is_too_small_for_is_halved(
    make_run: MakeRun, model_folder: object, gpu: torch.device, tmp_path: Path
) -> None:
    """The memory of this process is limited to what lies between a small batch's need and a large one's."""
    wide = {"model_folder": model_folder(**WIDE, dropout=0.0)}  # type: ignore[operator]

    def run_of(batch_size: int) -> Run:
        return in_precision(make_run(run=wide, batch_size=batch_size, learning_rate=1e-4, epochs=1), "fp32")

    def needed(batch_size: int) -> int:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(gpu)
        records[batch_size] = trained(run_of(batch_size), tmp_path / str(batch_size))
        return torch.cuda.max_memory_reserved(gpu)

    records: dict[int, dict[str, object]] = {}
    limit = (needed(128) + needed(8)) / 2
    torch.cuda.empty_cache()
    torch.cuda.set_per_process_memory_fraction(limit / torch.cuda.get_device_properties(gpu).total_memory, gpu)
    try:
        record = trained(run_of(128), tmp_path / "limited")
    finally:
        torch.cuda.set_per_process_memory_fraction(1.0, gpu)
    assert 8 <= record["hyperparameters"]["micro_batch"] < 128
    assert record["hyperparameters"]["effective_batch"] == 128
    assert record["epochs"][0]["train_loss"] == pytest.approx(records[128]["epochs"][0]["train_loss"], rel=1e-3)  # type: ignore[index]


def test_predictions_in_half_precision_are_those_of_single(
    make_run: MakeRun, bread: dict[str, Path], device: torch.device, tmp_path: Path
) -> None:
    run = in_precision(make_run(epochs=3), "fp32")
    trained(run, tmp_path)
    test = open_features(bread["test"], run.tokenizer)
    model = load_finetuned(tmp_path / "output", TaskKind.SEQUENCE_CLASSIFICATION).to(device)
    classes = [
        [batch.output.logits.argmax(-1).tolist() for batch in forward(model, test, run.tokenizer.pad, precision)]
        for precision in ("fp32", "bf16")
    ]
    assert classes[0] == classes[1]


def test_the_counter_of_energy_rises_with_work(gpu: torch.device) -> None:
    before = gpu_joules()
    if not before:
        pytest.skip("no counter of energy can be read here (NVML)")
    ended, square = time.monotonic() + 2, torch.ones(4096, 4096, device=gpu)
    while time.monotonic() < ended:
        square = (square @ square).clamp(max=1.0)
        torch.cuda.synchronize(gpu)
    after = gpu_joules()
    assert after.keys() == before.keys()
    assert sum(after.values()) - sum(before.values()) > 10  # an idle GPU takes tens of watts
