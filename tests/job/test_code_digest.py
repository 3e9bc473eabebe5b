"""A change of what the code does changes the digest; a change of how it is written does not."""

from collections.abc import Callable
from pathlib import Path

import pytest

from distilbeto.job import code_digest as module

SCRIPT = """'''Docstring.'''
from distilbeto.loss import loss
print(loss(2))
"""
LOSS = """'''Losses.'''
from distilbeto import helper

def loss(x: float) -> float:
    '''The loss.'''
    return helper.square(x) * 2  # twice
"""
HELPER = """def square(x):
    return x * x
"""
UNRELATED = "def plot():\n    return 1\n"

Digest = Callable[..., str]


@pytest.fixture
def digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Digest:
    package = tmp_path / "distilbeto"
    package.mkdir()
    monkeypatch.setattr(module, "PACKAGE", package)

    def of(script: str = SCRIPT, **modules: str) -> str:
        texts = {"__init__": "", "loss": LOSS, "helper": HELPER, "unrelated": UNRELATED} | modules
        for name, text in texts.items():
            (package / f"{name}.py").write_text(text, encoding="utf-8")
        (tmp_path / "train.py").write_text(script, encoding="utf-8")
        module._read.cache_clear()
        return module.code_digest(tmp_path / "train.py")

    return of


@pytest.mark.parametrize(
    "loss",
    [
        LOSS.replace("# twice", "# two times"),
        LOSS.replace("'''The loss.'''", "'''Another docstring.'''"),
        LOSS.replace("helper.square(x) * 2", "(helper.square(x)\n        * 2)"),
        "# a comment\n\n\n" + LOSS,
    ],
)
def test_comments_docstrings_and_formatting_do_not_count(digest: Digest, loss: str) -> None:
    assert digest(loss=loss) == digest()


def test_the_code_of_an_imported_module_counts(digest: Digest) -> None:
    assert digest(loss=LOSS.replace("* 2", "* 3")) != digest()


def test_the_code_of_a_module_imported_by_an_imported_one_counts(digest: Digest) -> None:
    assert digest(helper=HELPER.replace("x * x", "x ** 3")) != digest()


def test_the_script_itself_counts(digest: Digest) -> None:
    assert digest(SCRIPT.replace("loss(2)", "loss(3)")) != digest()


def test_a_module_that_is_not_imported_does_not_count(digest: Digest) -> None:
    assert digest(unrelated="def plot():\n    return 2\n") == digest()


def test_an_import_inside_a_function_counts(digest: Digest) -> None:
    script = "def main():\n    from distilbeto.loss import loss\n    return loss(1)\n"
    assert digest(script, loss=LOSS.replace("* 2", "* 3")) != digest(script)


def test_an_import_for_the_type_checker_does_not_count(digest: Digest) -> None:
    script = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from distilbeto.unrelated import plot\n"
    assert digest(script, unrelated=UNRELATED.replace("1", "2")) == digest(script)


def test_what_only_watches_a_job_does_not_count(digest: Digest, tmp_path: Path) -> None:
    (tmp_path / "distilbeto" / module.PLUMBING).mkdir()
    meter = tmp_path / "distilbeto" / module.PLUMBING / "meter.py"
    digests = []
    for text in ("a = 1", "a = 2"):
        meter.write_text(text)
        digests.append(digest(f"import distilbeto.{module.PLUMBING}.meter\n"))
    assert digests[0] == digests[1]


def test_a_folder_that_is_left_out_does_not_count(digest: Digest, tmp_path: Path) -> None:
    (tmp_path / "distilbeto" / "plots").mkdir()
    (tmp_path / "distilbeto" / "plots" / "__init__.py").write_text("")
    plot = tmp_path / "distilbeto" / "plots" / "plot.py"
    digests = []
    for text in ("", "import this\n"):
        plot.write_text(text)
        whole = digest("import distilbeto.plots.plot\n")
        digests.append((whole, module.code_digest(tmp_path / "train.py", "plots")))
    assert digests[0][0] != digests[1][0]
    assert digests[0][1] == digests[1][1]
