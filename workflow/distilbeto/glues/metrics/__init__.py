"""Metrics of the tasks, all in percent, and the scoring of prediction files."""
