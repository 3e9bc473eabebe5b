"""The model card of a student: what it is, how it was trained and on what, how well it predicts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from distilbeto.models.families import max_tokens
from distilbeto.models.settings import Architecture

CARD = """---
language: es
library_name: transformers
# license: what those of the corpus and of the teacher allow
pipeline_tag: fill-mask
tags:
- {kind}
---

# {model}

A Spanish masked language model ({architecture}), {training}, at step {step:,} of {steps:,}. Its
tokenizer {normalization}.

```python
from transformers import pipeline

fill_mask = pipeline("fill-mask", model="path/to/{model}")
fill_mask(f"el niño come {{fill_mask.tokenizer.mask_token}} .")
```

## Use and limits

For fine-tuning on Spanish text of at most {max_length} tokens: classification of texts and of tokens, extractive
question answering. It fills masks; it does not write text. What its corpus{and_teacher} says of people it may have
learned; nobody examined that.

## Results

{sequences:,} sequences of the corpus were held out of training, and masked as in training. `accuracy` is the share of
their masked tokens that is predicted right; losses are means over tokens, `loss` is their weighted sum.

{table}

## Data

Corpus `{corpus}` (shards {shards}), tokenizer `{tokenizer}` ({tokenizer_print}){teacher_print}.
Trained on {seen:,} sequences, {tokens:,} tokens without padding.

## Training

{recipe}

{hours:.2f} hours, validation included, on {devices}, at {speed:,.0f} tokens/s;
{versions}; revision `{revision}`.

```json
{settings}
```
"""


class Segment(NamedTuple):
    """The metrics of a segment: of each of its steps, and its closing line with validation, data and provenance."""

    steps: Sequence[Mapping[str, Any]]
    closing: Mapping[str, Any]


def model_card(
    model: str, settings: Mapping[str, Any], segments: Sequence[Segment], tokenizer: Mapping[str, Any]
) -> str:
    """A card in Markdown. `segments`: all of the training, in order; `tokenizer`: the manifest of the tokenizer."""
    closing, architecture = segments[-1].closing, settings["architecture"]
    origins = [segment.closing["provenance"] for segment in segments]
    steps = [step for segment in segments for step in segment.steps]
    data = closing["data"]
    tokens = sum(step["tokens"] for step in steps)
    return CARD.format(
        kind="distillation" if _is_distilled(settings) else "masked-lm",
        model=model,
        architecture=f"{architecture['model_type']}, {architecture['num_hidden_layers']} layers",
        training=_training(settings),
        step=closing["step"],
        steps=settings["steps"],
        normalization=_normalization(tokenizer),
        max_length=max_tokens(Architecture(**architecture)),
        and_teacher=" and its teacher's" if settings["teacher"] else "",
        recipe=_recipe(settings),
        sequences=settings["validation_sequences"],
        table=_table(segments),
        corpus=settings["corpus"],
        shards=data["shards"],
        tokenizer=settings["tokenizer"],
        tokenizer_print=data["tokenizer"],
        teacher_print=f", teacher's weights {data['teacher'][:16]}" if settings["teacher"] else "",
        seen=closing["step"] * settings["sequences_per_step"],
        tokens=tokens,
        hours=sum(origin["wall_seconds"] for origin in origins) / 3600,
        devices=", ".join(sorted(set(map(_device, origins)))),
        speed=tokens / sum(step["tokens"] / step["tokens_per_second"] for step in steps),
        versions=", ".join(f"{name} {version}" for name, version in origins[-1]["versions"].items()),
        revision=origins[-1]["git_revision"],
        settings=json.dumps(settings, indent=2, ensure_ascii=False),
    )


def _training(settings: Mapping[str, Any]) -> str:
    if settings["teacher"] is None:
        return "pre-trained"
    return f"{'distilled from' if _is_distilled(settings) else 'trained beside'} {settings['teacher']}"


def _recipe(settings: Mapping[str, Any]) -> str:
    """One sentence about the losses, one about the initial weights."""
    losses, layers = settings["losses"], settings["initialization"]["layers"]
    terms = {"KL divergence from the teacher": "alpha_ce", "masked language model": "alpha_mlm", "cosine": "alpha_cos"}
    weighted = [f"{losses[key]:g} x {term}" for term, key in terms.items() if losses[key] and settings["teacher"]]
    loss = " + ".join(weighted) or "that of the masked language model"
    if _is_distilled(settings):
        loss += f"; temperature {losses['temperature']:g}, on {losses['loss_tokens']} tokens"
    return f"Loss: {loss}. Start: {_start(layers) if settings['teacher'] and layers else 'random weights'}."


def _start(layers: Sequence[int] | str) -> str:
    if isinstance(layers, str):
        return f"layers of the teacher, chosen as `{layers}`"
    return f"layers {', '.join(map(str, layers))} of the teacher"


def _is_distilled(settings: Mapping[str, Any]) -> bool:
    losses = settings["losses"]
    return settings["teacher"] is not None and losses["alpha_ce"] + losses["alpha_cos"] > 0


def _normalization(tokenizer: Mapping[str, Any]) -> str:
    case = "lower-cases text" if tokenizer["lowercase"] else "keeps case"
    return f"{case} and {'strips' if tokenizer['strip_accents'] else 'keeps'} accents"


def _device(origin: Mapping[str, Any]) -> str:
    processes = origin.get("processes", 1)
    return f"{processes} x {origin['device']}" if processes > 1 else str(origin["device"])


def _table(segments: Sequence[Segment]) -> str:
    """A Markdown table: the student at its last step, and its teacher if it was evaluated."""
    rows = {"student": segments[-1].closing.get("validation", {})}
    if "teacher_validation" in segments[0].closing:
        rows["teacher"] = {
            name: value for name, value in segments[0].closing["teacher_validation"].items() if name != "loss"
        }
    names = [name for name in rows["student"] if name != "targets"]
    if not names:
        return "Not measured."
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for role, values in rows.items():
        cells = (f"{values[name]:.4f}" if name in values else "" for name in names)
        lines.append(f"| {role} | {' | '.join(cells)} |")
    if "teacher" in rows and rows["teacher"]["accuracy"]:
        kept = rows["student"]["accuracy"] / rows["teacher"]["accuracy"]
        lines += ["", f"The student keeps {100 * kept:.1f} % of its teacher's accuracy."]
    return "\n".join(lines)
