"""Assemble the tables: Tables 5.1-5.5, the comparison with what was published, Annex A.

Reads: scores/, run.json of the runs, latency/, search/ where hyperparameters are searched, the reference values in the package;
examples/ and features/ for what the data sets hold.
Makes: tables/*.csv, tables.tex, tables.html, tables.txt; tables.pdf on request.
"""

import shutil

REFERENCES = Path(workflow.basedir) / "workflow/distilbeto/reports/tables"
TEXTS = [*sorted(REFERENCES.glob("reference/*.csv")), *sorted(REFERENCES.glob("*.jinja"))]
COLUMNS = [*CONFIG.tables.classification, *CONFIG.tables.question_answering]
TRAINED = {column.task for column in COLUMNS}
ANNEX = {row.task: CONFIG.tasks[row.task].name for row in CONFIG.finetuning.rows if row.task in TRAINED}
CSV_TABLES = [*(name for name in file_names(len(ANNEX)).values() if Path(name).name == name), "comparison"]
CSV_TABLES += ["search"] if GRID else []
# One output, whatever the number of tasks: by an output that is new and that no job reads, Snakemake takes the whole rule for
# one that it knows nothing of, and makes nothing again.
ANNEX_TABLES = f"{RESULTS}/tables/annex"


def missing_cells():
    """Why models, runs and cells cannot be had: {"model", "model/task" or "model/task/test": reason}."""
    reasons = {model: runs.missing_reason(CONFIG, model=model) for model in CONFIG.models}
    cells = {model: reason for model, reason in reasons.items() if reason}
    for column in COLUMNS:
        for model, settings in CONFIG.models.items():
            for place, test in (
                (f"{model}/{column.task}", None),
                (f"{model}/{column.task}/{column.test}", column.test),
            ):
                reason = settings.measure and runs.missing_reason(CONFIG, model=model, task=column.task, test=test)
                if reason:
                    cells[place] = reason
    return cells


SCORES = [
    f"{RESULTS}/scores/{model}/{task}/seed-{seed}/{test}.json"
    for model, task, test in runs.scored_cells(CONFIG)
    for seed in CONFIG.seeds
]
RUNS = [
    f"{RESULTS}/finetuned/{model}/{task}/seed-{seed}/run.json"
    for model, task in runs.runs_of(CONFIG)
    if task in TRAINED
    for seed in CONFIG.seeds
]
refuse_if_too_many([*SCORES, *RUNS], f"the results of {len(CONFIG.seeds)} seeds are", "take fewer seeds")


def teacher_model(model):
    """The model that a model was distilled from; None where it was not."""
    student = CONFIG.students.get(CONFIG.models[model].student)
    return student.teacher if student else None


def encodings():
    """The features that the scores rest on."""
    return sorted(
        {
            features_of(model, task, dataset)
            for model, task, test in runs.scored_cells(CONFIG)
            for dataset in (CONFIG.tasks[task].train, CONFIG.tasks[task].dev, test)
        }
    )


def data_sets():
    """The manifests of the data sets that the scores rest on."""
    tests = {(task, test) for _, task, test in runs.scored_cells(CONFIG)}
    names = {name for task, test in tests for name in (CONFIG.tasks[task].train, CONFIG.tasks[task].dev, test)}
    return [f"{RESULTS}/examples/{dataset}.json" for dataset in CONFIG.datasets if dataset in names]


def all_latencies():
    return [f"{RESULTS}/latency/{model}.json" for model in timed_models()]


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
                "teacher": teacher_model(key),
            }
            for key, model in CONFIG.models.items()
        ],
        seeds=CONFIG.seeds,
        grid=CONFIG.finetuning.search if GRID else "",
        answer_metrics={test: metric for task in CONFIG.tasks.values() for test, metric in task.answer_metric.items()},
        kinds={task: scoring_kind(task) for task in CONFIG.tasks},
        timed_task=TIMED_TASK or "",
        timed_test=CONFIG.latency.dataset,
        annex=[{"task": task, "name": name} for task, name in ANNEX.items()],
        missing=missing_cells(),
        accepted=accepted_stages(),
    )


# Snakemake deletes the outputs of a job before it runs, and when it fails. Those that were there are kept meanwhile.
KEPT_TABLES = Path(RESULTS) / ".tables"


def keep_tables():
    """Before the first job, where the tables are to be assembled."""
    made = [Path(file) for file in rules.assemble_tables.output]
    if any(job.rule.name == "assemble_tables" for job in workflow.dag.needrun_jobs()):
        for path in filter(Path.exists, made):
            kept = KEPT_TABLES / path.relative_to(RESULTS)
            kept.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, kept, dirs_exist_ok=True)
            else:
                shutil.copy2(path, kept)


def bring_back_tables():
    """After a run that failed, where its tables are gone; the next run assembles them."""
    made = [Path(file) for file in rules.assemble_tables.output]
    lost = [path for path in made if not path.exists() and (KEPT_TABLES / path.relative_to(RESULTS)).exists()]
    for path in lost:
        (KEPT_TABLES / path.relative_to(RESULTS)).rename(path)
    if lost:
        (job,) = (job for job in workflow.dag.jobs if job.rule.name == "assemble_tables")
        workflow.persistence.started(job)  # that is, not finished
        logger.warning("The tables are those of before this run.")
    forget_tables()


def forget_tables():
    shutil.rmtree(KEPT_TABLES, ignore_errors=True)


localrules:
    tabulate_data_sets,
    assemble_tables,
    tables_pdf,


rule tabulate_data_sets:
    input:
        manifests=data_sets(),
        features=encodings(),
    output:
        report(
            f"{RESULTS}/tables/data_sets.csv",
            caption="../workflow/report/data_sets.rst",
            category="Tables",
            labels={"table": "data_sets"},
        ),
    log:
        f"{RESULTS}/logs/tabulate_data_sets.log",
    params:
        code=code("tabulate_data_sets"),
    message:
        "tabulate what the data sets hold"
    shell:
        "python scripts/tabulate_data_sets.py --manifests {input.manifests:q} --features {input.features:q}"
        " --output {output:q} 2> {log:q}"


rule assemble_tables:
    input:
        # Not read: it stands beside the tables that rest on it.
        data_sets=f"{RESULTS}/tables/data_sets.csv",
        scores=SCORES,
        runs=RUNS,
        latencies=all_latencies(),
        searches=all_searches(),
        onnx_manifests=[f"{RESULTS}/onnx/{model}/manifest.json" for model in onnx_models()],
        onnx_latencies=onnx_files("latency"),
        onnx_scores=onnx_files("score"),
    output:
        csv=[
            report(
                f"{RESULTS}/tables/{name}.csv",
                caption="../workflow/report/csv.rst",
                category="Tables",
                labels={"table": name},
            )
            for name in CSV_TABLES
        ],
        annex=report(
            directory(ANNEX_TABLES),
            patterns=["{table}.csv"],
            caption="../workflow/report/csv.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        latex=f"{RESULTS}/tables.tex",
        text=f"{RESULTS}/tables.txt",
        html=report(
            f"{RESULTS}/tables.html",
            caption="../workflow/report/tables.rst",
            category="Tables",
            labels={"table": "all tables"},
        ),
    log:
        f"{RESULTS}/logs/assemble_tables.log",
    params:
        settings=lambda _: block(assembly_settings()),
        code=code("assemble_tables"),
        # No inputs: their times are those of the checkout, and a fresh one would make the tables stale.
        references=lambda _: fingerprint_of([sha256_of(path) for path in TEXTS]),
        folder=f"{RESULTS}/tables",
    message:
        "assemble the tables"
    shell:
        "python scripts/assemble_tables.py --settings {params.settings:q} --scores {input.scores:q} --runs {input.runs:q}"
        " --latencies {input.latencies:q} --onnx-manifests {input.onnx_manifests:q} --onnx-latencies {input.onnx_latencies:q}"
        " --onnx-scores {input.onnx_scores:q} --searches {input.searches:q} --output-folder {params.folder:q} --latex {output.latex:q}"
        " --html {output.html:q} --text {output.text:q} 2> {log:q}"


rule tables_pdf:
    input:
        f"{RESULTS}/{{document}}.tex",
    output:
        f"{RESULTS}/{{document}}.pdf",
    log:
        f"{RESULTS}/logs/tables_pdf/{{document}}.log",
    wildcard_constraints:
        document="tables|energy",
    message:
        "typeset {wildcards.document}.tex"
    shell:
        "latexmk -pdf -interaction=nonstopmode -halt-on-error -outdir=$(dirname {output:q}) {input:q} > {log:q} 2>&1"
