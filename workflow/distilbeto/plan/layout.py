"""Where results lie: each path once. Rules make them, scripts/status.py looks for them, the Snakefile explains them.

What stands in braces is a wildcard for Snakemake, and filled in with str.format.
"""

TOKENIZER_FILES = ["manifest.json", "tokenizer.json", "tokenizer_config.json"]
MODEL_FILES = ["config.json", "model.safetensors", "manifest.json"]
FINETUNED_FILES = ["config.json", "model.safetensors", "run.json"]


class Layout:
    """The paths below one folder of results: `Layout("results").latency` is `results/latency/{model}.json`."""

    miniature = "{results}/miniature"
    source = "{results}/sources/{source}"
    source_manifest = "{results}/sources/{source}.json"
    tokenizer = "{results}/tokenizers/{tokenizer}"
    tokenizer_file = "{results}/tokenizers/{tokenizer}/{file}"
    tokenizer_manifest = "{results}/tokenizers/{tokenizer}/manifest.json"

    shard = "{results}/corpus/{corpus}/{tokenizer}/{file}-{shard}.safetensors"
    shard_record = "{results}/corpus/{corpus}/{tokenizer}/{file}-{shard}.json"
    counts = "{results}/corpus/{corpus}/{tokenizer}/token_counts.safetensors"
    corpus_report = "{results}/corpus/{corpus}/{tokenizer}/corpus_report.csv"
    sequence_lengths = "{results}/corpus/{corpus}/{tokenizer}/sequence_lengths.csv"

    model = "{results}/models/{model}"
    model_file = "{results}/models/{model}/{file}"
    state = "{results}/students/{student}/step-{step}.safetensors"
    metrics = "{results}/students/{student}/step-{step}.jsonl"
    attempts = "{results}/students/{student}/.kept"
    tensorboard = "{results}/students/{student}/tensorboard"

    examples = "{results}/examples/{dataset}.jsonl"
    examples_manifest = "{results}/examples/{dataset}.json"
    sample = "{results}/examples/{dataset}~{seed}.jsonl"
    sample_manifest = "{results}/examples/{dataset}~{seed}.json"
    features = "{results}/features/{tokenizer}/{dataset}-{task}-{max_length}.safetensors"

    point = "{results}/search/{model}/{task}/{point}.json"
    search = "{results}/search/{model}/{task}.json"
    hyperparameters = "{results}/search/{model}/{task}/hyperparameters.json"
    finetuned = "{results}/finetuned/{model}/{task}/seed-{seed}"
    finetuned_file = "{results}/finetuned/{model}/{task}/seed-{seed}/{file}"
    run_record = "{results}/finetuned/{model}/{task}/seed-{seed}/run.json"
    checkpoints = "{results}/checkpoints/{model}/{task}/seed-{seed}"
    point_checkpoints = "{results}/checkpoints/{model}/{task}/{point}"
    predictions = "{results}/predictions/{model}/{task}/seed-{seed}/{test}.{suffix}"
    score = "{results}/scores/{model}/{task}/seed-{seed}/{test}.json"

    latency = "{results}/latency/{model}.json"
    onnx = "{results}/onnx/{model}/{form}.onnx"
    onnx_manifest = "{results}/onnx/{model}/manifest.json"
    onnx_latency = "{results}/onnx/{model}/latency-{form}.json"
    onnx_predictions = "{results}/onnx/{model}/predictions-{form}.txt"
    onnx_score = "{results}/onnx/{model}/score-{form}.json"

    tables = "{results}/tables"
    table = "{results}/tables/{table}.csv"
    scores_frame = "{results}/tables/scores.parquet"
    annex = "{results}/tables/annex"
    figure = "{results}/figures/{figure}.{suffix}"
    energy_table = "{results}/energy/{table}.csv"
    tables_tex = "{results}/tables.tex"
    tables_html = "{results}/tables.html"
    tables_txt = "{results}/tables.txt"
    energy_tex = "{results}/energy.tex"
    energy_html = "{results}/energy.html"
    energy_txt = "{results}/energy.txt"
    document_tex = "{results}/{document}.tex"
    document_pdf = "{results}/{document}.pdf"
    configuration_yaml = "{results}/configuration.yaml"
    configuration_html = "{results}/configuration.html"
    report = "{results}/report.html"

    last_run = "{results}/last_run.json"
    records = "{results}/records"
    accepted = "{results}/accepted.json"
    kept_tables = "{results}/.tables"
    logs = "{results}/logs"
    shard_log = "{results}/logs/tokenize_shard/{corpus}/{tokenizer}/{file}-{shard}.log"
    segment_log = "{results}/logs/distil_segment/{student}/{step}.log"
    point_log = "{results}/logs/search_point/{model}/{task}/{point}.log"
    finetuning_log = "{results}/logs/finetune/{model}/{task}/seed-{seed}.log"
    score_log = "{results}/logs/score/{model}/{task}/seed-{seed}/{test}.log"

    def __init__(self, results: str) -> None:
        for name, path in paths().items():
            setattr(self, name, path.replace("{results}", results))

    def log(self, job: str) -> str:
        """The log of a job that is short; those of long ones, which have to be found again, are above."""
        return f"{self.logs}/{job}.log"


def paths() -> dict[str, str]:
    """All of them, by name."""
    return {name: path for name, path in vars(Layout).items() if isinstance(path, str) and not name.startswith("__")}
