"""Read the data sets, encode them once for each tokenizer, score predictions.

Reads: sources/{source}/ (the original files), tokenizers/{tokenizer}/, predictions/.
Makes: examples/{dataset}.jsonl and .json; features/{tokenizer}/{dataset}-{task}-{max_length}.safetensors; scores/.
"""

from distilbeto.glues.kinds import predictions_suffix


def scored_as(task):
    """A param: the options that tell the scorer what it counts."""
    settings = CONFIG.tasks[task]
    label = "" if settings.positive_label is None else f" --positive-label={shlex.quote(settings.positive_label)}"
    options = (" --spans" if settings.spans else "") + (" --unanswerable" if settings.unanswerable else "")
    return f"--task {settings.kind}{options}{label}"


def predictions_of(wildcards):
    suffix = predictions_suffix(CONFIG.tasks[wildcards.task].kind)
    return results.predictions.format(**wildcards, suffix=suffix)


def reading_code(wildcards):
    """The reader of the data set is part of it, be it one's own; other readers are not."""
    return digest("read_examples", reader=CONFIG.datasets[wildcards.dataset].reader)


def encoding_settings(wildcards):
    """What the features of a data set depend on: they are shared by all models and tasks' test sets."""
    task, tokenizer = CONFIG.tasks[wildcards.task], CONFIG.tokenizers[wildcards.tokenizer]
    return block(
        EncodingSettings(
            kind=task.kind,
            labels=task.labels,
            range=task.range,
            unanswerable=task.unanswerable,
            max_unk_rate=tokenizer.max_unk_rate,
            max_truncation_rate=task.max_truncation_rate,
        )
    )


rule read_examples:
    input:
        manifest=lambda wildcards: results.source_manifest.format(source=CONFIG.datasets[wildcards.dataset].source),
        folder=lambda wildcards: ancient(results.source.format(source=CONFIG.datasets[wildcards.dataset].source)),
    output:
        examples=results.examples,
        manifest=results.examples_manifest,
    log:
        results.log("read_examples/{dataset}"),
    wildcard_constraints:
        dataset=one_of(CONFIG.datasets),
    resources:
        mem_mb=more_each_attempt(4000),
        runtime=more_each_attempt(15),
    params:
        settings=lambda wildcards: block(CONFIG.datasets[wildcards.dataset]),
        code=reading_code,
        files=lambda wildcards, input: [f"{input.folder}/{file}" for file in CONFIG.datasets[wildcards.dataset].files],
    message:
        "read {wildcards.dataset}"
    shell:
        "python scripts/read_examples.py --dataset {wildcards.dataset} --settings {params.settings:q}"
        " --file {params.files:q} --output {output.examples:q} --manifest {output.manifest:q} 2> {log:q}"


rule draw_examples:
    input:
        examples=results.examples,
        manifest=results.examples_manifest,
    output:
        examples=results.sample,
        manifest=results.sample_manifest,
    log:
        results.log("draw_examples/{dataset}~{seed}"),
    wildcard_constraints:
        dataset=one_of(CONFIG.datasets),
    resources:
        mem_mb=more_each_attempt(4000),
        runtime=more_each_attempt(15),
    params:
        code=code("draw_examples"),
    message:
        "draw a bootstrap sample of {wildcards.dataset}, seed {wildcards.seed}"
    shell:
        "python scripts/draw_examples.py --examples {input.examples:q} --manifest {input.manifest:q} --seed {wildcards.seed}"
        " --name {wildcards.dataset:q}~{wildcards.seed} --output {output.examples:q} --output-manifest {output.manifest:q} 2> {log:q}"


rule encode:
    input:
        examples=results.examples,
        manifest=results.examples_manifest,
        tokenizer=results.tokenizer_manifest,
    output:
        results.features,
    log:
        results.log("encode/{tokenizer}/{dataset}-{task}-{max_length}"),
    cache: SHARED
    resources:
        mem_mb=lambda wildcards, input, attempt: int(2000 + 30 * megabytes(input.examples)) * attempt,
        runtime=lambda wildcards, input, attempt: int(15 + megabytes(input.examples)) * attempt,
    params:
        settings=encoding_settings,
        code=code("encode"),
        stride=CONFIG.finetuning.question_answering.stride,
        max_length="{max_length}",
    message:
        "encode {wildcards.dataset} for {wildcards.task} with {wildcards.tokenizer}"
    shell:
        "python scripts/encode.py --examples {input.examples:q} --manifest {input.manifest:q} --settings {params.settings:q}"
        " --max-length {params.max_length} --stride {params.stride} --tokenizer $(dirname {input.tokenizer:q})"
        " --output {output:q} 2> {log:q}"


rule score:
    input:
        gold=lambda wildcards: results.examples.format(dataset=test_of(wildcards)),
        predictions=predictions_of,
    output:
        results.score,
    log:
        results.score_log,
    resources:
        mem_mb=more_each_attempt(3000),
        runtime=more_each_attempt(30),
    params:
        code=code("score"),
        options=lambda wildcards: scored_as(wildcards.task),
        record=lambda wildcards: json.dumps(
            {name: wildcards[name] for name in ("model", "task", "test")} | {"seed": int(wildcards.seed)}
        ),
    message:
        "score {wildcards.model} on {wildcards.test} (trained on {wildcards.task})"
    shell:
        "python scripts/score.py {params.options} --gold {input.gold:q} --predictions {input.predictions:q}"
        " --record {params.record:q} --output {output:q} 2> {log:q}"
