"""Old names of settings are known, and nothing else is touched."""

import pytest

from distilbeto.job.renames import new_key, renamed


def test_settings_of_an_earlier_version_get_their_present_names() -> None:
    old = {"masking": {"share": 0.15, "mask": 0.8, "smoothing": 0.7}, "rows": [{"accumulation": 2}], "kind": "tagging"}
    assert renamed(old) == {
        "masking": {"mlm_probability": 0.15, "mask_replace_prob": 0.8, "smoothing": 0.7},
        "rows": [{"gradient_accumulation_steps": 2}],
        "kind": "token_classification",
    }


def test_present_names_stay() -> None:
    present = {"masking": {"mlm_probability": 0.15}, "kind": "question_answering", "labels": ["tagging"], "n": None}
    assert renamed(present) == present


def test_a_short_name_is_old_in_its_own_block_only() -> None:
    assert new_key("masking", "share") == "mlm_probability"
    assert new_key("energy", "share") is None


@pytest.mark.parametrize(
    ("kind", "labels", "spans"),
    [("tagging", ["O", "B-LOC"], True), ("tagging", ["O", "I-LOC"], False), ("classification", ["a"], False)],
)
def test_a_run_of_before_gets_what_spans_say(kind: str, labels: list[str], spans: bool) -> None:
    """Until a task said it, a B- among its labels did. Features and predictions do not depend on it."""
    run = {"kind": kind, "labels": labels, "selection": "metric", "optimization": {}}
    assert renamed(run)["spans"] is spans
    assert renamed(renamed(run)) == renamed(run)
    assert "spans" not in renamed({"kind": kind, "labels": labels})
