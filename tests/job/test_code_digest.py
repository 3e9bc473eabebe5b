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
SPEAKING = """import logging
from typing import Any
from distilbeto.errors import UserError

logger = logging.getLogger(__name__)

def checked(x: float, limit: float, queue: Any) -> float:
    logging.info("%s, %.1f", x, limit)
    if x > limit:
        logger.warning("%s of %d", str(x), len(queue))
        raise UserError(f"{x} is too large", where=None, remedy="Take less.")
    return x
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


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("%s, %.1f", "%s: %.1f"),
        ('logging.info("%s, %.1f", x, limit)', 'logging.debug("%s", x)'),
        ('    logging.info("%s, %.1f", x, limit)\n', ""),
        ("%s of %d", "%s among %d"),
        ('        logger.warning("%s of %d", str(x), len(queue))\n', ""),
        ('f"{x} is too large", where=None', 'f"too large: {x!r}"'),
        ('remedy="Take less."', "remedy='Take ' + 'fewer.'"),
    ],
)
def test_the_texts_of_log_lines_and_errors_do_not_count(digest: Digest, old: str, new: str) -> None:
    assert old in SPEAKING
    assert digest(loss=SPEAKING.replace(old, new)) == digest(loss=SPEAKING)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("if x > limit", "if x >= limit"),
        ('raise UserError(f"{x} is too large", where=None, remedy="Take less.")', "pass"),
        ("raise UserError(", "raise ValueError("),
        ('raise UserError(f"{x} is too large"', 'raise UserError(f"{(x := 0)} is too large"'),
        ('"%s, %.1f", x, limit', '"%s, %.1f", (x := 0), limit'),
        ('"%s, %.1f", x, limit', '"%s, %.1f", x, queue.pop()'),
        ('logging.info("%s, %.1f"', 'queue.info("%s, %.1f"'),
        ('logging.info("%s, %.1f", x, limit)', "logging.disable()"),
        ("return x\n", "return logging.info(x)\n"),
    ],
)
def test_what_is_raised_when_and_what_a_log_line_does_counts(digest: Digest, old: str, new: str) -> None:
    assert old in SPEAKING
    assert digest(loss=SPEAKING.replace(old, new)) != digest(loss=SPEAKING)


def test_the_first_log_line_of_a_module_does_not_count(digest: Digest) -> None:
    loss = LOSS.replace("from", "import logging\nfrom").replace("    return", "    logging.info('now')\n    return")
    assert digest(loss=loss) == digest()


def test_what_people_read_of_a_field_or_an_option_does_not_count(digest: Digest) -> None:
    field = 'share: float = Field(0.15, ge=0, description="Of tokens.")\n'
    assert digest(helper=HELPER + field.replace("Of tokens.", "")) == digest(helper=HELPER + field)
    assert digest(helper=HELPER + field.replace("0.15", "0.2")) != digest(helper=HELPER + field)


def test_the_parts_say_which_module_has_changed(digest: Digest, tmp_path: Path) -> None:
    digest()
    before = module.code_parts(tmp_path / "train.py")
    digest(helper="def square(x):\n    return x ** 2\n")
    after = module.code_parts(tmp_path / "train.py")
    assert {name for name in before if before[name] != after[name]} == {"helper.py"}
    assert set(before) == {"train.py", "__init__.py", "loss.py", "helper.py"}


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
