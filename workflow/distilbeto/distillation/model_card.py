"""The model card of a student: what it is, how it was trained, how well it predicts."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

CARD = """---
language: es
library_name: transformers
pipeline_tag: fill-mask
tags:
- {kind}
---

# {model}

A Spanish masked language model ({architecture}), {training}, at step {step} of {steps}.

```python
from transformers import pipeline

fill_mask = pipeline("fill-mask", model="path/to/{model}")
fill_mask(f"el niño come {{fill_mask.tokenizer.mask_token}} .")
```

## Validation

{sequences} held-out sequences of the corpus, masked as in training: losses a token, and the share of the masked tokens
that is predicted right.

{table}

## Training

Corpus `{corpus}`, tokenizer `{tokenizer}`, {device}, {hours:.2f} hours, revision `{revision}`.

```json
{settings}
```
"""


def model_card(model: str, settings: Mapping[str, Any], step: int, segments: Sequence[Mapping[str, Any]]) -> str:
    """A card in Markdown. `segments`: the last line of each segment's metrics, in order."""
    architecture, last = settings["architecture"], segments[-1]["provenance"]
    teacher = settings["teacher"]
    return CARD.format(
        kind="distillation" if teacher else "masked-lm",
        model=model,
        architecture=f"{architecture['model_type']}, {architecture['num_hidden_layers']} layers",
        training=f"distilled from {teacher}" if teacher else "pre-trained",
        step=step,
        steps=settings["steps"],
        sequences=settings["validation_sequences"],
        table=_table(segments),
        corpus=settings["corpus"],
        tokenizer=settings["tokenizer"],
        device=last["device"],
        hours=sum(segment["provenance"]["wall_seconds"] for segment in segments) / 3600,
        revision=last["git_revision"],
        settings=json.dumps(settings, indent=2, ensure_ascii=False),
    )


def _table(segments: Sequence[Mapping[str, Any]]) -> str:
    """The student at its last step, and its teacher where it was measured."""
    rows = {"student": segments[-1].get("validation", {})}
    if "teacher_validation" in segments[0]:
        rows["teacher"] = segments[0]["teacher_validation"]
    names = [name for name in rows["student"] if name != "targets"]
    if not names:
        return "Not measured."
    lines = [f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for role, values in rows.items():
        cells = (f"{values[name]:.4f}" if name in values else "" for name in names)
        lines.append(f"| {role} | {' | '.join(cells)} |")
    return "\n".join(lines)
