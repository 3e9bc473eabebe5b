"""Time each model on the CPU (Table 5.5).

Reads: models/{model}/, examples of the NER test set.
Makes: latency/{model}.json. Runs alone on its machine: with every core of a local run, whole node on a cluster.
"""


def timing_settings(_):
    """Without the question whether to time ONNX too."""
    return block(CONFIG.latency, exclude={"onnx"})


def all_cores(_):
    """Those of a local run: nothing else runs while the clock does. On a cluster the profile asks for the whole node."""
    return (workflow.is_main_process and workflow.resource_settings.cores) or CONFIG.latency.threads


def timed_models():
    missing = missing_cells()
    return [model for model in runs.models_of(CONFIG) if runs.is_timed(CONFIG, model) and model not in missing]


rule time_inference:
    input:
        model=expand(results.model_file, file=MODEL_FILES, allow_missing=True),
        tokenizer=tokenizer_of,
        examples=results.examples.format(dataset=CONFIG.latency.dataset),
    output:
        results.latency,
    log:
        results.log("time_inference/{model}"),
    threads: all_cores
    resources:
        mem_mb=model_memory,
        runtime=more_each_attempt(30),
    params:
        settings=timing_settings,
        code=code("time_inference"),
    message:
        "time {wildcards.model}"
    shell:
        "python scripts/time_inference.py --model {wildcards.model} --model-folder $(dirname {input.model[0]:q})"
        " --tokenizer $(dirname {input.tokenizer:q}) --examples {input.examples:q} --settings {params.settings:q}"
        " --output {output:q} 2> {log:q}"
