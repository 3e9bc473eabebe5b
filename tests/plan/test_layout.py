"""Every path of a result is said once; what the Snakefile tells people of them is the same."""

import re
from collections.abc import Iterator

from tests.conftest import ROOT

from distilbeto.plan.layout import Layout, paths

LINE = re.compile(r"^    (\{results\}/.*)$", re.MULTILINE)


def explained() -> Iterator[str]:
    """The paths in the docstring of the Snakefile: what follows a comma stands in the folder of what goes before it."""
    docstring = (ROOT / "Snakefile").read_text(encoding="utf-8").split('"""')[1]
    for line in LINE.findall(docstring):
        first, *others = re.match(r"[^\s,]+(?:, [^\s,]+)*", line)[0].split(", ")
        folder = first.rstrip("/").rpartition("/")[0]
        for path in (first, *others):
            yield path.rstrip("/") if path.startswith("{results}") else f"{folder}/{path.rstrip('/')}"


def test_the_snakefile_explains_every_path_and_no_other() -> None:
    # A folder of files that are explained, the wildcard of two documents, and logs in the folder of logs.
    implied = {path for name, path in paths().items() if name in ("source", "document_tex") or name.endswith("_log")}
    folders = {path.rpartition("/")[0] for path in paths().values()}
    found = set(explained())
    assert sorted(found - set(paths().values())) == []
    assert sorted(set(paths().values()) - found - implied - folders) == []


def test_a_layout_lies_in_its_folder() -> None:
    assert Layout("mine").score.format(model="m", task="ner", seed=42, test="t") == "mine/scores/m/ner/seed-42/t.json"
    assert Layout("mine").log("fetch/{source}") == "mine/logs/fetch/{source}.log"


def test_no_rule_spells_a_path_out() -> None:
    """But for names below a path of the layout."""
    folders = {path.split("/")[1] for path in paths().values() if path.count("/") > 1}
    spelled = re.compile(rf"\"[^\"\n]*\b(?<!\.)({'|'.join(sorted(folders))})/[^\"\n]*\"")
    for path in sorted((ROOT / "rules").glob("*.smk")):
        text = re.sub(r'""".*?"""|#.*', "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        assert [found[0] for found in spelled.finditer(text)] == [], path.name
