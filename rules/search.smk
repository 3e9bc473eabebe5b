"""Search the hyperparameters of each model and task in a grid (finetuning.search), by their development scores.

Reads: models/{model}/, features/, examples/ of the development set.
Makes: search/{model}/{task}/{point}.json, a fine-tuning without its weights; search/{model}/{task}/hyperparameters.json,
the best point; search/{model}/{task}.json, all points.
"""

POINTS = {point for space in GRID.spaces for point in points_of(space)} if GRID else set()

if GRID and workflow.is_main_process:
    logger.info(search.cost(CONFIG))


def point_settings(wildcards):
    point = search.points_of_run(CONFIG, wildcards.model, wildcards.task)[wildcards.point]
    return block(run_settings(wildcards, search.hyperparameters_at(CONFIG, wildcards.model, wildcards.task, point)))


def point_minutes(wildcards, input, attempt):
    point = search.points_of_run(CONFIG, wildcards.model, wildcards.task)[wildcards.point]
    return finetuning_minutes(wildcards, input, attempt, epochs=point.epochs)


def points_to_try(wildcards):
    points = search.points_of_run(CONFIG, wildcards.model, wildcards.task)
    return [results.point.format(model=wildcards.model, task=wildcards.task, point=point) for point in points]


def chosen_hyperparameters(wildcards):
    """The file that a fine-tuning takes its hyperparameters from: none without a search."""
    if not GRID:
        return []
    return checkpoints.choose_hyperparameters.get(model=wildcards.model, task=wildcards.task).output.hyperparameters


def choice_settings(wildcards):
    return block(ChoiceSettings(grid=CONFIG.finetuning.search, criterion=search.criterion_of(CONFIG, wildcards.task)))


rule search_point:
    input:
        model=expand(results.model_file, file=MODEL_FILES, allow_missing=True),
        tokenizer=tokenizer_of,
        train=features_of_part("train"),
        dev=features_of_part("dev"),
        dev_examples=dev_examples_of,
    output:
        results.point,
    log:
        results.point_log,
    wildcard_constraints:
        point=one_of(point.name for point in POINTS) or "(?!)",
    threads: 4
    resources:
        gpu=1,
        mem_mb=finetuning_memory,
        runtime=point_minutes,
    params:
        settings=point_settings,
        code=code("finetune"),
        seed=CONFIG.seeds[0],
        checkpoints=results.point_checkpoints,
    message:
        "try {wildcards.point} for {wildcards.model} on {wildcards.task}"
    shell:
        "python scripts/finetune.py --model {wildcards.model} --task {wildcards.task} --model-folder $(dirname {input.model[0]:q})"
        " --tokenizer $(dirname {input.tokenizer:q}) --train {input.train:q} --dev {input.dev:q}"
        " --dev-examples {input.dev_examples:q} --settings {params.settings:q} --seed {params.seed}"
        " --checkpoints {params.checkpoints:q} --run-only {output:q} --threads {threads} 2> {log:q}"


localrules:
    choose_hyperparameters,


# A checkpoint, so that a new point of a grid makes the fine-tunings after it run again only if it is chosen: what a rule
# makes counts as changed before it has run, what a checkpoint made is compared by content.
checkpoint choose_hyperparameters:
    input:
        points_to_try,
    output:
        hyperparameters=results.hyperparameters,
        record=results.search,
    log:
        results.log("choose_hyperparameters/{model}/{task}"),
    params:
        settings=choice_settings,
        code=code("choose_hyperparameters"),
    message:
        "choose the hyperparameters of {wildcards.model} on {wildcards.task}"
    shell:
        "python scripts/choose_hyperparameters.py --model {wildcards.model} --task {wildcards.task}"
        " --settings {params.settings:q} --points {input:q} --hyperparameters {output.hyperparameters:q}"
        " --record {output.record:q} 2> {log:q}"
