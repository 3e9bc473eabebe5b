"""The tasks of GLUES: their data, features and metrics."""
