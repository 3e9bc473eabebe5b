"""What the documentation tells people to type and to write, taken from it."""

import re
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
FINETUNING = (ROOT / "docs/finetuning.md").read_text(encoding="utf-8")


def commands(text: str, program: str) -> list[str]:
    """The indented lines that start with a program, continued lines joined, comments cut."""
    found = re.findall(rf"^    ((?:{program})(?: .*)?)$", text.replace("\\\n", " "), re.MULTILINE)
    return list(dict.fromkeys(re.sub(r"\s+# .*", "", line).strip() for line in found))


def configurations() -> dict[str, str]:
    """The YAML blocks of the README by the name in their first line."""
    blocks = re.findall(r"^    # (\w+\.yaml)\n((?:    .*\n)+)", README, re.MULTILINE)
    return {name: textwrap.dedent(text) for name, text in blocks}


def block(beginning: str, text: str = FINETUNING) -> str:
    """The indented block that begins so."""
    found = re.search(rf"^    {re.escape(beginning)}.*?(?=^\S)", text, re.MULTILINE | re.DOTALL)
    assert found, beginning
    return textwrap.dedent(found[0])
