"""What a job takes of energy, recorded beside its log. It watches and changes nothing, so that no digest covers it.

docs/results.md says what is counted, and why codecarbon does not do it.
"""
