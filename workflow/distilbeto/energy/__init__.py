"""What a job takes of energy, recorded beside its log. It watches and changes nothing, so that no digest covers it."""
