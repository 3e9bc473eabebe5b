"""Models of SentencePiece as the content of a tokenizer.json, each with the ids and rules of the encoder it is of.

They are read as SentencePiece reads them, not as a version of transformers does: AlbertTokenizer of transformers 5
takes s-ALBERT's BPE for unigram, and its DebertaV2Tokenizer leaves the character map out.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from distilbeto.errors import UserError

ADDED_TOKEN = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
FAIRSEQ = ("<s>", "<pad>", "</s>", "<unk>")


def read_albert(path: Path, declared: Mapping[str, Any]) -> dict[str, Any]:
    """ALBERT's spiece.model, BPE or unigram, with ALBERT's quotation marks."""
    from tokenizers import Regex, normalizers, pre_tokenizers

    proto = _model_in(path)
    steps: list[Any] = [normalizers.Replace("``", '"'), normalizers.Replace("''", '"')]
    if not declared.get("keep_accents", False):
        steps += [normalizers.NFKD(), normalizers.StripAccents()]
    if declared.get("do_lower_case", True):
        steps.append(normalizers.Lowercase())
    steps += [*_character_map(proto), normalizers.Strip(), normalizers.Replace(Regex(" {2,}"), " ")]
    return _content(proto, _model_of(proto, _pieces(proto), path), steps, [pre_tokenizers.Metaspace()])


def read_xlm_roberta(path: Path, _: Mapping[str, Any]) -> dict[str, Any]:
    """XLM-R's sentencepiece.bpe.model, unigram in spite of its name, with the ids of fairseq.

    SentencePiece numbers <unk> 0, <s> 1, </s> 2; here <s> is 0, <pad> 1, </s> 2, <unk> 3, and <mask> comes last.
    """
    from tokenizers import pre_tokenizers

    proto = _model_in(path)
    pieces = [*((token, 0.0) for token in FAIRSEQ), *_pieces(proto)[3:], ("<mask>", 0.0)]
    words = [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    model = _model_of(proto, pieces, path, unk_id=FAIRSEQ.index("<unk>"))
    content = _content(proto, model, _character_map(proto), words)
    tokens = {token: number for number, token in enumerate(FAIRSEQ)} | {"<mask>": len(pieces) - 1}
    content["added_tokens"] = [
        ADDED_TOKEN | {"id": number, "content": token, "special": True, "lstrip": token == "<mask>"}
        for token, number in tokens.items()
    ]
    content["post_processor"] = {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0]}
    content["post_processor"] |= {"trim_offsets": False, "add_prefix_space": False}
    return content


def read_deberta(path: Path, declared: Mapping[str, Any]) -> dict[str, Any]:
    """The spm.model of DeBERTa, version 2 or 3, and of mDeBERTa; [MASK] comes last, where it is no piece."""
    from tokenizers import Regex, normalizers, pre_tokenizers

    proto = _model_in(path)
    steps: list[Any] = [normalizers.Lowercase()] if declared.get("do_lower_case", False) else []
    steps += [normalizers.Strip(), *_character_map(proto), normalizers.Replace(Regex(" {2,}"), " ")]
    pieces = _pieces(proto)
    words: list[Any] = [pre_tokenizers.Metaspace()]
    if declared.get("split_by_punct", False):
        words.insert(0, pre_tokenizers.Punctuation(behavior="isolated"))
    content = _content(proto, _model_of(proto, pieces, path), steps, words)
    if "[MASK]" not in dict(pieces):
        content["added_tokens"].append(ADDED_TOKEN | {"id": len(pieces), "content": "[MASK]", "special": True})
    return content


def _model_in(path: Path) -> Any:
    from google.protobuf.message import DecodeError
    from sentencepiece import sentencepiece_model_pb2

    proto = sentencepiece_model_pb2.ModelProto()
    try:
        proto.ParseFromString(path.read_bytes())
    except DecodeError:
        raise UserError("not a SentencePiece model", where=path) from None
    return proto


def _pieces(proto: Any) -> list[tuple[str, float]]:
    return [(piece.piece, piece.score) for piece in proto.pieces]


def _character_map(proto: Any) -> list[Any]:
    """The normalization that the model carries, such as NFKC; none where its texts stay as they are."""
    from tokenizers import normalizers

    found = proto.normalizer_spec.precompiled_charsmap
    return [normalizers.Precompiled(found)] if found else []


def _content(proto: Any, model: Any, steps: Sequence[Any], words: Sequence[Any]) -> dict[str, Any]:
    """`steps` of the normalizer, `words` of the pre_tokenizer. Control symbols are special tokens, and symbols that its
    makers defined are found in a text before anything else."""
    from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers

    tokenizer = Tokenizer(model)
    tokenizer.normalizer = normalizers.Sequence(list(steps))
    tokenizer.pre_tokenizer = words[0] if len(words) == 1 else pre_tokenizers.Sequence(list(words))
    tokenizer.decoder = decoders.Metaspace()
    content: dict[str, Any] = json.loads(tokenizer.to_str())
    content["added_tokens"] = [
        ADDED_TOKEN | {"id": number, "content": piece.piece, "special": piece.type != piece.USER_DEFINED}
        for number, piece in enumerate(proto.pieces)
        if piece.type in (piece.CONTROL, piece.UNKNOWN, piece.USER_DEFINED)
    ]
    return content


def _model_of(proto: Any, pieces: list[tuple[str, float]], path: Path, unk_id: int | None = None) -> Any:
    from tokenizers import models

    spec = proto.trainer_spec
    if spec.model_type == spec.UNIGRAM:
        return models.Unigram(pieces, spec.unk_id if unk_id is None else unk_id, spec.byte_fallback)
    if spec.model_type == spec.BPE:
        vocabulary = {piece: number for number, (piece, _) in enumerate(pieces)}
        merges = _merges([(piece.piece, piece.score) for piece in proto.pieces if piece.type == piece.NORMAL])
        return models.BPE(vocabulary, merges, unk_token=spec.unk_piece, fuse_unk=True, byte_fallback=spec.byte_fallback)
    raise UserError("a SentencePiece model that is neither BPE nor unigram", where=path)


def _merges(pieces: list[tuple[str, float]]) -> list[tuple[str, str]]:
    """The pairs of pieces that merge to a piece, best score of the result first, as SentencePiece merges them."""
    known = {piece for piece, _ in pieces}
    best_first = sorted(pieces, key=lambda entry: -entry[1])
    splits = ((piece[:cut], piece[cut:]) for piece, _ in best_first for cut in range(1, len(piece)))
    return [pair for pair in splits if known.issuperset(pair)]
