PYTHON ?= $(shell command -v python3.11 || command -v python3)
# Of status, explain and accept: without it, the thesis's, or those of the demo where only these have been begun.
RESULTS ?= $(firstword $(patsubst %/last_run.json,%,$(wildcard results/last_run.json results/*/last_run.json)) results)
export RESULTS
# A file of your own, laid over the miniature: make demo OVERLAY=mine.yaml
OVERLAY ?=
export DISTILBETO_REAL_DATA ?= $(wildcard ../shared/data)
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.PHONY: env demo real status explain accept test gpu-test gpu-benchmark format schema

env: .venv/installed

.venv/installed: requirements.lock pyproject.toml
	test -x .venv/bin/python || $(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	.venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

demo: env $(OVERLAY)
	@python -m distilbeto.job.prefork snakemake --workflow-profile profiles/demo \
		--configfile profiles/demo/miniature.yaml $(OVERLAY)
	@cat results/demo/tables.txt
	@echo "LaTeX: results/demo/tables.tex   CSV: results/demo/tables/   logs: results/demo/logs/"
	@echo "models: results/demo/models/ and results/demo/finetuned/   scores: results/demo/scores/"

real: env
	python -m distilbeto.job.prefork snakemake --workflow-profile profiles/demo --configfile tests/real/config.yaml
	@cat results/real/tables.txt

status: env
	@python scripts/status.py --results "$$RESULTS"

# What would run again, and why.
explain: env
	@python scripts/explain.py --results "$$RESULTS"

# Keep the results of a stage although its code changed: make accept STAGE=... REASON="..."
export STAGE REASON
accept: env
	@python scripts/explain.py --results "$$RESULTS" --accept "$$STAGE" --reason "$$REASON"

# The tests that take long wait much: four processes for two cores. A file's tests share a finished miniature, in one process.
# The files that take longest come first.
LONG := test_readme.py test_old_results.py test_staleness.py
test: env
	ruff check .
	ruff format --check .
	snakefmt --check --diff Snakefile rules
	mypy
	pytest -n 2 --ignore=tests/slurm --ignore=tests/end_to_end
	pytest -n 4 --dist loadfile --no-loadscope-reorder --durations 12 -rs $(LONG:%=tests/end_to_end/%) tests/slurm tests/end_to_end

# What only a GPU shows; elsewhere each is skipped.
gpu-test: env
	pytest tests/gpu -rs

# How fast, and how near to what the GPU is sold to do; OPTIONS are the script's.
gpu-benchmark: env
	@python tests/benchmarks/gpu.py $(OPTIONS)

format: env
	ruff check --fix .
	ruff format .
	snakefmt Snakefile rules

schema: env
	python -c "import json; from distilbeto.plan.config import Config; print(json.dumps(Config.model_json_schema(), indent=2))" \
		> workflow/schemas/config.schema.json
