import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from distilbeto.miniature import generate as generate_module
from distilbeto.miniature.checkpoints import albert_variables
from distilbeto.miniature.generate import generate, task_files
from distilbeto.miniature.settings import CheckpointSettings, MiniatureSettings, Splits
from distilbeto.models.settings import Architecture
from distilbeto.models.tensorflow_checkpoint import read_checkpoint

ROOT = Path(__file__).parents[2]
TINY = Splits(train=4, dev=4, test=4)
TINY_SETTINGS = MiniatureSettings(
    corpus_bytes={"wiki": 30_000, "subtitles": 4_000, "laws": 2_000},
    vocab_size=500,
    **dict.fromkeys(("xnli", "paws_x", "conll2002", "ancora", "mldoc", "mlqa"), TINY),
    **dict.fromkeys(("squad_es", "squad_v2", "sts", "topics"), TINY),
    encoders=[],
)
DIGESTS = {
    "ancora/es_ancora-ud-dev.conllu": "ee605d570bb57552",
    "beto_tokenizer/vocab.txt": "7285cad415328ad7",
    "conll2002/esp.testa": "e66f787599b2209f",
    "corpus/laws.txt": "76906f1b3baf4b3c",
    "mldoc/mldoc.es.dev": "d0940a0137e601b1",
    "mlqa/MLQA_V1/test/test-context-es-question-es.json": "1ca03a484e57e353",
    "paws_x/x-final/es/dev_2k.tsv": "8a10395faf46834d",
    "squad_es/SQuAD-es-v1.1/dev-v1.1-es.json": "89024d3c239cf355",
    "xnli/XNLI-1.0/xnli.dev.tsv": "c7298c26949781b5",
}


def tree(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run_script(output: Path, settings: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-X", "importtime", ROOT / "scripts/generate_miniature.py"]
    command += ["--settings", settings, "--output", output]
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment, check=False)


def test_two_processes_generate_the_same_bytes_and_need_no_torch(tmp_path: Path) -> None:
    runs = [run_script(tmp_path / seed, TINY_SETTINGS.model_dump_json(), PYTHONHASHSEED=seed) for seed in ("1", "2")]
    assert [run.returncode for run in runs] == [0, 0]
    assert tree(tmp_path / "1") == tree(tmp_path / "2")
    imported = {line.rpartition("|")[2].strip() for line in runs[0].stderr.splitlines()}
    assert "distilbeto.miniature.generate" in imported
    assert not imported & {"torch", "transformers", "pandas"}


def test_bytes_are_those_of_every_machine(tmp_path: Path) -> None:
    generate(TINY_SETTINGS, tmp_path / "miniature")
    found = tree(tmp_path / "miniature")
    assert {path: found[path][:16] for path in DIGESTS} == DIGESTS


def test_a_seed_changes_every_task_file() -> None:
    other = TINY_SETTINGS.model_copy(update={"seed": 43})
    first, second = dict(task_files(TINY_SETTINGS)), dict(task_files(other))
    assert first.keys() == second.keys()
    assert not [path for path in first if first[path] == second[path]]


def test_the_size_of_one_data_set_leaves_the_others_alone() -> None:
    other = TINY_SETTINGS.model_copy(update={"mldoc": Splits(train=9, dev=9, test=9)})
    first, second = dict(task_files(TINY_SETTINGS)), dict(task_files(other))
    assert {path.split("/")[0] for path in first if first[path] != second[path]} == {"mldoc"}


def test_a_failure_leaves_the_earlier_miniature(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> bytes:
        raise RuntimeError("no space left")

    output = tmp_path / "miniature"
    output.mkdir()
    (output / "earlier").touch()
    monkeypatch.setattr(generate_module, "albert_model", fail)
    with pytest.raises(RuntimeError):
        generate(TINY_SETTINGS, output)
    assert [path.name for path in tmp_path.rglob("*")] == ["miniature", "earlier"]


def test_corpus_files_have_the_sizes_asked_for(miniature: Path, settings: MiniatureSettings) -> None:
    for name, size in settings.corpus_bytes.items():
        content = (miniature / "corpus" / f"{name}.txt").read_bytes()
        lines = content.decode().splitlines(keepends=True)
        assert size <= len(content) < size + len(lines[-1].encode())
        assert all(line.strip() and line == line.lower() and line.endswith("\n") for line in lines)


def test_a_checkpoint_holds_the_architecture_asked_for(tmp_path: Path) -> None:
    architecture = Architecture(
        model_type="albert",
        hidden_size=12,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        embedding_size=8,
    )
    checkpoint = CheckpointSettings(name="s_albert_tiny", architecture=architecture, seed=3)
    generate(TINY_SETTINGS.model_copy(update={"checkpoints": [checkpoint]}), tmp_path / "miniature")
    variables = read_checkpoint(tmp_path / "miniature/s_albert_tiny/model.ckpt")
    expected = albert_variables(architecture, TINY_SETTINGS.vocab_size, 3)
    assert {name: values.shape for name, values in variables.items()} == {
        name: values.shape for name, values in expected.items()
    }
    assert variables["bert/pooler/dense/kernel"].std() == pytest.approx(0.02 * 8, rel=0.25)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vocab_size": 10}, "vocab_size"),
        ({"corpus_bytes": {"wiki": 1}}, "corpus_bytes names wiki, subtitles and laws"),
        ({"sizes": 3}, "sizes"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    run = run_script(tmp_path / "miniature", json.dumps(settings))
    assert run.returncode == 1
    assert message in run.stderr
    assert "Traceback" not in run.stderr
    assert not list(tmp_path.iterdir())
