"""Read a published tokenizer as the content of a tokenizer.json, with what the files beside it say."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from distilbeto.errors import UserError
from distilbeto.sources.git_lfs import assert_no_pointer
from distilbeto.storage.files import read_json
from distilbeto.tokenizer.added_tokens import with_added_tokens
from distilbeto.tokenizer.sentencepiece_models import read_albert, read_deberta, read_xlm_roberta

if TYPE_CHECKING:
    from tokenizers import Tokenizer

NORMALIZER_SETTINGS = {
    "do_lower_case": "lowercase",
    "strip_accents": "strip_accents",
    "tokenize_chinese_chars": "handle_chinese_chars",
}


class Published(NamedTuple):
    """The content of a tokenizer.json, what was passed over when it was read, by kind, and what lies beside it.

    declared: the entries of tokenizer_config.json and special_tokens_map.json; of config.json under `config`, and of
        added_tokens.json under `added_tokens`.
    """

    content: dict[str, Any]
    repairs: dict[str, int]
    declared: Mapping[str, Any]


def read_tokenizer(folder: Path) -> Published:
    """The content of the tokenizer.json of `folder`, or of one that is equivalent to the vocabulary of a tokenizer.

    `spiece.model` is an ALBERT's, `vocab.json` with `merges.txt` a RoBERTa's, `sentencepiece.bpe.model` an XLM-R's,
    `spm.model` a DeBERTa's of version 2 or 3.

    Raises:
        UserError: the folder holds none of these, or a damaged one.
    """
    declared = _declared(folder)
    readers = {
        "tokenizer.json": _read_json,
        "vocab.txt": _read_wordpiece,
        "spiece.model": read_albert,
        "vocab.json": _read_byte_level,
        "sentencepiece.bpe.model": read_xlm_roberta,
        "spm.model": read_deberta,
    }
    for name, read in readers.items():
        if (folder / name).is_file():
            assert_no_pointer(folder / name)
            content = read(folder / name, declared)
            repairs = content.pop("repairs", {})
            whole = with_added_tokens(content, declared, folder)
            return Published(_as_configured(whole, declared), repairs, declared)
    *names, last = readers
    raise UserError(
        f"no tokenizer in this folder: expected {', '.join(names)} or {last}",
        where=folder,
        remedy="Check the `files` of the tokenizer's source in config.yaml.",
    )


def build(content: Mapping[str, Any], where: Path) -> "Tokenizer":
    """The tokenizer of a tokenizer.json.

    Raises:
        UserError: the tokenizers library refuses it.
    """
    from tokenizers import Tokenizer

    try:
        return Tokenizer.from_str(json.dumps(content))
    except Exception as error:  # tokenizers raises bare Exceptions
        raise UserError(f"the tokenizers library refuses this tokenizer: {error}", where=where) from None


def _declared(folder: Path) -> dict[str, Any]:
    beside = _entries(folder / "special_tokens_map.json") | _entries(folder / "tokenizer_config.json")
    added = _entries(folder / "added_tokens.json")
    return beside | {"config": _entries(folder / "config.json"), "added_tokens": added}


def _entries(path: Path) -> dict[str, Any]:
    """What a file says, if it is there.

    Raises:
        UserError: it holds something else than entries.
    """
    content = read_json(path) if path.is_file() else {}
    if not isinstance(content, dict):
        raise UserError("expected entries, {...}", where=path, remedy="Correct the file, or delete it.")
    return content


def _as_configured(content: dict[str, Any], declared: Mapping[str, Any]) -> dict[str, Any]:
    """`content` with what tokenizer_config.json sets of WordPiece's normalizer and of byte-level words, as transformers
    has it: the settings beside a tokenizer.json go before it."""
    own = content.get("normalizer")
    if own and own["type"] == "BertNormalizer":
        set_beside = {ours: declared[theirs] for theirs, ours in NORMALIZER_SETTINGS.items() if theirs in declared}
        content = content | {"normalizer": own | set_beside}
    words = content.get("pre_tokenizer")
    if words and words["type"] == "ByteLevel" and isinstance(declared.get("add_prefix_space"), bool):
        content = content | {"pre_tokenizer": words | {"add_prefix_space": declared["add_prefix_space"]}}
    return content


def _read_json(path: Path, _: Mapping[str, Any]) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("model"), dict):
        raise UserError("not a tokenizer.json: it has no `model`", where=path)
    return content


def _read_wordpiece(path: Path, _: Mapping[str, Any]) -> dict[str, Any]:
    """BERT's vocab.txt: one piece a line, its id is the line number from 0. Words over 100 characters are UNK."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers

    vocabulary, repairs = _vocabulary(path)
    tokenizer = Tokenizer(models.WordPiece(vocabulary, max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(strip_accents=None, lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    return {**json.loads(tokenizer.to_str()), "repairs": repairs}


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


def _read_byte_level(path: Path, declared: Mapping[str, Any]) -> dict[str, Any]:
    """RoBERTa's vocab.json and merges.txt."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors

    merges = path.with_name("merges.txt")
    if not merges.is_file():
        raise UserError("there is no merges.txt beside it", where=path, remedy="Add it to the `files` of the source.")
    try:
        model = models.BPE.from_file(str(path), str(merges))
    except Exception as error:  # tokenizers raises bare Exceptions
        raise UserError(f"not a byte-pair encoding: {error}", where=path) from None
    tokenizer = Tokenizer(model)
    prefix = bool(declared.get("add_prefix_space", False))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    cls, sep, mask = (tokenizer.token_to_id(token) for token in ("<s>", "</s>", "<mask>"))
    if cls is not None and sep is not None:
        tokenizer.post_processor = processors.RobertaProcessing(("</s>", sep), ("<s>", cls), True, prefix)
    content: dict[str, Any] = json.loads(tokenizer.to_str())
    if mask is not None:  # takes the space before it, as RoBERTa was trained
        flags = {"single_word": False, "lstrip": True, "rstrip": False, "normalized": False, "special": True}
        content["added_tokens"].append({"id": mask, "content": "<mask>", **flags})
    return content
