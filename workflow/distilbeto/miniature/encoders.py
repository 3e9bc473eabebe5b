"""Encoders as people publish them today: a folder of random weights with a tokenizer of its own.

RoBERTa's is byte-level BPE in vocab.json and merges.txt; ModernBERT's is that of mmBERT and MrBERT, Gemma's: BPE over
characters, with bytes to fall back on.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from distilbeto.miniature.pair_encoding import Pair, merge
from distilbeto.miniature.settings import EncoderSettings

ROBERTA_TOKENS = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
GEMMA_TOKENS = ("<pad>", "<eos>", "<bos>", "<unk>", "<mask>")
SPACE = "\N{LOWER ONE EIGHTH BLOCK}"  # of SentencePiece
GEMMA_WORDS = re.compile(rf"{SPACE}?(?:\w+|[^\w{SPACE}]+)|{SPACE}")
BERT_WIDTH = 768
# What the configuration of transformers says besides the shape: special tokens; RoBERTa as fairseq has it; a window
# shorter than the texts here.
DETAILS: dict[str, dict[str, Any]] = {
    "roberta": {"bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2, "type_vocab_size": 1, "layer_norm_eps": 1e-5},
    "modernbert": {"pad_token_id": 0, "eos_token_id": 1, "sep_token_id": 1, "bos_token_id": 2, "cls_token_id": 2}
    | {"local_attention": 32},
}


def encoder_files(lines: Sequence[str], model_type: str, vocab_size: int) -> dict[str, str]:
    """The files of the tokenizer. `lines` are lower-cased, and count a second time with capitals: it is a cased one."""
    cased = [*lines, *(line.title() for line in lines)]
    return (roberta_tokenizer if model_type == "roberta" else gemma_tokenizer)(cased, vocab_size)


def save_encoder(folder: Path, settings: EncoderSettings, vocab_size: int) -> None:
    """config.json and model.safetensors of a masked language model with random weights, the same for the same seed.

    Their deviation suits the width: at BERT's, a tiny model hardly learns in a few epochs.
    """
    import torch
    from transformers import AutoConfig, AutoModelForMaskedLM

    shape = settings.architecture.model_dump(exclude={"embedding_size", "dropout"})
    config = AutoConfig.for_model(**shape, **DETAILS[settings.architecture.model_type], vocab_size=vocab_size)
    torch.manual_seed(settings.seed)
    model = AutoModelForMaskedLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim > 1:
                parameter.mul_((BERT_WIDTH / config.hidden_size) ** 0.5)
    model.save_pretrained(folder)


def roberta_tokenizer(lines: Iterable[str], vocab_size: int) -> dict[str, str]:
    """vocab.json and merges.txt, with the ids of RoBERTa-BNE: <s> 0, <pad> 1, </s> 2, <unk> 3, <mask> 4."""
    from tokenizers.pre_tokenizers import ByteLevel

    split = ByteLevel(add_prefix_space=False)
    counts = Counter(word for line in lines for word, _ in split.pre_tokenize_str(line))
    vocabulary, merges = _train_bpe(counts, [*ROBERTA_TOKENS, *sorted(ByteLevel.alphabet())], vocab_size)
    pairs = "".join(f"{first} {second}\n" for first, second in merges)
    return {"vocab.json": _json(vocabulary), "merges.txt": f"#version: 0.2\n{pairs}"}


def gemma_tokenizer(lines: Iterable[str], vocab_size: int) -> dict[str, str]:
    """tokenizer.json: spaces are part of the words after them, and what has no piece is bytes.

    Ids as in mmBERT: <pad> 0, <eos> 1, <bos> 2, <unk> 3, <mask> 4. A text is <bos> text <eos>.
    """
    counts = Counter(word for line in lines for word in GEMMA_WORDS.findall(line.replace(" ", SPACE)))
    alphabet = sorted({character for word in counts for character in word})
    beginning = [*GEMMA_TOKENS, *(f"<0x{byte:02X}>" for byte in range(256)), *alphabet]
    vocabulary, merges = _train_bpe(counts, beginning, vocab_size)
    start, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("<bos>", "<eos>"))
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {"id": number, "content": token, "special": True}
            | dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
            for number, token in enumerate(GEMMA_TOKENS)
        ],
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
        "pre_tokenizer": {
            "type": "Split",
            "pattern": {"String": " "},
            "behavior": "MergedWithPrevious",
            "invert": False,
        },
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, first, end],
            "pair": [start, first, end, second, end],
            "special_tokens": {
                token: {"id": token, "ids": [vocabulary[token]], "tokens": [token]} for token in ("<bos>", "<eos>")
            },
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
            ],
        },
        "model": {"type": "BPE", "unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True}
        | {"vocab": vocabulary, "merges": [list(pair) for pair in merges]},
    }
    declared = {f"{name}_token": f"<{name}>" for name in ("bos", "eos", "pad", "unk", "mask")}
    declared |= {"tokenizer_class": "PreTrainedTokenizerFast", "cls_token": "<bos>", "sep_token": "<eos>"}
    return {"tokenizer.json": _json(content), "tokenizer_config.json": _json(declared)}


def _train_bpe(counts: Counter[str], beginning: Sequence[str], vocab_size: int) -> tuple[dict[str, int], list[Pair]]:
    """The pieces with their ids, which start with those of the `beginning`, and the merges, best first."""
    words = sorted(counts)
    vocabulary = dict.fromkeys(beginning)
    merges = merge([list(word) for word in words], [counts[word] for word in words], vocabulary, vocab_size, prefix="")
    return {piece: number for number, piece in enumerate(vocabulary)}, merges


def _json(content: Mapping[str, Any]) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
