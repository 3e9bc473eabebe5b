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
        folder = f"{RESULTS}/finetuned/{wildcards.model}/{TIMED_TASK}/seed-{CONFIG.seeds[0]}"
        return [f"{folder}/{file}" for file in FINETUNED_FILES]
    return [f"{RESULTS}/models/{wildcards.model}/{file}" for file in MODEL_FILES]


def onnx_settings(_):
    return prediction_settings(SimpleNamespace(task=TIMED_TASK))


def onnx_models():
    """None in a run without the first seed, whose fine-tuned models are exported."""
    wanted = CONFIG.latency.onnx if CONFIG.seeds[0] in runs.seeds_of(CONFIG) else []
    return [model for model in timed_models() if wanted == "all" or model in wanted]


def onnx_files(name):
    """A file of each form of each model; scores of those alone that are scored."""
    models = [model for model in onnx_models() if name != "score" or is_scored(model)]
    return [f"{RESULTS}/onnx/{model}/{name}-{form}.json" for model in models for form in ONNX_FORMS]


rule export_onnx:
    input:
        exported,
    output:
        models=expand(f"{RESULTS}/onnx/{{{{model}}}}/{{form}}.onnx", form=ONNX_FORMS),
        manifest=f"{RESULTS}/onnx/{{model}}/manifest.json",
    log:
        f"{RESULTS}/logs/export_onnx/{{model}}.log",
    resources:
        mem_mb=model_memory,
        runtime=minutes(30),
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
        onnx=f"{RESULTS}/onnx/{{model}}/{{form}}.onnx",
        tokenizer=tokenizer_of,
        examples=f"{RESULTS}/examples/{CONFIG.latency.dataset}.jsonl",
    output:
        f"{RESULTS}/onnx/{{model}}/latency-{{form}}.json",
    log:
        f"{RESULTS}/logs/time_onnx/{{model}}/{{form}}.log",
    wildcard_constraints:
        form=one_of(ONNX_FORMS),
    threads: all_cores
    resources:
        mem_mb=model_memory,
        runtime=minutes(30),
    params:
        settings=timing_settings,
        code=code("time_onnx"),
    message:
        "time {wildcards.model} on onnxruntime ({wildcards.form})"
    shell:
        "python scripts/time_onnx.py --model {wildcards.model} --onnx {input.onnx:q} --tokenizer $(dirname {input.tokenizer:q})"
        " --examples {input.examples:q} --settings {params.settings:q} --output {output:q} 2> {log:q}"


rule predict_onnx:
    input:
        onnx=f"{RESULTS}/onnx/{{model}}/{{form}}.onnx",
        tokenizer=tokenizer_of,
        features=lambda wildcards: features_of(wildcards.model, TIMED_TASK, CONFIG.latency.dataset),
        examples=f"{RESULTS}/examples/{CONFIG.latency.dataset}.jsonl",
    output:
        f"{RESULTS}/onnx/{{model}}/predictions-{{form}}.txt",
    log:
        f"{RESULTS}/logs/predict_onnx/{{model}}/{{form}}.log",
    wildcard_constraints:
        form=one_of(ONNX_FORMS),
    resources:
        mem_mb=model_memory,
        runtime=minutes(60),
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
        gold=f"{RESULTS}/examples/{CONFIG.latency.dataset}.jsonl",
        predictions=f"{RESULTS}/onnx/{{model}}/predictions-{{form}}.txt",
    output:
        f"{RESULTS}/onnx/{{model}}/score-{{form}}.json",
    log:
        f"{RESULTS}/logs/score_onnx/{{model}}/{{form}}.log",
    wildcard_constraints:
        form=one_of(ONNX_FORMS),
    resources:
        mem_mb=memory(2000),
        runtime=minutes(10),
    params:
        code=code("score"),
        kind=lambda _: scoring_kind(TIMED_TASK),
        record=lambda wildcards: json.dumps(
            {"model": wildcards.model, "task": TIMED_TASK, "test": CONFIG.latency.dataset, "seed": CONFIG.seeds[0]}
        ),
    message:
        "score {wildcards.model} on onnxruntime ({wildcards.form})"
    shell:
        "python scripts/score.py --task {params.kind} --gold {input.gold:q} --predictions {input.predictions:q}"
        " --record {params.record:q} --output {output:q} 2> {log:q}"
