"""Small Spanish data and models that the project makes itself, for the demonstration."""
