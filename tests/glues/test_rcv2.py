"""MLDoc from news items as RCV2 has them, and an index."""

from pathlib import Path

import pytest
from tests.conftest import ROOT, run_in

from distilbeto.errors import UserError
from distilbeto.glues.rcv2 import document_of, write_documents
from distilbeto.glues.readers import read
from distilbeto.glues.settings import DatasetSettings

ITEM = """<?xml version="1.0" encoding="{encoding}" ?>
<newsitem itemid="72689" id="root" date="1997-05-20" xml:lang="es">
<title>España</title>
<headline>Titular</headline>
<text>
{paragraphs}
</text>
<copyright>(c) Reuters Limited 1997</copyright>
<metadata>
<codes class="bip:countries:1.0"><code code="MCAT"/></codes>
<codes class="bip:topics:1.0">{topics}</codes>
</metadata>
</newsitem>
"""
PARAGRAPHS = (
    "MADRID, 20 may (Reuter) - La peseta subió ayer.",
    "El cambio\n   cerró a 84,51 <b>pesetas</b> &amp; más.",
)
TEXT = "MADRID, 20 may (Reuter) - La peseta subió ayer. El cambio cerró a 84,51 pesetas & más."


def item(path: Path, *topics: str, paragraphs: tuple[str, ...] = PARAGRAPHS, encoding: str = "iso-8859-1") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    codes = "".join(f'<code code="{topic}"><editdetail/></code>' for topic in topics)
    text = "\n".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    path.write_text(ITEM.format(encoding=encoding, paragraphs=text, topics=codes), encoding=encoding)
    return path


@pytest.fixture
def rcv2(tmp_path: Path) -> Path:
    folder = tmp_path / "rcv2"
    item(folder / "REUTES8" / "72689.xml", "M13", "MCAT")
    item(folder / "REUTES5" / "66630.xml", "CCAT", paragraphs=("Segundo.",))
    item(folder / "REUTES1" / "5.xml", "GCAT", paragraphs=("Tercero.",))
    return folder


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8"])
def test_a_news_item_is_its_topic_and_its_paragraphs_in_one_line(tmp_path: Path, encoding: str) -> None:
    assert document_of(item(tmp_path / "1.xml", "M13", "MCAT", encoding=encoding)) == ("MCAT", TEXT)


def test_documents_stand_in_the_order_of_the_index_and_are_read_as_mldoc(rcv2: Path, tmp_path: Path) -> None:
    (tmp_path / "index").write_text("REUTES5-66630\nREUTES8-72689\n")
    labels = write_documents(tmp_path / "index", rcv2, tmp_path / "mldoc.es.dev")
    assert labels == {"CCAT": 1, "MCAT": 1}
    settings = DatasetSettings(reader="mldoc", source="mldoc", file="mldoc.es.dev", expected_examples=[2, 3])
    result = read(tmp_path / "mldoc.es.dev", settings)
    assert [(example.label, example.text) for example in result.examples] == [("CCAT", "Segundo."), ("MCAT", TEXT)]  # type: ignore[union-attr]
    assert not result.repaired


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("REUTES5-1", r"1 of 2 documents of index are missing: REUTES5/1\.xml"),
        ("REUTES5", r"expected a document such as REUTES8-72689, found 'REUTES5'"),
        ("../../etc-passwd", "expected a document such as"),
    ],
)
def test_what_an_index_names_has_to_be_there(rcv2: Path, tmp_path: Path, line: str, expected: str) -> None:
    (tmp_path / "index").write_text(f"REUTES8-72689\n{line}\n")
    with pytest.raises(UserError, match=expected):
        write_documents(tmp_path / "index", rcv2, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("topics", [("M13",), ("CCAT", "ECAT")])
def test_a_document_of_no_or_two_labels_is_refused(tmp_path: Path, topics: tuple[str, ...]) -> None:
    with pytest.raises(UserError, match="expected one of the topics CCAT, ECAT, GCAT, MCAT"):
        document_of(item(tmp_path / "1.xml", *topics))


def test_no_text_and_no_xml_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no text"):
        document_of(item(tmp_path / "1.xml", "MCAT", paragraphs=(" ",)))
    (tmp_path / "2.xml").write_text("<newsitem>")
    with pytest.raises(UserError, match="not the XML of a news item"):
        document_of(tmp_path / "2.xml")


def test_the_script_makes_the_three_files_of_the_configuration(rcv2: Path, tmp_path: Path) -> None:
    indices = tmp_path / "indices"
    indices.mkdir()
    documents = {"train.10000": "REUTES8-72689", "dev": "REUTES5-66630", "test": "REUTES1-5"}
    for part, line in documents.items():
        (indices / f"spanish.{part}").write_text(f"{line}\n")
    command = ["python", "scripts/make_mldoc.py", "--rcv2", str(rcv2), "--indices", str(indices)]
    command += ["--name", "spanish", "--output", str(tmp_path / "mldoc")]
    ran = run_in(ROOT, *command)
    assert ran.returncode == 0, ran.stderr
    names = sorted(path.name for path in (tmp_path / "mldoc").iterdir())
    assert names == ["mldoc.es.dev", "mldoc.es.test", "mldoc.es.train.10000"]
    assert "1 documents (MCAT 1)" in ran.stderr
    failed = run_in(ROOT, *command[:-3], "spanish-latam", *command[-2:])
    assert failed.returncode == 1 and "no such index file" in failed.stderr
    assert "Traceback" not in failed.stderr
