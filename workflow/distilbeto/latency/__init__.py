"""How fast a model is on the CPU."""
