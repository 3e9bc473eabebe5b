"""Tokenize the corpus into shards, and count its tokens.

Reads: sources/{source}/ (text, or a tokenizer's files).
Makes: tokenizers/{tokenizer}/; corpus/{corpus}/{tokenizer}/{file}-{shard}.safetensors; token_counts, corpus_report and
sequence_lengths of all of them.
"""

import sys

from distilbeto.corpus.plan import plan_files
from distilbeto.sources.local import known_sizes


@functools.cache
def files_of(corpus):
    """The files of a corpus, each with its number of shards; planned where a job needs it, once."""
    settings = CONFIG.corpora[corpus]
    manifest = Path(results.source_manifest.format(source=settings.source))
    try:
        planned_alone = settings.files and all(file.bytes for file in settings.files)
        sizes = {} if planned_alone else known_sizes(resolved(settings.source), manifest)
        return plan_files(settings, sizes, where=f"corpora.{corpus}", manifest=manifest)
    except UserError as error:
        sys.exit(f"error: {error}")  # of an exception in an input function Snakemake would show the traceback


def corpus_file(wildcards):
    found = [file for file in files_of(wildcards.corpus) if file.name == wildcards.file]
    return found[0] if found else sys.exit(f"error: corpora.{wildcards.corpus}: there is no file {wildcards.file}")


def shards_of(corpus, tokenizer):
    """The shards of a corpus, in the order of its files; the commands that read them name them all."""
    shards = [
        results.shard.format(corpus=corpus, tokenizer=tokenizer, file=file.name, shard=f"{shard:04d}")
        for file in files_of(corpus)
        for shard in range(file.shards)
    ]
    refuse_if_too_many(shards, f"corpora.{corpus}: {len(shards):,} shards are", "raise shard_bytes")
    return shards


rule prepare_tokenizer:
    input:
        manifest=lambda wildcards: results.source_manifest.format(source=CONFIG.tokenizers[wildcards.tokenizer].source),
        folder=lambda wildcards: ancient(results.source.format(source=CONFIG.tokenizers[wildcards.tokenizer].source)),
    output:
        expand(results.tokenizer_file, file=TOKENIZER_FILES, allow_missing=True),
    log:
        results.log("prepare_tokenizer/{tokenizer}"),
    priority: LONGEST_CHAIN
    resources:
        mem_mb=more_each_attempt(2000),
        runtime=more_each_attempt(10),
    params:
        settings=lambda wildcards: block(CONFIG.tokenizers[wildcards.tokenizer].normalization()),
        code=code("prepare_tokenizer"),
        folder=results.tokenizer,
    message:
        "prepare the tokenizer {wildcards.tokenizer}"
    shell:
        "python scripts/prepare_tokenizer.py --settings {params.settings:q} --source {input.folder:q}"
        " --output {params.folder:q} 2> {log:q}"


rule tokenize_shard:
    input:
        source=lambda wildcards: results.source_manifest.format(source=CONFIG.corpora[wildcards.corpus].source),
        folder=lambda wildcards: ancient(results.source.format(source=CONFIG.corpora[wildcards.corpus].source)),
        tokenizer=results.tokenizer_manifest,
    output:
        shard=results.shard,
        record=results.shard_record,
    log:
        results.shard_log,
    cache: SHARED
    priority: LONGEST_CHAIN
    resources:
        mem_mb=lambda wildcards, attempt: (500 + CONFIG.corpora[wildcards.corpus].shard_bytes // 10**6) * attempt,
        runtime=lambda wildcards, attempt: (10 + CONFIG.corpora[wildcards.corpus].shard_bytes // 10**7) * attempt,
    params:
        settings=lambda wildcards: block(CONFIG.corpora[wildcards.corpus].sequences),
        code=code("tokenize_shard"),
        file=lambda wildcards: corpus_file(wildcards).file,
        shards=lambda wildcards: corpus_file(wildcards).shards,
        shard="{file}-{shard}",
    message:
        "tokenize {wildcards.file}, shard {wildcards.shard} of {params.shards}"
    shell:
        "python scripts/tokenize_shard.py --settings {params.settings:q} --source {input.source:q}"
        " --file {params.file:q} --name {wildcards.file} --shard {wildcards.shard} --shards {params.shards}"
        " --tokenizer $(dirname {input.tokenizer:q}) --output {output.shard:q} --record {output.record:q} 2> {log:q}"


rule count_tokens:
    input:
        shards=lambda wildcards: shards_of(wildcards.corpus, wildcards.tokenizer),
        tokenizer=results.tokenizer_manifest,
    output:
        counts=results.counts,
        report=results.corpus_report,
        lengths=results.sequence_lengths,
    log:
        results.log("count_tokens/{corpus}/{tokenizer}"),
    cache: SHARED
    priority: LONGEST_CHAIN
    resources:
        # Shards are mapped: their pages may count as the job's.
        mem_mb=lambda wildcards, input, attempt: int(2000 + megabytes(input.shards)) * attempt,
        runtime=lambda wildcards, input, attempt: int(20 + megabytes(input.shards) / 500) * attempt,
    params:
        code=code("count_tokens"),
        max_unk_rate=lambda wildcards: CONFIG.tokenizers[wildcards.tokenizer].max_unk_rate,
    message:
        "count the tokens of {wildcards.corpus}"
    shell:
        "python scripts/count_tokens.py --shards {input.shards:q} --tokenizer $(dirname {input.tokenizer:q})"
        " --max-unk-rate {params.max_unk_rate}"
        " --output {output.counts:q} --report {output.report:q} --lengths {output.lengths:q} 2> {log:q}"
