"""What jobs ask of a cluster: enough, more at each attempt, and in proportion to model and data."""

import pytest
import yaml

from distilbeto.plan import resources
from distilbeto.plan.config import Config
from distilbeto.plan.loading import load_config


@pytest.fixture(scope="module")
def thesis() -> Config:
    from tests.conftest import ROOT

    return load_config(yaml.safe_load((ROOT / "config.yaml").read_text()))


@pytest.mark.parametrize(
    ("model", "parameters"), [("beto_uncased", 110e6), ("distilbeto", 67e6), ("s_albert_xxlarge", 223e6)]
)
def test_memory_is_that_of_the_published_numbers_of_parameters(thesis: Config, model: str, parameters: float) -> None:
    assert resources.model_mb(thesis.models[model].architecture) == pytest.approx(4 * parameters / 1e6, rel=0.1)


def test_operations_are_two_a_weight_and_those_of_attention(thesis: Config) -> None:
    """Layers of an ALBERT share weights, not operations."""
    layer = 12 * 768**2 + 2 * 128 * 768
    for model, layers in {"beto_uncased": 12, "distilbeto": 6, "s_albert_base_v1": 12}.items():
        assert resources.operations_of_a_token(thesis.models[model].architecture, 128) == 2 * layers * layer


def test_time_grows_with_data_epochs_and_model_and_stays_within_what_clusters_allow(thesis: Config) -> None:
    tiny, large = (thesis.models[name].architecture for name in ("s_albert_tiny", "s_albert_xxlarge"))
    start = resources.START_MINUTES
    once = resources.finetuning_minutes(tiny, 100, 512, 2, 1) - start
    assert resources.finetuning_minutes(tiny, 200, 512, 2, 1) - start == pytest.approx(2 * once, abs=1)
    assert resources.finetuning_minutes(tiny, 100, 512, 4, 1) - start == pytest.approx(2 * once, abs=1)
    assert resources.finetuning_minutes(large, 10, 512, 1, 1) > 5 * resources.finetuning_minutes(tiny, 10, 512, 1, 1)
    assert resources.finetuning_minutes(large, 10_000, 512, 4, 1) == resources.LONGEST_MINUTES


def test_a_second_attempt_has_twice_the_time(thesis: Config) -> None:
    student, teacher = thesis.students["distilbeto"], thesis.models["beto_uncased"].architecture
    first, second = (resources.segment_minutes(student, teacher, attempt) for attempt in (1, 2))
    assert second == pytest.approx(2 * first, abs=1)


def test_a_segment_of_the_thesis_has_time_for_its_tokens_at_the_supposed_speed(thesis: Config) -> None:
    """459 million operations a token, the head's counted (tests/benchmarks/flops.py); 4,096 x 24 tokens a step."""
    student, teacher = thesis.students["distilbeto"], thesis.models["beto_uncased"].architecture
    seconds = 60 * (resources.segment_minutes(student, teacher, 1) - resources.START_MINUTES)
    assert seconds * resources.SPEED == pytest.approx(1000 * 4096 * 24 * 459e6, rel=0.1)
