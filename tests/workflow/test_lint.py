"""snakemake --lint finds nothing but what this project does on purpose."""

import re
from collections import Counter
from pathlib import Path

from tests.conftest import Snakemake

ON_PURPOSE = {
    "Mixed rules and functions in same snakefile": "A helper stands beside the rules that use it; what all use is in"
    " rules/common.smk, and what is more than a look into the configuration is in the package, with tests.",
    "Specify a conda environment or container for each rule": "All rules run in one environment, which README.md"
    " installs from one lock: results record its versions.",
    "Param folder is a prefix of input or output file but hardcoded": "In models, figures and the like a program gets"
    " the folder of several outputs, which no single output names.",
}


def test_lint_finds_only_what_is_on_purpose(snakemake: Snakemake) -> None:
    ran = snakemake("--lint")
    assert set(re.findall(r"^ +\* (.*?)\.?:$", ran.stdout + ran.stderr, re.MULTILINE)) == set(ON_PURPOSE)


def test_no_name_is_given_twice_in_the_rule_files(checkout: Path) -> None:
    """All of them are one namespace: what a later file defines takes the place of an earlier one's without a word."""
    texts = (path.read_text(encoding="utf-8") for path in (checkout / "rules").glob("*.smk"))
    names = [name for text in texts for name in re.findall(r"^(?:def )?(\w+)(?:\(.*\):| = )", text, re.MULTILINE)]
    assert len(names) > 50
    assert [name for name, count in Counter(names).items() if count > 1] == []
