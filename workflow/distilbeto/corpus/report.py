"""The report on a corpus: a row for each shard and a total; whether all shards are there and few tokens are unknown."""

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from distilbeto.corpus.sequences import Counts
from distilbeto.corpus.shards import Shard
from distilbeto.errors import UserError
from distilbeto.storage.files import write_text


class Row(NamedTuple):
    """A line of corpus_report.csv.

    tokens: of the kept sequences, CLS and SEP counted; text_tokens, text_unknown: of all text, dropped lines included;
    engine: the libraries that tokenized, with their versions.
    """

    file: str
    shard: int | None
    engine: str
    counts: Counts
    tokens: int
    text_tokens: int
    text_unknown: int

    @property
    def unk_rate(self) -> float:
        """Of all text; the column `unknown_share` of the file."""
        return self.text_unknown / max(self.text_tokens, 1)


def report_rows(shards: Iterable[Shard]) -> list[Row]:
    """A row for each shard, and the total."""
    rows = [_row(shard) for shard in shards]
    counts = Counts(*map(sum, zip(*(row.counts for row in rows), strict=True)))
    engines = " ".join(sorted({row.engine for row in rows}))
    sums = [sum(column) for column in zip(*(row[4:] for row in rows), strict=True)]
    return [*rows, Row("total", None, engines, counts, *sums)]


def _row(shard: Shard) -> Row:
    facts = shard.metadata
    texts = facts["text_tokens"], facts["text_unknown"]
    return Row(facts["file"], facts["shard"], facts["engine"], Counts(**facts["counts"]), shard.tokens.size, *texts)


def write_report(path: Path, rows: Iterable[Row]) -> None:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["file", "shard", *Counts._fields, "tokens", "unknown_share", "engine"])
    for row in rows:
        writer.writerow([row.file, row.shard, *row.counts, row.tokens, f"{row.unk_rate:.6f}", row.engine])
    write_text(path, table.getvalue())


def check_complete(shards: Iterable[Shard]) -> None:
    """Check that `shards` are all the shards of their files, each once.

    Raises:
        UserError: shards are missing, doubled, or from different cuts or versions of a file.
    """
    by_file: dict[str, list[Shard]] = defaultdict(list)
    for shard in shards:
        by_file[shard.metadata["file"]].append(shard)
    for name, group in by_file.items():
        cuts = {(shard.metadata["shards"], shard.metadata["file_sha256"]) for shard in group}
        numbers = sorted(shard.metadata["shard"] for shard in group)
        if len(cuts) > 1:
            what = f"shards of {len(cuts)} different cuts or versions of file {name} are mixed"
            raise UserError(what, where=group[0].path, remedy="Delete those of another configuration.")
        [(expected, _)] = cuts
        if numbers != list(range(expected)):
            what = f"expected shards 0 to {expected - 1} of file {name}, once each, found {numbers}"
            raise UserError(what, where=group[0].path)


def check_unk_rate(total: Row, largest: float) -> None:
    """Check that the tokenizer knows the corpus.

    Raises:
        UserError: the rate of UNK in all text is over `largest`.
    """
    if total.unk_rate > largest:
        raise UserError(
            f"{total.unk_rate:.1%} of the corpus's {total.text_tokens} tokens are UNK, over {largest:.1%}",
            remedy="Do the tokenizer's lowercase and strip_accents fit its vocabulary? If so, raise max_unk_rate.",
        )
