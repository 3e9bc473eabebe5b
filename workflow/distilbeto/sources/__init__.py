"""Fetch data and weights from the web, the Hub or a local path."""
