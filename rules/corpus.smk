"""Tokenize the corpus into shards, and count its tokens.

Reads: sources/{source}/ (text, or a tokenizer's files).
Makes: tokenizers/{tokenizer}/; corpus/{corpus}/{tokenizer}/{file}-{shard}.safetensors; token_counts and corpus_report.
"""

TOKENIZER_FILES = ["manifest.json", "tokenizer.json", "tokenizer_config.json"]


def corpus_file(wildcards):
    return next(file for file in CONFIG.corpora[wildcards.corpus].files if file.name == wildcards.file)


def shards_of(corpus, tokenizer):
    """The shards of a corpus, in the order of its files."""
    settings = CONFIG.corpora[corpus]
    return [
        f"{RESULTS}/corpus/{corpus}/{tokenizer}/{file.name}-{shard:04d}.safetensors"
        for file in settings.files
        for shard in range(settings.shards_of(file))
    ]


rule prepare_tokenizer:
    input:
        manifest=lambda wildcards: f"{RESULTS}/sources/{CONFIG.tokenizers[wildcards.tokenizer].source}.json",
        folder=lambda wildcards: ancient(f"{RESULTS}/sources/{CONFIG.tokenizers[wildcards.tokenizer].source}"),
    output:
        expand(f"{RESULTS}/tokenizers/{{{{tokenizer}}}}/{{file}}", file=TOKENIZER_FILES),
    log:
        f"{RESULTS}/logs/prepare_tokenizer/{{tokenizer}}.log",
    params:
        settings=lambda wildcards: block(CONFIG.tokenizers[wildcards.tokenizer].normalization()),
        code=code("prepare_tokenizer"),
        folder=f"{RESULTS}/tokenizers/{{tokenizer}}",
    message:
        "prepare the tokenizer {wildcards.tokenizer}"
    shell:
        "python scripts/prepare_tokenizer.py --settings {params.settings:q} --source {input.folder:q}"
        " --output {params.folder:q} 2> {log:q}"


rule tokenize_shard:
    input:
        source=lambda wildcards: f"{RESULTS}/sources/{CONFIG.corpora[wildcards.corpus].source}.json",
        folder=lambda wildcards: ancient(f"{RESULTS}/sources/{CONFIG.corpora[wildcards.corpus].source}"),
        tokenizer=f"{RESULTS}/tokenizers/{{tokenizer}}/manifest.json",
    output:
        f"{RESULTS}/corpus/{{corpus}}/{{tokenizer}}/{{file}}-{{shard}}.safetensors",
    log:
        f"{RESULTS}/logs/tokenize_shard/{{corpus}}/{{tokenizer}}/{{file}}-{{shard}}.log",
    params:
        settings=lambda wildcards: block(CONFIG.corpora[wildcards.corpus].sequences),
        code=code("tokenize_shard"),
        file=lambda wildcards: corpus_file(wildcards).file,
        shards=lambda wildcards: CONFIG.corpora[wildcards.corpus].shards_of(corpus_file(wildcards)),
    message:
        "tokenize {wildcards.file}, shard {wildcards.shard} of {params.shards}"
    shell:
        "python scripts/tokenize_shard.py --settings {params.settings:q} --source {input.source:q}"
        " --file {params.file:q} --name {wildcards.file} --shard {wildcards.shard} --shards {params.shards}"
        " --tokenizer $(dirname {input.tokenizer:q}) --output {output:q} --threads {threads} 2> {log:q}"


rule count_tokens:
    input:
        shards=lambda wildcards: shards_of(wildcards.corpus, wildcards.tokenizer),
        tokenizer=f"{RESULTS}/tokenizers/{{tokenizer}}/manifest.json",
    output:
        counts=f"{RESULTS}/corpus/{{corpus}}/{{tokenizer}}/token_counts.safetensors",
        report=f"{RESULTS}/corpus/{{corpus}}/{{tokenizer}}/corpus_report.csv",
    log:
        f"{RESULTS}/logs/count_tokens/{{corpus}}/{{tokenizer}}.log",
    params:
        code=code("count_tokens"),
        max_unknown_share=lambda wildcards: CONFIG.tokenizers[wildcards.tokenizer].max_unknown_share,
    message:
        "count the tokens of {wildcards.corpus}"
    shell:
        "python scripts/count_tokens.py --shards {input.shards:q} --tokenizer $(dirname {input.tokenizer:q})"
        " --max-unknown-share {params.max_unknown_share}"
        " --output {output.counts:q} --report {output.report:q} 2> {log:q}"
