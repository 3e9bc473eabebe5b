"""How far a run is, from its results and logs."""
