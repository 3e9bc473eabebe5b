"""Train a model on a task, and predict with it."""
