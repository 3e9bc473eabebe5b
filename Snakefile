"""DistilBETO: distil a small Spanish language model, fine-tune it and its rivals on GLUES, set the tables.

    snakemake results/tables.tex --cores N                           the thesis, as config.yaml has it
    snakemake results/tables.tex --cores N --configfile mine.yaml    your own experiment, laid over it

Where things are; {results} is `results` of the configuration:

    {results}/sources/{source}.json, {source}/                  what was fetched, and its checksums
    {results}/tokenizers/{tokenizer}/                           prepared: one object from corpus to test
    {results}/corpus/{corpus}/{tokenizer}/{file}-{shard}.safetensors    token ids of a byte range of a file (and .json)
    {results}/corpus/{corpus}/{tokenizer}/token_counts.safetensors      and corpus_report.csv, sequence_lengths.csv
    {results}/models/{model}/                                   a model to fine-tune: config.json, model.safetensors
    {results}/students/{student}/step-{step}.safetensors        the training's state at a step, and its metrics (.jsonl)
    {results}/examples/{dataset}.jsonl                          a data set as read; what was repaired (.json)
    {results}/features/{tokenizer}/{dataset}-{task}-{max_length}.safetensors    encoded once for all models
    {results}/search/{model}/{task}/{point}.json                a point of a grid: trained, scored on the development set
    {results}/search/{model}/{task}.json                        all its points; the best: {task}/hyperparameters.json
    {results}/finetuned/{model}/{task}/seed-{seed}/             the best epoch, and how it was trained (run.json)
    {results}/predictions/{model}/{task}/seed-{seed}/{test}.txt or .json        in the task's own format
    {results}/scores/{model}/{task}/seed-{seed}/{test}.json     in both protocols
    {results}/latency/{model}.json                              100 NER sentences on the CPU
    {results}/onnx/{model}/model.onnx, int8.onnx                the same models on onnxruntime, their times and scores
    {results}/tables.tex, .html, .txt, tables/*.csv, tables/annex/*.csv    Tables 5.1-5.5, C.1-C.3, A.1-A.8
    {results}/figures/{name}.pdf, .png                          tradeoff, comparison, lengths-..., training-...: snakemake figures
    {results}/energy.tex, .html, .txt, energy/*.csv             what the jobs took: snakemake results/energy.tex
    {results}/report.html                                       all of it on one page: snakemake results/report.html
    {results}/students/{student}/tensorboard/                   a training's history as event files
    {results}/logs/...                                          the log of each of these, and beside it its energy
    {results}/records/                                          what each was made with (docs/staleness.md)
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
        f"{RESULTS}/tables.tex",


onstart:
    refuse_missing_paths()
    refuse_lost_shards()
    workflow.globals["results_lock"] = take_results()  # held until this process ends
    keep_tables()


onsuccess:
    forget_tables()


onerror:
    bring_back_tables()
