"""The words of the tables in English: plain text, which each renderer escapes for itself."""

from distilbeto.reports.tables.words import Words

ENGLISH = Words(
    language="en",
    babel="english",
    decimal_mark=".",
    headings={
        "model": "Model",
        "average": "Average",
        "parameters": "Parameters (M)",
        "seconds": "Time (s)",
        "mean": "Mean",
        "median": "Median (s)",
        "load": "Loading (s)",
        "memory": "Memory (MiB)",
        "pytorch": "PyTorch (s)",
        "onnx": "ONNX (s)",
        "int8": "int8 (s)",
        "bytes": "MB",
        "score": "F1",
        "examples": "Examples",
        "this": "This experiment",
        "thesis": "Thesis",
        "lrec2022": "LREC 2022",
        "kept.thesis": "Average kept (as the thesis scored)",
        "kept.official": "Average kept (official metrics)",
        "less.parameters": "Fewer parameters",
        "less.seconds": "Less time",
        "stage": "Stage",
        "stage.data": "Data sets",
        "stage.corpus": "Corpus",
        "stage.models": "Teachers and rivals",
        "stage.distillation": "Distillation",
        "stage.search": "Search of hyperparameters",
        "stage.finetuning": "Fine-tuning",
        "stage.tests": "Prediction and scores",
        "stage.latency": "Timing, ONNX",
        "stage.tables": "Tables",
        "stage.total": "Total",
        "jobs": "Jobs",
        "hours": "Hours",
        "processor_kwh": "Processor (kWh)",
        "processor_wh": "Processor (Wh)",
        "gpu_kwh": "GPU (kWh)",
        "gpu_wh": "GPU (Wh)",
        "kg_co2e": "CO2e (kg)",
        "g_co2e": "CO2e (g)",
        "lb_co2e": "CO2e (lb)",
        "what": "What",
        "emission.this": "This experiment",
        "emission.flight": "Flight, one passenger, New York - San Francisco",
        "emission.person": "A person, one year",
        "emission.american": "A person in the United States, one year",
        "emission.car": "A car and its fuel, its lifetime",
        "emission.pipeline": "NLP pipeline (parsing, SRL)",
        "emission.pipeline_tuned": "NLP pipeline, with tuning and experiments",
        "emission.transformer": "Transformer (big)",
        "emission.architecture_search": "Transformer (big), with neural architecture search",
    },
    captions={
        "5.1": "Training time on the GLUES tasks (s).",
        "hyperparameters": "Hyperparameters of the training on {subject}.",
        "differences": "Difference of this experiment from {subject}, in points.",
        "energy": "Energy of the jobs by stage, and the CO2 equivalent of its generation.",
        "emissions": "Emissions of this experiment beside those of Table 3.2.",
        "runtimes": "The same models on PyTorch and on onnxruntime, as they are and quantized: time, size, NER F1.",
        "runs": "Inference time of each run over the NER sentences on the CPU (s).",
        "kept": "What {subject} keeps and what it saves beside its teacher.",
        "5.2": "The s-ALBERT models and DistilBETO beside published results. The best of each column is marked.",
        "5.3": "Question answering: F1 / exact match. Each column names the training set and the test set, in "
        "that order. The best of each column is marked.",
        "5.4": "Mean of the columns of Tables 5.2 and 5.3; a question answering column counts as the mean of "
        "F1 and exact match.",
        "5.5": "Mean inference time over the NER sentences on the CPU, one at a time; loading of the model, and "
        "the memory that it takes with its activations.",
    },
    interval_captions={
        "5.2": "95 % confidence intervals of the s-ALBERT models and DistilBETO.",
        "5.3": "Question answering: 95 % confidence intervals of F1 / exact match.",
    },
    protocols={
        "thesis": {
            "5.2": "As the thesis scored: POS and NER over all subtokens, so that a long word counts several times; "
            "decimals cut. Published results count words: in POS and NER they do not compare with the others.",
            "5.3": "As the thesis scored: SQuAD v1.1's English normalizer, on MLQA too; decimals cut.",
            "differences": "As the thesis scored; what is published is cut to two decimals.",
            "5.4": "As the thesis scored. In published results POS and NER count words, in the others subtokens: "
            "their averages do not fully compare.",
        },
        "official": {
            "5.2": "Official metrics: POS and NER over words (UPOS, conlleval), as in published results; decimals "
            "rounded. From the same predictions, the thesis counted subtokens.",
            "5.3": "Official metrics: MLQA's Spanish normalizer on MLQA, SQuAD v1.1's on XQuAD; decimals rounded. "
            "From the same predictions, the thesis used SQuAD v1.1's on both.",
            "differences": "Official metrics; what is published is the best of a search of hyperparameters.",
            "5.4": "Official metrics.",
        },
        "": {
            "5.1": "Seconds of training and of evaluating each epoch, by run.json; above them, the training examples "
            "(in question answering the thesis counts windows).",
            "hyperparameters": "As run. bs: batch size; ag: gradient accumulation; msl: maximum sequence length; "
            "lr: learning rate; e: epochs.",
            "energy": "Over all tries, failed and repeated ones too. Processor and GPU by their counters (RAPL, NVML); "
            "of a processor that other jobs use too, the part of its busy time. Without Snakemake itself, figures, the "
            "making of the machines, and jobs that were killed without notice.",
            "emissions": "All but the first row: Strubell et al. (2019); in Table 3.2 of the thesis the car lost its "
            "thousands.",
            "kept": "In percent of the teacher. Average: that of Table 5.4, with the teacher's published one where it "
            "was not measured here; where cells are missing, that of the tests that both have. Parameters and time: "
            "those of Table 5.5.",
        },
        "runtimes": {
            "runtimes": "int8: onnxruntime's dynamic quantization. MB: of the file of weights. F1 over words "
            "(conlleval), of the first seed; models that were not fine-tuned for NER here have none.",
        },
        "intervals": dict.fromkeys(
            ("5.2", "5.3"),
            "By bootstrap over the test examples, under the official metrics. They say how far a score would move with "
            "another test set of the same kind, not with another seed.",
        ),
    },
    kinds={"official": "official", "runtimes": "ONNX", "intervals": "intervals"},
    searched="Hyperparameters of the measured models: the best of the grid {grid} on the development set.",
    superscripts="Published by",
    without_superscript="without superscript",
    several_seeds="Mean and standard deviation over {count} seeds.",
    far="Bold: differences of more than two standard deviations of the seeds.",
    no_deviation="With one seed nobody knows how much of a difference is chance.",
    several_runs="Mean and standard deviation over {count} runs.",
    reasons={
        "not published": "not published",
        "not measured": "not measured",
        "no record": "not recorded",
        "no counter": "a GPU without a counter of energy",
    },
    energy={
        "estimated": "Estimated at {watts} W a busy core, where the processor has no readable counter: {share} % "
        "of its time.",
        "intensity": "Electricity of {grams} g CO2e/kWh{place}; overhead of the building: x {overhead}.",
        "incomplete": "{stage}: without {missing} of {jobs} jobs, of which nothing is recorded.",
    },
)
