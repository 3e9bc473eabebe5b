"""snakemake --lint finds nothing but what this project does on purpose."""

import re

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
