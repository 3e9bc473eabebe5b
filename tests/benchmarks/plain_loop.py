"""A training loop written plainly, in the way of DistilBERT's published code: what this project's is measured against.

https://github.com/huggingface/transformers-research-projects/tree/main/distillation
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional
from transformers import PreTrainedModel

from distilbeto.corpus.shards import ShardSet, sequences
from distilbeto.distillation.masking import IGNORED
from distilbeto.distillation.settings import TrainingSettings
from distilbeto.tokenizer import LoadedTokenizer

BATCH, BIN = 16, 4


class Plain(NamedTuple):
    """groups: the sequences' numbers in the corpus, micro-batch by micro-batch; weights [vocab_size]: of a target."""

    settings: TrainingSettings
    student: PreTrainedModel
    teacher: PreTrainedModel
    tokenizer: LoadedTokenizer
    shard_set: ShardSet
    groups: Sequence[NDArray[np.int64]]
    weights: torch.Tensor


def groups_of_like_length(lengths: NDArray[Any], size: int) -> list[NDArray[np.int64]]:
    """A step: of all groups of 16 sequences whose lengths fall into one bin, in random order, up to `size`."""
    generator = np.random.default_rng(0)
    waiting: dict[int, list[int]] = {}
    full = []
    for number in generator.permutation(lengths.size):
        members = waiting.setdefault(int(lengths[number]) // BIN, [])
        members.append(int(number))
        if len(members) == BATCH:
            full.append(np.array(members))
            members.clear()
    return [full[place] for place in generator.permutation(len(full))[: size // BATCH]]


def plain_steps(plain: Plain, autocast: torch.dtype | None) -> Callable[[], float]:
    """The loop, a step at a call; each returns its tokens a second."""
    student, device = plain.student, plain.student.device
    optimizer = torch.optim.AdamW(student.parameters(), lr=1e-4, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.0)

    def step() -> float:
        began, tokens = time.perf_counter(), 0
        student.train()
        for numbers in plain.groups:
            input_ids, attention_mask, labels = masked_batch(plain, sequences(plain.shard_set, numbers))
            read = int(attention_mask.sum())
            input_ids, attention_mask, labels = (each.to(device) for each in (input_ids, attention_mask, labels))
            with torch.autocast(device.type, autocast, enabled=autocast is not None):
                loss = loss_of(plain, input_ids, attention_mask, labels) / len(plain.groups)
            loss.backward()
            tokens += read
        torch.nn.utils.clip_grad_norm_(student.parameters(), plain.settings.optimizer.max_grad_norm)
        optimizer.step()
        optimizer.zero_grad()
        if device.type == "cuda":
            torch.cuda.synchronize()
        return tokens / (time.perf_counter() - began)

    return step


def masked_batch(plain: Plain, read: Sequence[NDArray[Any]]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pad, draw 15 % of the batch's tokens as targets in proportion to their weights, replace 80 % and 10 % of them."""
    tokenizer, masking = plain.tokenizer, plain.settings.masking
    lengths = torch.tensor([len(row) for row in read])
    input_ids = torch.full((len(read), int(lengths.max())), tokenizer.pad)
    for row, tokens in enumerate(read):
        input_ids[row, : len(tokens)] = torch.from_numpy(tokens.astype(np.int64))
    attention_mask = (input_ids != tokenizer.pad).long()
    targets = torch.zeros(input_ids.numel(), dtype=torch.bool)
    count = int(torch.ceil(masking.mlm_probability * lengths.sum()))
    targets[torch.multinomial(plain.weights[input_ids].flatten(), count)] = True
    targets = targets.view_as(input_ids)
    labels = input_ids.masked_fill(~targets, IGNORED)
    fate, random_ids = torch.rand(input_ids.shape), torch.randint(tokenizer.vocab_size, input_ids.shape)
    input_ids = torch.where(
        targets & (fate < masking.mask_replace_prob + masking.random_replace_prob), random_ids, input_ids
    )
    return input_ids.masked_fill(targets & (fate < masking.mask_replace_prob), tokenizer.mask), attention_mask, labels


def loss_of(plain: Plain, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """5 KL T^2 + 2 MLM + cosine, of models that give the logits of all tokens."""
    losses, inputs = plain.settings.losses, {"input_ids": input_ids, "attention_mask": attention_mask}
    said = plain.student(**inputs, output_hidden_states=True)
    with torch.no_grad():
        taught = plain.teacher(**inputs, output_hidden_states=True)
    real = attention_mask.bool()
    chosen = labels != IGNORED if losses.loss_tokens == "masked" else real
    student, teacher = (output.logits[chosen] / losses.temperature for output in (said, taught))
    kl = functional.kl_div(student.log_softmax(-1), teacher.softmax(-1), reduction="batchmean")
    mlm = functional.cross_entropy(said.logits.flatten(0, 1), labels.flatten(), ignore_index=IGNORED)
    cosine = 1 - functional.cosine_similarity(said.hidden_states[-1][real], taught.hidden_states[-1][real]).mean()
    return losses.alpha_ce * kl * losses.temperature**2 + losses.alpha_mlm * mlm + losses.alpha_cos * cosine
