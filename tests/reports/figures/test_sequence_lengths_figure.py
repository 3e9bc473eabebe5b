"""The figure of sequence lengths: what it shows, and that it is the same file for the same data."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from distilbeto.errors import UserError
from distilbeto.reports.figures.sequence_lengths import draw_sequence_lengths, median_length, read_total, summary
from distilbeto.reports.figures.text import number, percent, words_of

SCRIPT = Path(__file__).parents[3] / "scripts" / "plot_sequence_lengths.py"
REPORT = (
    "file,shard,lines,kept,cut,short,unknown,empty,tokens,unknown_share\n"
    "a,0,1000,750,2,249,1,10,35000,0.01\n"
    "total,,1000,750,2,249,1,10,35000,0.01\n"
)
ENGLISH, SPANISH = words_of("en"), words_of("es")
TOTAL = {"lines": 1000, "kept": 750, "cut": 2, "short": 249, "unknown": 1, "empty": 10, "tokens": 35000}


@settings(max_examples=15)
@given(st.lists(st.integers(1, 600), min_size=1, max_size=200))
def test_both_histograms_hold_everything(lengths: list[int]) -> None:
    figure = draw_sequence_lengths(np.bincount(lengths), TOTAL, SPANISH)
    for stairs in figure.axes[0].patches:
        shares, edges, _ = stairs.get_data()
        assert sum(shares) == pytest.approx(100)
        assert edges[-1] == max(lengths) + 0.5
        assert len(shares) <= 64


@given(st.lists(st.integers(1, 600), min_size=1, max_size=200))
def test_the_median_is_the_lower_middle(lengths: list[int]) -> None:
    assert median_length(np.bincount(lengths)) == sorted(lengths)[(len(lengths) - 1) // 2]


def test_the_summary_says_what_was_kept_cut_and_dropped() -> None:
    assert summary(TOTAL, ENGLISH) == [
        "1,000 lines: 0.2 % cut, 1.0 % empty. 750 sequences, 35,000 tokens.",
        "Of the pieces: 75.0 % kept, 24.9 % too short, 0.1 % of unknown tokens.",
    ]
    assert summary(TOTAL, SPANISH)[1] == (
        "De los trozos: 75,0 % conservados, 24,9 % demasiado cortos, 0,1 % de tokens desconocidos."
    )


def test_numbers_are_written_as_the_language_does() -> None:
    assert number(19376663.25, SPANISH, 2) == "19\u202f376\u202f663,25"
    assert number(19376663.25, ENGLISH, 2) == "19,376,663.25"
    assert [percent(share, ENGLISH) for share in (0, 0.00006, 0.5)] == ["0 %", "0.006 %", "50.0 %"]


def test_a_report_without_a_total_is_refused(tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text("file,shard\na,0\n")
    with pytest.raises(UserError, match="expected a corpus report, whose last row is `total`"):
        read_total(tmp_path / "report.csv")


def test_the_script_writes_the_same_files_again(tmp_path: Path) -> None:
    (tmp_path / "report.csv").write_text(REPORT)
    (tmp_path / "lengths.csv").write_text("length,sequences\n12,700\n40,40\n512,10\n")
    written = []
    for run in ("first", "second"):
        outputs = [tmp_path / f"{run}.pdf", tmp_path / f"{run}.png"]
        inputs = ["--lengths", tmp_path / "lengths.csv", "--report", tmp_path / "report.csv", "--note", "miniatura"]
        done = subprocess.run(
            [sys.executable, SCRIPT, *inputs, "--output", *outputs], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        written.append([path.read_bytes() for path in outputs])
    assert written[0] == written[1]
    assert [content[:4] for content in written[0]] == [b"%PDF", b"\x89PNG"]
