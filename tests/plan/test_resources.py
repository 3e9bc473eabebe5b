"""What jobs ask of a cluster: enough, more at each attempt, and in proportion to model and data."""

from pathlib import Path

import pytest
import yaml

from distilbeto.models.settings import Architecture
from distilbeto.plan import resources
from distilbeto.plan.config import Config
from distilbeto.plan.loading import load_config
from distilbeto.plan.shapes import BETOS_WORDS, vocabulary_of
from distilbeto.storage.files import write_json


@pytest.fixture(scope="module")
def thesis() -> Config:
    from tests.conftest import ROOT

    return load_config(yaml.safe_load((ROOT / "config.yaml").read_text()))


@pytest.mark.parametrize(
    ("model", "parameters"), [("beto_uncased", 110e6), ("distilbeto", 67e6), ("s_albert_xxlarge", 223e6)]
)
def test_memory_is_that_of_the_published_numbers_of_parameters(thesis: Config, model: str, parameters: float) -> None:
    expected = pytest.approx(4 * parameters / 1e6, rel=0.1)
    assert resources.model_mb(thesis.models[model].architecture, BETOS_WORDS) == expected


BASE = {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072}
LARGE = {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096}
SMALL = {"hidden_size": 384, "num_hidden_layers": 22, "num_attention_heads": 6, "intermediate_size": 1152}


@pytest.mark.parametrize(
    ("model_type", "shape", "words", "parameters"),
    [
        ("roberta", BASE, 50_262, 125e6),
        ("xlm-roberta", BASE, 250_002, 278e6),
        ("xlm-roberta", LARGE, 250_002, 560e6),
        ("deberta-v2", BASE, 251_000, 276e6),
        ("modernbert", SMALL, 256_000, 140e6),
        ("modernbert", SMALL | {"hidden_size": 768}, 256_000, 307e6),
        ("electra", BASE | {"embedding_size": 768}, 30_522, 110e6),
        ("eurobert", BASE, 128_256, 210e6 + 128_256 * 768),
    ],
)
def test_memory_counts_large_vocabularies_gates_and_heads_of_their_own(
    model_type: str, shape: dict[str, int], words: int, parameters: float
) -> None:
    """The published numbers; EuroBERT's is without its head."""
    architecture = Architecture(model_type=model_type, **shape)
    assert resources.model_mb(architecture, words) == pytest.approx(4 * parameters / 1e6, rel=0.05)


def test_a_gate_is_one_more_matrix_of_a_feed_forward_layer() -> None:
    plain, gated = (Architecture(model_type=name, **BASE) for name in ("roberta", "eurobert"))
    more = resources.operations_of_a_token(gated, 128) - resources.operations_of_a_token(plain, 128)
    assert more == 2 * 12 * 768 * 3072


def test_the_vocabulary_is_that_of_the_prepared_tokenizer(thesis: Config, tmp_path: Path) -> None:
    config = thesis.model_copy(update={"results": str(tmp_path)})
    assert vocabulary_of(config, "xlmr") == BETOS_WORDS
    write_json(tmp_path / "tokenizers" / "xlmr" / "manifest.json", {"vocab_size": 250_002})
    assert vocabulary_of(config, "xlmr") == 250_002


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
    first, second = (resources.segment_minutes(student, teacher, BETOS_WORDS, attempt) for attempt in (1, 2))
    assert second == pytest.approx(2 * first, abs=1)


def test_a_segment_of_the_thesis_has_time_for_its_tokens_at_the_supposed_speed(thesis: Config) -> None:
    """459 million operations a token, the head's counted (tests/benchmarks/flops.py); 4,096 x 24 tokens a step."""
    student, teacher = thesis.students["distilbeto"], thesis.models["beto_uncased"].architecture
    seconds = 60 * (resources.segment_minutes(student, teacher, BETOS_WORDS, 1) - resources.START_MINUTES)
    assert seconds * resources.SPEED == pytest.approx(1000 * 4096 * 24 * 459e6, rel=0.02)


def test_logits_of_a_large_vocabulary_take_their_time(thesis: Config) -> None:
    """On every token, of 250,002 words: 8 operations for each weight of the head, over the layers' 427 million."""
    student, teacher = thesis.students["distilbeto"], thesis.models["beto_uncased"].architecture
    every_token = student.model_copy(update={"losses": student.losses.model_copy(update={"loss_tokens": "all"})})
    minutes = resources.segment_minutes(every_token, teacher, 250_002, 1) - resources.START_MINUTES
    seconds = 1000 * 4096 * 24 * (427e6 + 8 * 768 * 250_002) / resources.SPEED
    assert 60 * minutes == pytest.approx(seconds, rel=0.02)
