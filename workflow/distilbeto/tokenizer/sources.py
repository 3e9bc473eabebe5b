"""Read tokenizer.json, vocab.txt or spiece.model as the content of a tokenizer.json."""

import json
from pathlib import Path
from typing import Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.storage.files import read_json


class Published(NamedTuple):
    """The content of a tokenizer.json, and what was passed over when it was read, by kind."""

    content: dict[str, Any]
    repairs: dict[str, int]


def read_tokenizer(folder: Path) -> Published:
    """The content of the tokenizer.json of `folder`, or of one that is equivalent to its vocab.txt or spiece.model.

    Raises:
        UserError: the folder holds none of the three, or a damaged one.
    """
    readers = {"tokenizer.json": _read_json, "vocab.txt": _read_wordpiece, "spiece.model": _read_sentencepiece}
    for name, read in readers.items():
        if (folder / name).is_file():
            return read(folder / name)
    raise UserError(
        "no tokenizer in this folder: expected tokenizer.json, vocab.txt or spiece.model",
        where=folder,
        remedy="Check the `files` of the tokenizer's source in config.yaml.",
    )


def _read_json(path: Path) -> Published:
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise UserError("not a tokenizer.json: it has no `model`", where=path)
    return Published(content, {})


def _read_wordpiece(path: Path) -> Published:
    """BERT's vocab.txt: one piece a line, its id is the line number from 0. Words over 100 characters are UNK."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    vocabulary, repairs = _vocabulary(path)
    tokenizer = Tokenizer(models.WordPiece(vocabulary, max_input_chars_per_word=100))
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return Published(_content(tokenizer.to_str()), repairs)


def _vocabulary(path: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Pieces and their ids; and how many lines gave none: of a piece on several lines the last one counts, as in
    transformers, and a blank line is no piece."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").removesuffix("\n").split("\n")
    except UnicodeDecodeError as error:
        raise UserError(f"not UTF-8 at byte {error.start}", where=path, remedy="Convert the file to UTF-8.") from None
    vocabulary = {piece.removesuffix("\r"): number for number, piece in enumerate(lines)}
    blank = sum(piece in ("", "\r") for piece in lines)
    vocabulary.pop("", None)
    repairs = {"repeated_lines": len(lines) - blank - len(vocabulary), "blank_lines": blank}
    return vocabulary, {kind: count for kind, count in repairs.items() if count}


def _read_sentencepiece(path: Path) -> Published:
    """ALBERT's spiece.model, BPE or unigram: the pieces of SentencePiece, with ALBERT's quotation marks.

    AlbertTokenizer of transformers 5 reads every model as unigram, and s-ALBERT's is BPE.
    """
    from google.protobuf.message import DecodeError
    from sentencepiece import sentencepiece_model_pb2
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers

    proto = sentencepiece_model_pb2.ModelProto()
    try:
        proto.ParseFromString(path.read_bytes())
    except DecodeError:
        raise UserError("not a SentencePiece model", where=path) from None
    tokenizer = Tokenizer(_sentencepiece_model(proto, path))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace("``", '"'),
            normalizers.Replace("''", '"'),
            normalizers.Precompiled(proto.normalizer_spec.precompiled_charsmap),
            normalizers.Strip(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    return Published(_content(tokenizer.to_str()), {})


def _sentencepiece_model(proto: Any, path: Path) -> Any:
    from tokenizers import models

    spec = proto.trainer_spec
    pieces = [(piece.piece, piece.score) for piece in proto.pieces]
    if spec.model_type == spec.UNIGRAM:
        return models.Unigram(pieces, spec.unk_id, spec.byte_fallback)
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


def _content(text: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(text)
    return content
