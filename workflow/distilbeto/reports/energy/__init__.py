"""What a run cost: the energy of its jobs by stage, and its CO2, beside the thesis's Table 3.2."""
