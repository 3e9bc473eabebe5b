"""What the Snakefile needs to plan: the configuration, its checks, the runs that follow, what each job asks for."""
