"""Assemble the tables: Tables 5.1-5.5, the comparison with what was published, Annex A.

Reads: scores/, run.json of the runs, latency/, search/ where hyperparameters are searched, the reference values in the package;
examples/ and features/ for what the data sets hold.
Makes: tables/scores.csv and .parquet with every number, a CSV file of each table, tables.tex, tables.html, tables.txt; tables.pdf
on request.
"""

import shutil

REFERENCES = Path(workflow.basedir) / "workflow/distilbeto/reports/tables"
TEXTS = [path for kind in ("reference/*.csv", "words/*.yaml", "*.jinja") for path in sorted(REFERENCES.glob(kind))]
TABLES = runs.tables_of(CONFIG)
COLUMNS = runs.columns_of(CONFIG)
SEEDS = runs.seeds_of(CONFIG)
TRAINED = {column.task for column in COLUMNS}
ANNEX = {row.task: CONFIG.tasks[row.task].name for row in CONFIG.finetuning.rows if row.task in TRAINED}
CSV_TABLES = ["scores", *(name for name in csv_names(len(ANNEX)).values() if Path(name).name == name), "comparison"]
CSV_TABLES += ["search"] if GRID else []


def missing_cells():
    """Why models, runs and cells cannot be had: {"model", "model/task" or "model/task/test": reason}."""
    models = runs.models_of(CONFIG)
    reasons = {model: runs.missing_reason(CONFIG, model=model) for model in models}
    cells = {model: reason for model, reason in reasons.items() if reason}
    for column in COLUMNS:
        for model, settings in models.items():
            for place, test in (
                (f"{model}/{column.task}", None),
                (f"{model}/{column.task}/{column.test}", column.test),
            ):
                reason = settings.measure and runs.missing_reason(CONFIG, model=model, task=column.task, test=test)
                if reason:
                    cells[place] = reason
    return cells


SCORES = [
    results.score.format(model=model, task=task, seed=seed, test=test)
    for model, task, test in runs.scored_cells(CONFIG)
    for seed in SEEDS
]
RUNS = [
    results.run_record.format(model=model, task=task, seed=seed)
    for model, task in runs.finetuning_runs(CONFIG)
    if task in TRAINED
    for seed in SEEDS
]
refuse_if_too_many([*SCORES, *RUNS], f"the results of {len(SEEDS)} seeds are", "take fewer seeds")


def teacher_model(model):
    """The model that a model was distilled from; None where it was not."""
    student = CONFIG.students.get(CONFIG.models[model].student)
    return student.teacher if student else None


def encodings():
    """The features that the scores rest on."""
    return sorted(
        {
            features_of(model, task, runs.sample_of(CONFIG, dataset, seed))
            for model, task, test in runs.scored_cells(CONFIG)
            for dataset in (CONFIG.tasks[task].train, CONFIG.tasks[task].dev, test)
            for seed in SEEDS
        }
    )


def data_sets():
    """The manifests of the data sets that the scores rest on."""
    tests = {(task, test) for _, task, test in runs.scored_cells(CONFIG)}
    names = {name for task, test in tests for name in (CONFIG.tasks[task].train, CONFIG.tasks[task].dev, test)}
    there = (runs.sample_of(CONFIG, name, seed) for name in CONFIG.datasets if name in names for seed in SEEDS)
    return [results.examples_manifest.format(dataset=name) for name in dict.fromkeys(there)]


def all_latencies():
    return [results.latency.format(model=model) for model in timed_models()]


def all_searches():
    """None without a search."""
    return [results.search.format(model=model, task=task) for model, task in search.runs_to_search(CONFIG)]


def assembly_settings():
    return AssemblySettings(
        tables=TABLES,
        models=[
            {
                "key": key,
                "name": model.name,
                "latency_name": model.latency_name,
                "measure": model.measure,
                "latency": runs.is_timed(CONFIG, key),
                "teacher": teacher_model(key),
            }
            for key, model in runs.models_of(CONFIG).items()
        ],
        seeds=SEEDS,
        grid=CONFIG.finetuning.search if GRID else "",
        bootstrap=CONFIG.finetuning.bootstrap,
        answer_metrics={test: metric for task in CONFIG.tasks.values() for test, metric in task.answer_metric.items()},
        kinds={task: settings.kind for task, settings in CONFIG.tasks.items()},
        span_tasks=[task for task, settings in CONFIG.tasks.items() if settings.spans],
        class_metrics={
            task: settings.metric for task, settings in CONFIG.tasks.items() if settings.metric != "accuracy"
        },
        unanswerable_tasks=[task for task, settings in CONFIG.tasks.items() if settings.unanswerable],
        timed_task=TIMED_TASK or "",
        timed_test=CONFIG.latency.dataset,
        annex=[{"task": task, "name": name} for task, name in ANNEX.items()],
        missing=missing_cells(),
        accepted=accepted_stages(),
    )


# Snakemake deletes the outputs of a job before it runs, and when it fails. Those that were there are kept meanwhile.
KEPT_TABLES = Path(results.kept_tables)


def keep_tables():
    """Before the first job, where the tables are to be assembled."""
    made = [Path(file) for file in rules.assemble_tables.output]
    if any(job.rule.name == "assemble_tables" for job in workflow.dag.needrun_jobs()):
        for path in filter(Path.exists, made):
            kept = KEPT_TABLES / path.relative_to(CONFIG.results)
            kept.parent.mkdir(parents=True, exist_ok=True)
            if path.is_dir():
                shutil.copytree(path, kept, dirs_exist_ok=True)
            else:
                shutil.copy2(path, kept)


def bring_back_tables():
    """After a run that failed, where its tables are gone; the next run assembles them."""
    jobs = [job for job in workflow.dag.jobs if job.rule.name == "assemble_tables"]
    if not jobs:
        return
    made = [Path(file) for file in rules.assemble_tables.output]
    lost = [path for path in made if not path.exists() and (KEPT_TABLES / path.relative_to(CONFIG.results)).exists()]
    for path in lost:
        (KEPT_TABLES / path.relative_to(CONFIG.results)).rename(path)
    if lost:
        workflow.persistence.started(jobs[0])  # that is, not finished
        logger.warning("The tables are those of before this run.")
    forget_tables()


def forget_tables():
    """But while there are no others: a run may have been killed before this one."""
    if all(map(os.path.exists, rules.assemble_tables.output)):
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
            results.table.format(table="data_sets"),
            caption="../workflow/report/data_sets.rst",
            category="Tables",
            labels={"table": "data_sets"},
        ),
    log:
        results.log("tabulate_data_sets"),
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
        data_sets=results.table.format(table="data_sets"),
        scores=SCORES,
        runs=RUNS,
        latencies=all_latencies(),
        searches=all_searches(),
        onnx_manifests=[results.onnx_manifest.format(model=model) for model in onnx_models()],
        onnx_latencies=of_each_form(results.onnx_latency, onnx_models()),
        onnx_scores=of_each_form(results.onnx_score, [model for model in onnx_models() if is_scored(model)]),
    output:
        csv=[
            report(
                results.table.format(table=name),
                caption="../workflow/report/csv.rst",
                category="Tables",
                labels={"table": name},
            )
            for name in CSV_TABLES
        ],
        # One output, whatever the number of tasks.
        annex=report(
            directory(results.annex),
            patterns=["{table}.csv"],
            caption="../workflow/report/csv.rst",
            category="Tables",
            labels={"table": "{table}"},
        ),
        parquet=results.scores_frame,
        latex=results.tables_tex,
        text=results.tables_txt,
        html=report(
            results.tables_html,
            caption="../workflow/report/tables.rst",
            category="Tables",
            labels={"table": "all tables"},
        ),
    log:
        results.log("assemble_tables"),
    params:
        settings=lambda _: block(assembly_settings()),
        code=code("assemble_tables"),
        # No inputs: their times are those of the checkout, and a fresh one would make the tables stale.
        references=lambda _: fingerprint_of([sha256_of(path) for path in TEXTS]),
        folder=results.tables,
    message:
        "assemble the tables"
    shell:
        "python scripts/assemble_tables.py --settings {params.settings:q} --scores {input.scores:q} --runs {input.runs:q}"
        " --latencies {input.latencies:q} --onnx-manifests {input.onnx_manifests:q} --onnx-latencies {input.onnx_latencies:q}"
        " --onnx-scores {input.onnx_scores:q} --searches {input.searches:q} --output-folder {params.folder:q} --latex {output.latex:q}"
        " --html {output.html:q} --text {output.text:q} 2> {log:q}"


rule tables_pdf:
    input:
        tex=results.document_tex,
        configuration=results.configuration_yaml,  # its last chapter
    output:
        results.document_pdf,
    log:
        results.log("tables_pdf/{document}"),
    wildcard_constraints:
        document="tables|energy",
    message:
        "typeset {wildcards.document}.tex"
    shell:
        "latexmk -pdf -interaction=nonstopmode -halt-on-error -cd {input.tex:q} > {log:q} 2>&1"
