"""What a run says while it trains, and when it ends before its last epoch."""

import logging
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

from transformers import TrainerCallback, TrainerState, TrainingArguments

from distilbeto.errors import UserError
from distilbeto.job.progress import SECONDS_BETWEEN_LINES


def is_over(history: Sequence[Mapping[str, Any]], args: TrainingArguments, patience: int | None) -> bool:
    """Whether the last `patience` epochs were no better than the best before them.

    The log says it, in which an earlier process of a run that was killed also wrote.
    """
    values = [entry[args.metric_for_best_model] for entry in history if args.metric_for_best_model in entry]
    if patience is None or len(values) <= patience:
        return False
    best = max(values) if args.greater_is_better else min(values)
    return len(values) - 1 - values.index(best) >= patience


class Patience(TrainerCallback):  # type: ignore[misc]
    def __init__(self, patience: int | None) -> None:
        self.patience = patience

    def on_evaluate(self, args: TrainingArguments, state: TrainerState, control: Any, **_: Any) -> None:
        if is_over(state.log_history, args, self.patience):
            logging.info("no better epoch in the last %d", self.patience)
            control.should_training_stop = True


class RunLog(TrainerCallback):  # type: ignore[misc]
    """Logs epochs, and a line a minute between; ends at a loss that is no number; adds up seconds over restarts.

    `metric` is the metric that is logged. With `tolerant`, such a loss is no error but the last of the run.
    """

    def __init__(self, metric: str, *, tolerant: bool = False) -> None:
        self.metric, self.tolerant = f"eval_{metric}", tolerant
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
                name_of_metric = self.metric.removeprefix("eval_")
                score = f", {name_of_metric} {entry[self.metric]:.2f}" if self.metric in entry else ""
                where = f"epoch {entry['epoch']:.0f} of {state.num_train_epochs}"
                logging.info("%s: %s %.4f%s", where, words, entry[name], score)
                if not math.isfinite(entry[name]):
                    self._end(f"the {words} of epoch {entry['epoch']:.0f} is {entry[name]}", control)

    def _end(self, what: str, control: Any) -> None:
        if not self.tolerant:
            raise UserError(what, remedy="Lower learning_rate of the run, or set precision: fp32.")
        control.should_training_stop = True
