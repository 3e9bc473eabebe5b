"""Tokenizers of each kind of today's encoders, made on a text and saved as transformers' own classes save them."""

import io
import json
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoTokenizer, GemmaTokenizer, PreTrainedTokenizerFast, RobertaTokenizer

# Of Llama 3: words with what stands before them, up to three digits, punctuation, line breaks, spaces.
WORD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+"
LLAMA = WORD + r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
Maker = Callable[[Path, Sequence[str], int], Any]


def roberta(folder: Path, texts: Sequence[str], size: int) -> Any:
    """Byte-level BPE: <s> 0, <pad> 1, </s> 2, <unk> 3, <mask> last, as fairseq numbers them."""
    bpe = _byte_level_bpe(texts, size, pre_tokenizers.ByteLevel(add_prefix_space=False))
    vocabulary, merges = bpe["model"]["vocab"], [tuple(merge) for merge in bpe["model"]["merges"]]
    first = {token: number for number, token in enumerate(("<s>", "<pad>", "</s>", "<unk>"))}
    shifted = first | {piece: number + len(first) for piece, number in vocabulary.items()}
    shifted["<mask>"] = len(shifted)
    RobertaTokenizer(vocab=shifted, merges=merges).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def roberta_files(folder: Path, texts: Sequence[str], size: int) -> Any:
    """The same as vocab.json and merges.txt, as older ones were published."""
    roberta(folder / "json", texts, size)
    model = json.loads((folder / "json" / "tokenizer.json").read_text())["model"]
    (folder / "vocab.json").write_text(json.dumps(model["vocab"]), encoding="utf-8")
    merges = "".join(f"{' '.join(merge)}\n" for merge in model["merges"])
    (folder / "merges.txt").write_text(f"#version: 0.2\n{merges}", encoding="utf-8")
    shutil.rmtree(folder / "json")
    return RobertaTokenizer.from_pretrained(folder)


def xlm_roberta(folder: Path, texts: Sequence[str], size: int) -> Any:
    """sentencepiece.bpe.model alone, which transformers numbers as fairseq does."""
    from transformers import XLMRobertaTokenizer

    _sentencepiece(folder / "sentencepiece.bpe.model", texts, size)
    return XLMRobertaTokenizer.from_pretrained(folder)


def xlm_roberta_json(folder: Path, texts: Sequence[str], size: int) -> Any:
    xlm_roberta(folder, texts, size).save_pretrained(folder)
    (folder / "sentencepiece.bpe.model").unlink()
    return AutoTokenizer.from_pretrained(folder)


def deberta(folder: Path, texts: Sequence[str], size: int) -> Any:
    """tokenizer.json as transformers makes it of mDeBERTa's spm.model: [MASK] is no piece, and comes last."""
    from transformers import DebertaV2Tokenizer

    names = {"pad_piece": "[PAD]", "bos_piece": "[CLS]", "eos_piece": "[SEP]", "unk_piece": "[UNK]"}
    _sentencepiece(folder / "spm.model", texts, size, pad_id=0, bos_id=1, eos_id=2, unk_id=3, **names)
    DebertaV2Tokenizer.from_pretrained(folder).save_pretrained(folder)
    (folder / "spm.model").unlink()
    return AutoTokenizer.from_pretrained(folder)


def gemma(folder: Path, texts: Sequence[str], size: int) -> Any:
    """Gemma's BPE of whole lines with bytes for what has no piece: <pad> 0, <eos> 1, <bos> 2, <unk> 3, <mask> 4."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", *(f"<0x{byte:02X}>" for byte in range(256))]
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")  # or pieces would span words
    trainer = trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, show_progress=False, initial_alphabet=["\n"], limit_alphabet=120
    )
    tokenizer.train_from_iterator(texts, trainer)
    model = json.loads(tokenizer.to_str())["model"]
    merges = [tuple(merge) for merge in model["merges"]]
    GemmaTokenizer(vocab=model["vocab"], merges=merges, add_bos_token=True, add_eos_token=True).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def eurobert(folder: Path, texts: Sequence[str], size: int) -> Any:
    """Byte-level BPE in Llama 3's form: no UNK, no CLS and SEP, the token that ends a text pads."""
    split = pre_tokenizers.Split(Regex(LLAMA), "isolated")
    steps = pre_tokenizers.Sequence([split, pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    content = _byte_level_bpe(texts, size, steps)
    content["model"] |= {"ignore_merges": True}
    tokenizer = Tokenizer.from_str(json.dumps(content))
    names = ["<|begin_of_text|>", "<|end_of_text|>", "<|mask|>"]
    tokenizer.add_special_tokens(names)
    ids = [(name, tokenizer.token_to_id(name)) for name in names[:2]]
    template = processors.TemplateProcessing(
        single=f"{names[0]} $A {names[1]}", pair=f"{names[0]} $A {names[1]} $B:1 {names[1]}:1", special_tokens=ids
    )
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=True), template])
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=names[0], eos_token=names[1], pad_token=names[1], mask_token=names[2]
    ).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


def modernbert(folder: Path, texts: Sequence[str], size: int) -> Any:
    """Byte-level BPE with BERT's special tokens, NFC, and runs of spaces as tokens of their own."""
    content = _byte_level_bpe(texts, size, pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer = Tokenizer.from_str(json.dumps(content | {"normalizer": {"type": "NFC"}}))
    names = ["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"]
    tokenizer.add_tokens(["  ", "   "])
    tokenizer.add_special_tokens(names)
    ids = [(name, tokenizer.token_to_id(name)) for name in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B [SEP]", special_tokens=ids
    )
    roles = dict(zip(("unk_token", "cls_token", "sep_token", "pad_token", "mask_token"), names, strict=True))
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **roles).save_pretrained(folder)
    return AutoTokenizer.from_pretrained(folder)


MAKERS: dict[str, Maker] = {
    maker.__name__: maker
    for maker in (roberta, roberta_files, xlm_roberta, xlm_roberta_json, deberta, gemma, eurobert, modernbert)
}


def _byte_level_bpe(texts: Iterable[str], size: int, words: Any) -> dict[str, Any]:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = words
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    content: dict[str, Any] = json.loads(tokenizer.to_str())
    return content


def _sentencepiece(path: Path, texts: Iterable[str], size: int, **settings: Any) -> None:
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        model_type="unigram",
        vocab_size=size,
        hard_vocab_limit=False,
        max_sentence_length=20000,
        num_threads=1,
        minloglevel=2,
        **settings,
    )
    path.write_bytes(model.getvalue())
