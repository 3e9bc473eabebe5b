"""The two tokenizers of the miniature, trained on its corpus: WordPiece for BETO, SentencePiece for s-ALBERT."""

import io
from collections.abc import Sequence

from distilbeto.miniature.wordpiece import train_wordpiece


def beto_vocabulary(lines: Sequence[str], vocab_size: int) -> str:
    """vocab.txt, with the ids of BETO: [MASK] 0, [PAD] 1, [EOS] 2, [UNK] 3, [CLS] 4, [SEP] 5."""
    return "".join(f"{piece}\n" for piece in train_wordpiece(lines, vocab_size))


def albert_model(lines: Sequence[str], vocab_size: int) -> bytes:
    """spiece.model, a byte-pair encoding with the ids of s-ALBERT: <pad> 0, <unk> 1, [CLS] 2, [SEP] 3, [MASK] 4.

    One thread and no sampling: the same bytes each time.
    """
    from sentencepiece import SentencePieceTrainer

    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(lines),
        model_writer=model,
        model_type="bpe",
        vocab_size=vocab_size,
        hard_vocab_limit=False,
        character_coverage=1.0,
        pad_id=0,
        unk_id=1,
        bos_id=-1,
        eos_id=-1,
        control_symbols=["[CLS]", "[SEP]", "[MASK]"],
        shuffle_input_sentence=False,
        num_threads=1,
        minloglevel=2,
    )
    return model.getvalue()
