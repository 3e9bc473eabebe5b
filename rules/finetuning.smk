"""Fine-tune each model on each training set, and predict its test sets: 56 runs in the thesis.

Reads: models/{model}/, features/, examples/ of the development set; search/ where hyperparameters are searched.
Makes: finetuned/{model}/{task}/seed-{seed}/ and predictions/{model}/{task}/seed-{seed}/{test}.txt, .json or .jsonl. On
request (snakemake finetuned), the tokenizers beside the fine-tuned models, for others to load.
"""


def features_of(model, task, dataset):
    max_length = runs.hyperparameters_of(CONFIG, task, model).max_length
    tokenizer = CONFIG.models[model].tokenizer
    return results.features.format(tokenizer=tokenizer, dataset=dataset, task=task, max_length=max_length)


def data_of(wildcards, part):
    """The training or development set of a run. A point of a search has the first of all seeds."""
    return runs.sample_of(CONFIG, getattr(CONFIG.tasks[wildcards.task], part), wildcards.get("seed", CONFIG.seeds[0]))


def features_of_part(part):
    return lambda wildcards: features_of(wildcards.model, wildcards.task, data_of(wildcards, part))


def dev_examples_of(wildcards):
    return results.examples.format(dataset=data_of(wildcards, "dev"))


def test_of(wildcards):
    """The examples that a run is tested on."""
    return runs.sample_of(CONFIG, wildcards.test, wildcards.seed)


def run_settings(wildcards, hyperparameters):
    task = CONFIG.tasks[wildcards.task]
    return RunSettings(
        hyperparameters=hyperparameters,
        optimization=CONFIG.finetuning.optimization,
        selection=search.criterion_of(CONFIG, wildcards.task) or task.selection,
        kind=task.kind,
        labels=task.labels,
        spans=bool(task.spans),
        fallback_tag=task.fallback_tag,
        question_answering=CONFIG.finetuning.question_answering,
        unanswerable=task.unanswerable,
        metric=task.metric,
        positive_label=task.positive_label,
        collapse=CollapseSettings() if wildcards.get("point") else CONFIG.finetuning.collapse,
        range=task.range,
    )


def finetuning_code(wildcards):
    """Metrics are part of it where they choose the epoch or a threshold; else they are only told in run.json."""
    task = CONFIG.tasks[wildcards.task]
    by_metric = (search.criterion_of(CONFIG, wildcards.task) or task.selection) == "metric"
    return digest("finetune", without=None if by_metric or task.unanswerable else "glues/metrics")


def finetuning_settings(wildcards):
    """Without the hyperparameters where they are searched: those of the annex play no part then."""
    settings = run_settings(wildcards, runs.hyperparameters_of(CONFIG, wildcards.task, wildcards.model))
    return block(settings, exclude={"hyperparameters"} if GRID else None)


def prediction_settings(wildcards):
    task = CONFIG.tasks[wildcards.task]
    return block(
        PredictionSettings(
            kind=task.kind,
            labels=task.labels,
            fallback_tag=task.fallback_tag,
            question_answering=CONFIG.finetuning.question_answering,
            unanswerable=task.unanswerable,
            range=task.range,
        )
    )


def finetuning_memory(wildcards, attempt):
    """Python, torch and CUDA; weights, gradients and moments on their way to the device and to checkpoints."""
    return (8000 + 6 * model_mb(wildcards.model)) * attempt


def finetuning_minutes(wildcards, input, attempt, epochs=None):
    """From the size of the training set, and the shape of the model; after a search, for the longest that it may choose."""
    row = runs.hyperparameters_of(CONFIG, wildcards.task, wildcards.model)
    architecture = shapes.shape_of_model(CONFIG, wildcards.model)
    size = megabytes(input.train)
    epochs = epochs or search.most_epochs(CONFIG, wildcards.model, wildcards.task)
    trainings = 1 if wildcards.get("point") else CONFIG.finetuning.collapse.attempts
    return resources.finetuning_minutes(architecture, size, row.max_length, epochs * trainings, attempt)


def prediction_minutes(wildcards, input, attempt):
    row = runs.hyperparameters_of(CONFIG, wildcards.task, wildcards.model)
    architecture = shapes.shape_of_model(CONFIG, wildcards.model)
    return resources.prediction_minutes(architecture, megabytes(input.features), row.max_length, attempt)


rule finetune:
    input:
        model=expand(results.model_file, file=MODEL_FILES, allow_missing=True),
        tokenizer=tokenizer_of,
        train=features_of_part("train"),
        dev=features_of_part("dev"),
        dev_examples=dev_examples_of,
        hyperparameters=lambda wildcards: chosen_hyperparameters(wildcards),
    output:
        expand(results.finetuned_file, file=FINETUNED_FILES, allow_missing=True),
    log:
        results.finetuning_log,
    threads: 4
    resources:
        gpu=1,
        mem_mb=finetuning_memory,
        runtime=finetuning_minutes,
    params:
        settings=finetuning_settings,
        search="--hyperparameters" if GRID else "",
        code=finetuning_code,
        folder=results.finetuned,
        # No output: Snakemake deletes the outputs of a failed job, and a killed run continues from its last epoch.
        checkpoints=results.checkpoints,
    message:
        "fine-tune {wildcards.model} on {wildcards.task}"
    shell:
        "python scripts/finetune.py --model {wildcards.model} --task {wildcards.task} --model-folder $(dirname {input.model[0]:q})"
        " --tokenizer $(dirname {input.tokenizer:q}) --train {input.train:q} --dev {input.dev:q}"
        " --dev-examples {input.dev_examples:q} --settings {params.settings:q} {params.search} {input.hyperparameters:q}"
        " --seed {wildcards.seed} --checkpoints {params.checkpoints:q} --output-folder {params.folder:q} --threads {threads} 2> {log:q}"


rule predict:
    input:
        finetuned=expand(results.finetuned_file, file=FINETUNED_FILES, allow_missing=True),
        # Not read. With it, predictions are planned again after a choice: not made again where it stays the same.
        choice=lambda wildcards: chosen_hyperparameters(wildcards),
        tokenizer=tokenizer_of,
        features=lambda wildcards: features_of(wildcards.model, wildcards.task, test_of(wildcards)),
        examples=lambda wildcards: results.examples.format(dataset=test_of(wildcards)),
    output:
        results.predictions,
    log:
        results.log("predict/{model}/{task}/seed-{seed}/{test}.{suffix}"),
    wildcard_constraints:
        suffix="txt|json|jsonl",
    threads: 4
    resources:
        gpu=1,
        mem_mb=finetuning_memory,
        runtime=prediction_minutes,
    params:
        settings=prediction_settings,
        code=code("predict"),
    message:
        "predict {wildcards.test} with {wildcards.model} (trained on {wildcards.task})"
    shell:
        "python scripts/predict.py --finetuned $(dirname {input.finetuned[0]:q}) --tokenizer $(dirname {input.tokenizer:q})"
        " --features {input.features:q} --examples {input.examples:q} --settings {params.settings:q} --output {output:q}"
        " --threads {threads} 2> {log:q}"


localrules:
    finetuned,
    export_finetuned,


rule finetuned:
    input:
        [
            results.finetuned_file.format(model=model, task=task, seed=seed, file="tokenizer.json")
            for model, task in runs.finetuning_runs(CONFIG)
            for seed in runs.seeds_of(CONFIG)
        ],


rule export_finetuned:
    input:
        finetuned=expand(results.finetuned_file, file=FINETUNED_FILES, allow_missing=True),
        tokenizer=tokenizer_of,
    output:
        expand(results.finetuned_file, file=["tokenizer.json", "tokenizer_config.json"], allow_missing=True),
    log:
        results.log("export_finetuned/{model}/{task}/seed-{seed}"),
    params:
        code=code("export_finetuned"),
    message:
        "export {wildcards.model}, fine-tuned on {wildcards.task}"
    shell:
        "python scripts/export_finetuned.py --finetuned $(dirname {input.finetuned[0]:q})"
        " --tokenizer $(dirname {input.tokenizer:q}) 2> {log:q}"
