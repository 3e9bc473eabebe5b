"""From scores and times to the tables of the thesis."""
