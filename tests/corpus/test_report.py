from collections.abc import Callable
from pathlib import Path

import pytest

from distilbeto.corpus.report import check_complete, check_unk_rate, report_rows, write_report
from distilbeto.corpus.shards import open_shard
from distilbeto.errors import UserError

MakeShard = Callable[..., Path]


def test_the_report_has_a_row_a_shard_and_a_total(make_shard: MakeShard, tmp_path: Path) -> None:
    shards = [
        open_shard(make_shard("a", [[4, 7, 5]], shards=2)),
        open_shard(make_shard("b", [[4, 7, 8, 5]] * 2, shard=1, shards=2, text_unknown=0, engine="tokenizers 0.23.3")),
    ]
    write_report(tmp_path / "report.csv", report_rows(shards))
    assert (tmp_path / "report.csv").read_text().splitlines() == [
        "file,shard,lines,kept,cut,short,unknown,empty,byte_order_marks,carriage_returns,nuls,nfc_normalized,"
        "tokens,unknown_share,engine",
        "text,0,9,1,1,2,3,1,0,0,7,0,3,0.100000,nanotoken 0.1.0",
        "text,1,9,2,1,2,3,1,0,0,7,0,8,0.000000,tokenizers 0.23.3",
        "total,,18,3,2,4,6,2,0,0,14,0,11,0.050000,nanotoken 0.1.0 tokenizers 0.23.3",
    ]


def test_a_corpus_that_the_tokenizer_does_not_know_is_refused(make_shard: MakeShard) -> None:
    total = report_rows([open_shard(make_shard("a", [], text_tokens=40, text_unknown=39))])[-1]
    with pytest.raises(UserError, match=r"97\.5% of the corpus's 40 tokens are UNK, over 20\.0%"):
        check_unk_rate(total, 0.2)
    check_unk_rate(total, 1.0)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([(0, 2), (0, 2), (1, 2)], r"expected shards 0 to 1 of file text, once each, found \[0, 0, 1\]"),
        ([(0, 3), (2, 3)], r"expected shards 0 to 2 of file text, once each, found \[0, 2\]"),
        ([(0, 2), (1, 2), (2, 3)], "shards of 2 different cuts or versions of file text are mixed"),
    ],
    ids=["doubled", "missing", "left over"],
)
def test_shards_that_are_not_a_whole_file_are_refused(
    make_shard: MakeShard, parts: list[tuple[int, int]], message: str
) -> None:
    shards = [open_shard(make_shard(f"s{n}", [], shard=k, shards=of)) for n, (k, of) in enumerate(parts)]
    with pytest.raises(UserError, match=message):
        check_complete(shards)
