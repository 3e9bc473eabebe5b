"""What a run says while it trains."""

import logging
import math
import time
from typing import Any

from transformers import TrainerCallback, TrainerState, TrainingArguments

from distilbeto.errors import UserError
from distilbeto.progress import SECONDS_BETWEEN_LINES


class RunLog(TrainerCallback):  # type: ignore[misc]
    """Logs epochs, and a line a minute between; stops at a loss that is no number; adds up seconds over restarts."""

    def __init__(self) -> None:
        self.earlier = 0.0
        self.first_step = 0
        self.began = self.last_line = time.monotonic()

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: Any, **_: Any) -> None:
        self.earlier = max((entry["train_seconds"] for entry in state.log_history), default=0.0)
        self.first_step = state.global_step

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: Any, **_: Any) -> None:
        now = time.monotonic()
        if now - self.last_line >= SECONDS_BETWEEN_LINES:
            self.last_line, rate = now, (state.global_step - self.first_step) / (now - self.began)
            left = (state.max_steps - state.global_step) / rate
            logging.info("step %d of %d, %.2f a second, %.0f s left", state.global_step, state.max_steps, rate, left)

    def on_log(self, args: TrainingArguments, state: TrainerState, control: Any, **_: Any) -> None:
        entry = state.log_history[-1]
        entry["train_seconds"] = self.earlier + time.monotonic() - self.began
        for name, words in (("loss", "training loss"), ("eval_loss", "validation loss")):
            if name in entry:
                logging.info("epoch %.0f of %d: %s %.4f", entry["epoch"], state.num_train_epochs, words, entry[name])
                _refuse_nan(entry[name], words, entry["epoch"])


def _refuse_nan(loss: float, words: str, epoch: float) -> None:
    if not math.isfinite(loss):
        raise UserError(
            f"the {words} of epoch {epoch:.0f} is {loss}",
            remedy="Lower learning_rate of the run, or set precision: fp32.",
        )
