"""Draw the corpora, the trainings and the tables, and write trainings for TensorBoard: on request, for no table needs them.

Reads: corpus/{corpus}/{tokenizer}/sequence_lengths.csv and corpus_report.csv; the metrics in students/{student}/; tables/.
Makes: figures/lengths-{corpus}-{tokenizer}, training-{student}, tradeoff, comparison, each as .pdf and .png;
students/{student}/tensorboard/.
"""

FIGURE_WORDS = sorted((REFERENCES.parent / "figures").glob("words/*.yaml"))


def figure(name):
    return [results.figure.format(figure=name, suffix=suffix) for suffix in ("pdf", "png")]


def reported(name, kind):
    """The outputs of a figure: its PNG goes into the report, under the caption of its kind."""
    pdf, png = figure(name)
    labels = {"figure": name}
    return [pdf, report(png, caption=f"../workflow/report/{kind}.rst", category="Figures", labels=labels)]


def labels():
    """The options that say in which words a figure speaks."""
    note = TABLES.note
    return ["--language", CONFIG.tables.language, *(["--note", note] if note else [])]


def can_be_trained(student):
    """Whether none of the sources that a student rests on is missing."""
    sources = [CONFIG.corpora[student.corpus].source, CONFIG.tokenizers[student.tokenizer].source]
    lacks_teacher = student.teacher and runs.missing_reason(CONFIG, model=student.teacher)
    return not lacks_teacher and not any(CONFIG.sources[source].missing for source in sources)


def published_cells():
    """The (model, task, test) of all published scores."""
    published = [number for source in TABLES.compared_with for number in read_published(source)]
    return {(number.model, number.task, number.test) for number in published}


def all_figures():
    """Those that there is something to show in."""
    shown = {model.student for model in runs.models_of(CONFIG).values()} if CONFIG.only.models else CONFIG.students
    students = {name: each for name, each in CONFIG.students.items() if name in shown and can_be_trained(each)}
    corpora = {(student.corpus, student.tokenizer) for student in students.values()}
    cells = set(runs.scored_cells(CONFIG))
    names = ["tradeoff"] if {model for model, _, _ in cells} & set(timed_models()) else []
    names += ["comparison"] if cells & published_cells() else []
    names += [f"lengths-{corpus}-{tokenizer}" for corpus, tokenizer in sorted(corpora)]
    return [path for name in [*names, *(f"training-{student}" for student in students)] for path in figure(name)]


def names_in_figures():
    """What figures call models and columns."""
    models = {key: without_latex(model.latency_name or model.name) for key, model in CONFIG.models.items()}
    columns = {f"{column.task}/{column.test}": column.heading for column in COLUMNS}
    return json.dumps(models | columns, ensure_ascii=False)


localrules:
    figures,
    plot_tradeoff,
    plot_comparison,
    plot_sequence_lengths,
    plot_training,
    write_tensorboard,


FIGURES = all_figures()


rule figures:
    input:
        FIGURES,


rule plot_sequence_lengths:
    input:
        lengths=results.sequence_lengths,
        report=results.corpus_report,
    output:
        reported("lengths-{corpus}-{tokenizer}", "lengths"),
    log:
        results.log("plot_sequence_lengths/{corpus}-{tokenizer}"),
    params:
        code=code("plot_sequence_lengths"),
        labels=lambda _: labels(),
        words=lambda _: fingerprint_of([sha256_of(path) for path in FIGURE_WORDS]),
    message:
        "plot the sequence lengths of {wildcards.corpus}"
    shell:
        "python scripts/plot_sequence_lengths.py --lengths {input.lengths:q} --report {input.report:q}"
        " {params.labels:q} --output {output:q} 2> {log:q}"


rule plot_training:
    input:
        lambda wildcards: metrics_of(wildcards.student),
    output:
        reported("training-{student}", "training"),
    log:
        results.log("plot_training/{student}"),
    params:
        code=code("plot_training"),
        labels=lambda _: labels(),
        words=lambda _: fingerprint_of([sha256_of(path) for path in FIGURE_WORDS]),
    message:
        "plot the training of {wildcards.student}"
    shell:
        "python scripts/plot_training.py --student {wildcards.student} {input:q} {params.labels:q}"
        " --output {output:q} 2> {log:q}"


rule plot_tradeoff:
    input:
        scores=expand(results.table, table=["table_5_2", "table_5_3"]),
        latencies=results.table.format(table="table_5_5"),
    output:
        reported("tradeoff", "tradeoff"),
    log:
        results.log("plot_tradeoff"),
    params:
        code=code("plot_tradeoff"),
        names=lambda _: names_in_figures(),
        sentences=CONFIG.latency.sentences,
        labels=lambda _: [*labels(), *["--measured-only"] * (TABLES.published == "apart")],
        words=lambda _: fingerprint_of([sha256_of(path) for path in FIGURE_WORDS]),
    message:
        "plot scores against size and time"
    shell:
        "python scripts/plot_tradeoff.py --scores {input.scores:q} --latencies {input.latencies:q}"
        " --names {params.names:q} --sentences {params.sentences} {params.labels:q} --output {output:q} 2> {log:q}"


rule plot_comparison:
    input:
        results.table.format(table="comparison"),
    output:
        reported("comparison", "comparison"),
    log:
        results.log("plot_comparison"),
    params:
        code=code("plot_comparison"),
        names=lambda _: names_in_figures(),
        labels=lambda _: labels(),
        words=lambda _: fingerprint_of([sha256_of(path) for path in FIGURE_WORDS]),
    message:
        "plot scores against what was published"
    shell:
        "python scripts/plot_comparison.py --comparison {input:q} --names {params.names:q} {params.labels:q}"
        " --output {output:q} 2> {log:q}"


rule write_tensorboard:
    input:
        lambda wildcards: metrics_of(wildcards.student),
    output:
        directory(results.tensorboard),
    log:
        results.log("write_tensorboard/{student}"),
    params:
        code=code("write_tensorboard"),
    message:
        "write the training of {wildcards.student} for TensorBoard"
    shell:
        "python scripts/write_tensorboard.py --metrics {input:q} --output {output:q} 2> {log:q}"
