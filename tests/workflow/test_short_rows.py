"""A row of three lines, planned and converted: what it leaves out is shown, and stands in the results."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tests.conftest import Snakemake, planned_jobs
from transformers import RobertaConfig, RobertaForMaskedLM

ROW = "models:\n  mine:\n    name: Mine\n    source: ./my_model\n    tokenizer: words\n"
WORDS = "sources:\n  words: {location: ./my_model}\ntokenizers:\n  words: {source: words}\n"


def publish(folder: Path, words: int = 30) -> None:
    """A RoBERTa as the Hub has it, over a vocabulary of BERT's form, whose padding has id 1."""
    folder.mkdir()
    pieces = ["[MASK]", "[PAD]", "[EOS]", "[UNK]", "[CLS]", "[SEP]", *map(chr, range(97, 97 + 26))][:words]
    (folder / "vocab.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    torch.manual_seed(1)
    config = RobertaConfig(
        vocab_size=32,
        hidden_size=8,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=514,
        pad_token_id=1,
        type_vocab_size=1,
    )
    (folder / "config.json").write_text(json.dumps(config.to_dict() | {"model_type": "roberta"}), encoding="utf-8")
    save_file({k: v.clone() for k, v in RobertaForMaskedLM(config).state_dict().items()}, folder / "model.safetensors")


def test_a_short_row_is_planned_shown_and_converted(snakemake: Snakemake, checkout: Path) -> None:
    (checkout / "mine.yaml").write_text(ROW + WORDS, encoding="utf-8")
    target = "results/models/mine/config.json"
    plan = snakemake(target, "-n", "--configfile", "mine.yaml")
    assert "models.mine: there is no ./my_model" in plan.stdout + plan.stderr
    publish(checkout / "my_model")
    plan = snakemake(target, "-n", "--configfile", "mine.yaml")
    assert "models.mine: roberta, 3 layers, hidden size 8, 2 heads, 512 tokens" in plan.stdout + plan.stderr
    ran = snakemake(target, "--cores", "1", "--configfile", "mine.yaml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    manifest = json.loads((checkout / "results/models/mine/manifest.json").read_text(encoding="utf-8"))
    assert manifest["architecture"]["num_hidden_layers"] == 3
    assert "embeddings cut from 32 to the 30 rows of the vocabulary" in manifest["notes"]
    assert not planned_jobs(snakemake(target, "-n", "--quiet", "rules", "--configfile", "mine.yaml"))
