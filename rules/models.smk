"""Give every model one form, wherever its weights come from.

Reads: sources/{source}/ (transformers folder or TensorFlow checkpoint), a seed, or students/{student}/.
Makes: models/{model}/ with config.json, model.safetensors, manifest.json; of a student also a model card and tokenizer.
"""

if workflow.is_main_process:
    for line in shapes.shapes_to_show(CONFIG):
        logger.info(line)


def models_with(origin):
    return one_of(name for name, model in CONFIG.models.items() if getattr(model, origin) is not None) or "(?!)"


def model_settings(wildcards):
    names = {"source", "random_seed", "tokenizer", "architecture", "num_hidden_layers", "name"}
    return block(CONFIG.models[wildcards.model], include=names)


def tokenizer_of(wildcards):
    return results.tokenizer_manifest.format(tokenizer=CONFIG.models[wildcards.model].tokenizer)


def model_mb(model):
    """Of its weights. They are counted again when its job begins: its tokenizer is prepared by then."""
    vocabulary = shapes.vocabulary_of(CONFIG, CONFIG.models[model].tokenizer)
    return resources.model_mb(shapes.shape_of_model(CONFIG, model), vocabulary)


def model_memory(wildcards, attempt):
    """Python and torch; a checkpoint as read, as converted and as written."""
    return (3000 + 4 * model_mb(wildcards.model)) * attempt


rule convert_model:
    input:
        manifest=lambda wildcards: results.source_manifest.format(source=CONFIG.models[wildcards.model].source),
        folder=lambda wildcards: ancient(results.source.format(source=CONFIG.models[wildcards.model].source)),
        tokenizer=tokenizer_of,
    output:
        # Of a rule that may be cached, every output has a name.
        config=f"{results.model}/config.json",
        weights=f"{results.model}/model.safetensors",
        manifest=f"{results.model}/manifest.json",
    log:
        results.log("convert_model/{model}"),
    wildcard_constraints:
        model=models_with("source"),
    cache: SHARED
    resources:
        mem_mb=model_memory,
        runtime=more_each_attempt(20),
    params:
        settings=model_settings,
        code=code("make_model"),
        folder=results.model,
    message:
        "convert {wildcards.model}"
    shell:
        "python scripts/make_model.py --model {wildcards.model} --settings {params.settings:q} --source {input.folder:q}"
        " --tokenizer $(dirname {input.tokenizer:q}) --output {params.folder:q} 2> {log:q}"


rule random_model:
    input:
        tokenizer=tokenizer_of,
    output:
        expand(results.model_file, file=MODEL_FILES, allow_missing=True),
    log:
        results.log("random_model/{model}"),
    wildcard_constraints:
        model=models_with("random_seed"),
    resources:
        mem_mb=model_memory,
        runtime=more_each_attempt(15),
    params:
        settings=model_settings,
        code=code("make_model"),
        folder=results.model,
    message:
        "random weights for {wildcards.model}"
    shell:
        "python scripts/make_model.py --model {wildcards.model} --settings {params.settings:q}"
        " --tokenizer $(dirname {input.tokenizer:q}) --output {params.folder:q} 2> {log:q}"
