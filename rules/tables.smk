"""Assemble Tables 5.2-5.5.

Reads: scores/, latency/, search/ where hyperparameters are searched, the reference values in the package.
Makes: tables/*.csv, tables.tex, tables.txt; tables.pdf on request.
"""

REFERENCES = Path(workflow.basedir) / "workflow/distilbeto/tables"
TEXTS = [REFERENCES / "reference/literature.csv", REFERENCES / "template.tex.jinja"]
CSV_TABLES = ["table_5_2", "table_5_3", "table_5_4", "table_5_5", *(["search"] if GRID else [])]
COLUMNS = [*CONFIG.tables.classification, *CONFIG.tables.question_answering]


def missing_cells():
    """Why models and cells cannot be had: {"model" or "model/task/test": reason}."""
    reasons = {model: runs.missing_reason(CONFIG, model=model) for model in CONFIG.models}
    cells = {model: reason for model, reason in reasons.items() if reason}
    for column in COLUMNS:
        for model, settings in CONFIG.models.items():
            reason = settings.measure and runs.missing_reason(CONFIG, model=model, task=column.task, test=column.test)
            if reason:
                cells[f"{model}/{column.task}/{column.test}"] = reason
    return cells


def all_scores():
    return [
        f"{RESULTS}/scores/{model}/{task}/seed-{seed}/{test}.json"
        for model, task, test in runs.scored_cells(CONFIG)
        for seed in CONFIG.seeds
    ]


def all_latencies():
    return [
        f"{RESULTS}/latency/{model}.json"
        for model, settings in CONFIG.models.items()
        if settings.latency and model not in missing_cells()
    ]


def all_searches():
    """None without a search."""
    return [f"{RESULTS}/search/{model}/{task}.json" for model, task in search.runs_to_search(CONFIG)]


def assembly_settings():
    return AssemblySettings(
        tables=CONFIG.tables,
        models=[
            {
                "key": key,
                "name": model.name,
                "latency_name": model.latency_name,
                "measure": model.measure,
                "latency": model.latency,
            }
            for key, model in CONFIG.models.items()
        ],
        seeds=CONFIG.seeds,
        grid=CONFIG.finetuning.search if GRID else "",
        answer_metrics={test: metric for task in CONFIG.tasks.values() for test, metric in task.answer_metric.items()},
        kinds={task: scoring_kind(task) for task in CONFIG.tasks},
        missing=missing_cells(),
    )


localrules:
    assemble_tables,
    tables_pdf,


rule assemble_tables:
    input:
        scores=all_scores(),
        latencies=all_latencies(),
        searches=all_searches(),
    output:
        csv=[f"{RESULTS}/tables/{name}.csv" for name in CSV_TABLES],
        latex=f"{RESULTS}/tables.tex",
        text=f"{RESULTS}/tables.txt",
    log:
        f"{RESULTS}/logs/assemble_tables.log",
    params:
        settings=lambda _: block(assembly_settings()),
        code=code("assemble_tables"),
        # No inputs: their times are those of the checkout, and a fresh one would make the tables stale.
        references=fingerprint_of([sha256_of(path) for path in TEXTS]),
        folder=f"{RESULTS}/tables",
    message:
        "assemble Tables 5.2-5.5"
    shell:
        "python scripts/assemble_tables.py --settings {params.settings:q} --scores {input.scores:q} --latencies {input.latencies:q}"
        " --searches {input.searches:q} --output-folder {params.folder:q} --latex {output.latex:q} --text {output.text:q} 2> {log:q}"


rule tables_pdf:
    input:
        f"{RESULTS}/tables.tex",
    output:
        f"{RESULTS}/tables.pdf",
    log:
        f"{RESULTS}/logs/tables_pdf.log",
    message:
        "typeset the tables"
    shell:
        "latexmk -pdf -interaction=nonstopmode -halt-on-error -outdir=$(dirname {output:q}) {input:q} > {log:q} 2>&1"
