"""Export the timed models to ONNX, in full precision and as int8, and hold them against the originals.

Reads: finetuned/{model}/{task}/ of the task that is timed (models/{model}/ where the model is not fine-tuned), features/,
examples/ of its test set.
Makes: onnx/{model}/model.onnx, int8.onnx, manifest.json; latency-{form}.json; predictions-{form}.txt, score-{form}.json.
"""

ONNX_FORMS = ["model", "int8"]
TIMED_TASK = runs.timed_task(CONFIG)


def is_scored(model):
    """Whether it is fine-tuned for the task whose test set is timed."""
    if not TIMED_TASK or not CONFIG.models[model].measure:
        return False
    return runs.missing_reason(CONFIG, model=model, task=TIMED_TASK, test=CONFIG.latency.dataset) is None


def exported(wildcards):
    if is_scored(wildcards.model):
        first = {"model": wildcards.model, "task": TIMED_TASK, "seed": CONFIG.seeds[0]}
        return expand(results.finetuned_file, **first, file=FINETUNED_FILES)
    return expand(results.model_file, model=wildcards.model, file=MODEL_FILES)


def onnx_settings(_):
    return prediction_settings(SimpleNamespace(task=TIMED_TASK))


def onnx_models():
    """None in a run without the first seed, whose fine-tuned models are exported."""
    wanted = CONFIG.latency.onnx if CONFIG.seeds[0] in runs.seeds_of(CONFIG) else []
    return [model for model in timed_models() if wanted == "all" or model in wanted]


def of_each_form(pattern, models):
    return expand(pattern, model=models, form=ONNX_FORMS)


rule export_onnx:
    input:
        exported,
    output:
        models=expand(results.onnx, form=ONNX_FORMS, allow_missing=True),
        manifest=results.onnx_manifest,
    log:
        results.log("export_onnx/{model}"),
    resources:
        mem_mb=model_memory,
        runtime=more_each_attempt(30),
    params:
        labels=CONFIG.latency.labels,
        code=code("export_onnx"),
        folder=lambda wildcards, input: os.path.dirname(input[0]),
    message:
        "export {wildcards.model} to ONNX"
    shell:
        "python scripts/export_onnx.py --model {wildcards.model} --model-folder {params.folder:q}"
        " --labels {params.labels} --output-folder $(dirname {output.manifest:q}) --threads {threads} 2> {log:q}"


rule time_onnx:
    input:
        onnx=results.onnx,
        tokenizer=tokenizer_of,
        examples=results.examples.format(dataset=CONFIG.latency.dataset),
    output:
        results.onnx_latency,
    log:
        results.log("time_onnx/{model}/{form}"),
    wildcard_constraints:
        form=one_of(ONNX_FORMS),
    threads: all_cores
    resources:
        mem_mb=model_memory,
        runtime=more_each_attempt(30),
    params:
        settings=timing_settings,
        code=code("time_inference"),
    message:
        "time {wildcards.model} on onnxruntime ({wildcards.form})"
    shell:
        "python scripts/time_inference.py --model {wildcards.model} --onnx {input.onnx:q}"
        " --tokenizer $(dirname {input.tokenizer:q}) --examples {input.examples:q} --settings {params.settings:q}"
        " --output {output:q} 2> {log:q}"


rule predict_onnx:
    input:
        onnx=results.onnx,
        tokenizer=tokenizer_of,
        features=lambda wildcards: features_of(wildcards.model, TIMED_TASK, CONFIG.latency.dataset),
        examples=results.examples.format(dataset=CONFIG.latency.dataset),
    output:
        results.onnx_predictions,
    log:
        results.log("predict_onnx/{model}/{form}"),
    wildcard_constraints:
        form=one_of(ONNX_FORMS),
    resources:
        mem_mb=model_memory,
        runtime=more_each_attempt(60),
    params:
        settings=onnx_settings,
        code=code("predict_onnx"),
    message:
        "tag with {wildcards.model} on onnxruntime ({wildcards.form})"
    shell:
        "python scripts/predict_onnx.py --onnx {input.onnx:q} --tokenizer $(dirname {input.tokenizer:q})"
        " --features {input.features:q} --examples {input.examples:q} --settings {params.settings:q} --output {output:q}"
        " --threads {threads} 2> {log:q}"


rule score_onnx:
    input:
        gold=results.examples.format(dataset=CONFIG.latency.dataset),
        predictions=results.onnx_predictions,
    output:
        results.onnx_score,
    log:
        results.log("score_onnx/{model}/{form}"),
    wildcard_constraints:
        form=one_of(ONNX_FORMS),
    resources:
        mem_mb=more_each_attempt(2000),
        runtime=more_each_attempt(10),
    params:
        code=code("score"),
        options=lambda _: scored_as(TIMED_TASK),
        record=lambda wildcards: json.dumps(
            {"model": wildcards.model, "task": TIMED_TASK, "test": CONFIG.latency.dataset, "seed": CONFIG.seeds[0]}
        ),
    message:
        "score {wildcards.model} on onnxruntime ({wildcards.form})"
    shell:
        "python scripts/score.py {params.options} --gold {input.gold:q} --predictions {input.predictions:q}"
        " --record {params.record:q} --output {output:q} 2> {log:q}"
