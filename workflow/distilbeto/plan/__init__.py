"""What the Snakefile needs to plan.

The configuration and its checks, the runs that follow, what each job asks for, what has changed since results were
made, and where they lie.
"""
