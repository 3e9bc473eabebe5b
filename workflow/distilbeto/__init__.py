"""Distil a small Spanish language model and compare it with its rivals on GLUES."""
