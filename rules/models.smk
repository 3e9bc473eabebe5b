"""Give every model one form, wherever its weights come from.

Reads: sources/{source}/ (transformers folder or TensorFlow checkpoint), a seed, or students/{student}/.
Makes: models/{model}/ with config.json, model.safetensors, manifest.json; of a student also a model card and tokenizer.
"""

MODEL_FILES = ["config.json", "model.safetensors", "manifest.json"]


def models_with(origin):
    return one_of(name for name, model in CONFIG.models.items() if getattr(model, origin) is not None) or "(?!)"


def model_settings(wildcards):
    return block(CONFIG.models[wildcards.model], include={"source", "random_seed", "tokenizer", "architecture", "name"})


def source_of(wildcards):
    return f"{RESULTS}/sources/{CONFIG.models[wildcards.model].source}"


def tokenizer_of(wildcards):
    return f"{RESULTS}/tokenizers/{CONFIG.models[wildcards.model].tokenizer}/manifest.json"


def model_memory(wildcards, attempt):
    """Python and torch; a checkpoint as read, as converted and as written."""
    return (3000 + 4 * resources.model_mb(CONFIG.models[wildcards.model].architecture)) * attempt


rule convert_model:
    input:
        manifest=lambda wildcards: f"{source_of(wildcards)}.json",
        folder=lambda wildcards: ancient(source_of(wildcards)),
        tokenizer=tokenizer_of,
    output:
        config=f"{RESULTS}/models/{{model}}/config.json",
        weights=f"{RESULTS}/models/{{model}}/model.safetensors",
        manifest=f"{RESULTS}/models/{{model}}/manifest.json",
    log:
        f"{RESULTS}/logs/convert_model/{{model}}.log",
    wildcard_constraints:
        model=models_with("source"),
    cache: SHARED
    resources:
        mem_mb=model_memory,
        runtime=minutes(20),
    params:
        settings=model_settings,
        code=code("make_model"),
        folder=f"{RESULTS}/models/{{model}}",
    message:
        "convert {wildcards.model}"
    shell:
        "python scripts/make_model.py --model {wildcards.model} --settings {params.settings:q} --source {input.folder:q}"
        " --tokenizer $(dirname {input.tokenizer:q}) --output {params.folder:q} 2> {log:q}"


rule random_model:
    input:
        tokenizer=tokenizer_of,
    output:
        expand(f"{RESULTS}/models/{{{{model}}}}/{{file}}", file=MODEL_FILES),
    log:
        f"{RESULTS}/logs/random_model/{{model}}.log",
    wildcard_constraints:
        model=models_with("random_seed"),
    resources:
        mem_mb=model_memory,
        runtime=minutes(15),
    params:
        settings=model_settings,
        code=code("make_model"),
        folder=f"{RESULTS}/models/{{model}}",
    message:
        "random weights for {wildcards.model}"
    shell:
        "python scripts/make_model.py --model {wildcards.model} --settings {params.settings:q}"
        " --tokenizer $(dirname {input.tokenizer:q}) --output {params.folder:q} 2> {log:q}"
