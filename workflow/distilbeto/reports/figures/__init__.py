"""Figures of a corpus and of a training, and a training's history for TensorBoard. No stage reads what they make."""
