"""DistilBETO: distil a small Spanish language model, fine-tune it and its rivals on GLUES, set the tables.

    snakemake results/tables.tex --cores N                           the thesis, as config.yaml has it
    snakemake results/tables.tex --cores N --configfile mine.yaml    your own experiment, laid over it

Where things are; {results} is `results` of the configuration. A test holds this list equal to plan/layout.py:

    {results}/sources/{source}/, {results}/sources/{source}.json        what was fetched, and its checksums
    {results}/miniature/                                        generated data
    {results}/tokenizers/{tokenizer}/{file}, manifest.json      prepared: one object from corpus to test
    {results}/corpus/{corpus}/{tokenizer}/{file}-{shard}.safetensors, {file}-{shard}.json   token ids of a byte range
    {results}/corpus/{corpus}/{tokenizer}/token_counts.safetensors, corpus_report.csv, sequence_lengths.csv
    {results}/models/{model}/{file}                             to fine-tune: config.json, model.safetensors, manifest.json
    {results}/students/{student}/step-{step}.safetensors, step-{step}.jsonl     the training's state, and its metrics
    {results}/students/{student}/tensorboard/                   the metrics as event files
    {results}/students/{student}/.kept/                         segments of a job that failed after them
    {results}/examples/{dataset}.jsonl, {dataset}.json          a data set as read; what was repaired
    {results}/examples/{dataset}~{seed}.jsonl, {dataset}~{seed}.json    with finetuning.bootstrap: a sample for each seed
    {results}/features/{tokenizer}/{dataset}-{task}-{max_length}.safetensors    encoded once for all models
    {results}/search/{model}/{task}/{point}.json, hyperparameters.json  a point of a grid, scored on the development set
    {results}/search/{model}/{task}.json                        all its points; the best are the hyperparameters
    {results}/finetuned/{model}/{task}/seed-{seed}/{file}, run.json     the best epoch, and how it was trained
    {results}/checkpoints/{model}/{task}/seed-{seed}/, {point}/ of a fine-tuning that goes on
    {results}/predictions/{model}/{task}/seed-{seed}/{test}.{suffix}    in the task's own format: txt, json or jsonl
    {results}/scores/{model}/{task}/seed-{seed}/{test}.json     in both protocols
    {results}/latency/{model}.json                              100 NER sentences on the CPU
    {results}/onnx/{model}/{form}.onnx, manifest.json           the same models on onnxruntime: model, int8
    {results}/onnx/{model}/latency-{form}.json, predictions-{form}.txt, score-{form}.json
    {results}/tables.tex, tables.html, tables.txt               Tables 5.1-5.5, C.1-C.3, A.1-A.8
    {results}/tables/{table}.csv, annex/                        the same as CSV
    {results}/tables/scores.parquet                             every number of every table, as scores.csv
    {results}/figures/{figure}.{suffix}                         tradeoff, comparison, lengths-..., training-...: snakemake figures
    {results}/energy.tex, energy.html, energy.txt               what the jobs took: snakemake results/energy.tex
    {results}/energy/{table}.csv                                the same as CSV: stages, jobs
    {results}/{document}.pdf                                    snakemake results/tables.pdf
    {results}/report.html, configuration.yaml, configuration.html       all of it on one page: snakemake results/report.html
    {results}/last_run.json                                     for scripts/status.py
    {results}/logs/                                             the log of each of these, and beside it its energy
    {results}/records/                                          what each was made with (docs/staleness.md)
    {results}/.tables/                                          tables of before, while new ones are assembled
    {results}/accepted.json                                     whose code changed and that were kept: make accept
"""


configfile: "config.yaml"


include: "rules/common.smk"
include: "rules/records.smk"
include: "rules/sources.smk"
include: "rules/corpus.smk"
include: "rules/models.smk"
include: "rules/distillation.smk"
include: "rules/glues.smk"
include: "rules/finetuning.smk"
include: "rules/search.smk"
include: "rules/latency.smk"
include: "rules/onnx.smk"
include: "rules/tables.smk"
include: "rules/figures.smk"
include: "rules/energy.smk"
include: "rules/report.smk"


rule all:
    default_target: True
    input:
        results.tables_tex,


onstart:
    refuse_missing_paths()
    refuse_lost_shards()
    workflow.globals["results_lock"] = take_results()  # held until this process ends
    keep_tables()


onsuccess:
    forget_tables()


onerror:
    bring_back_tables()
