"""One list of versions: pyproject.toml, the lock and environment.yml say the same."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]


def normalized(requirement: str) -> str:
    name, version = requirement.split("==")
    return re.sub(r"[-_.]+", "-", name).lower() + "==" + version


def locked() -> set[str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return {normalized(line) for line in lines if line and not line.startswith("#")}


def test_every_dependency_of_pyproject_is_in_the_lock_at_the_same_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    pinned = {normalized(line) for line in project["dependencies"] + project["optional-dependencies"]["dev"]}
    assert pinned <= locked()


def test_conda_takes_the_lock() -> None:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    (pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    assert pip == ["-r requirements.lock", "--no-deps -e ."]
    assert not [
        entry for entry in environment["dependencies"] if isinstance(entry, str) and entry not in ("python=3.11", "pip")
    ]


def test_the_lock_serves_every_machine() -> None:
    """No local build of torch (+cpu, +cu130), and none for GPU machines alone; nvidia-ml-py is plain Python."""
    assert "torch==2.13.0" in locked()
    of_gpus = {line for line in locked() if line.startswith("nvidia")}
    assert [line.partition("==")[0] for line in of_gpus] == ["nvidia-ml-py"]
    assert not [line for line in locked() if "+" in line]


def test_pre_commit_checks_what_make_test_checks() -> None:
    (recipe,) = re.findall(r"^test: env\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    checks = [line.split() for line in recipe.splitlines() if "pytest" not in line]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
    programs = [hook["entry"].split() for hook in hooks]
    assert [words[0] for words in programs] == [words[0] for words in checks]
