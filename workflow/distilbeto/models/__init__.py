"""Fetch, convert, build and export models."""
