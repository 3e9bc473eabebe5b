"""Distil a student from its teacher, in segments, and export it.

Reads: models/{teacher}/, the shards and token counts of its corpus.
Makes: students/{student}/step-{step}.safetensors, one a segment, each from the one before; models/{model}/ at the end.

A segment trains in as many processes as its resource gpu says. Told to end (SIGTERM: a time limit, a preemption), it writes
nothing and ends with status 143: --retries starts it again.
"""


def student_settings(wildcards):
    """All but what only cuts the chain: the same training, cut otherwise, continues from the states that are there."""
    return block(CONFIG.students[wildcards.student], exclude={"segment_steps"})


def student_tokenizer(wildcards):
    return results.tokenizer_manifest.format(tokenizer=CONFIG.students[wildcards.student].tokenizer)


def teacher_of(wildcards):
    teacher = CONFIG.students[wildcards.student].teacher
    return [results.model_file.format(model=teacher, file=file) for file in MODEL_FILES] if teacher else []


def teacher_option(wildcards, input):
    return f"--teacher {Path(input.teacher[0]).parent}" if input.teacher else ""


def state_at(student, step):
    return results.state.format(student=student, step=f"{step:07d}")


def metrics_of(student):
    """Of all its segments."""
    ends = CONFIG.students[student].segment_ends()
    return [results.metrics.format(student=student, step=f"{end:07d}") for end in ends]


def previous_state(wildcards):
    ends = [0, *CONFIG.students[wildcards.student].segment_ends()]
    return state_at(wildcards.student, max(end for end in ends if end < int(wildcards.step)))


def token_counts(wildcards):
    student = CONFIG.students[wildcards.student]
    return results.counts.format(corpus=student.corpus, tokenizer=student.tokenizer)


def shards_to_read(wildcards):
    """All of the corpus, in the order that numbers their sequences."""
    student = CONFIG.students[wildcards.student]
    return shards_of(student.corpus, student.tokenizer)


def shards_to_wait_for(wildcards):
    """Those of the first segment. Each later one waits for it, and, like it, for the counts of all shards: with its own
    edge to each shard, as many as segments times shards, the plan would take longer than all others together."""
    return shards_to_read(wildcards) if previous_state(wildcards) == state_at(wildcards.student, 0) else []


def refuse_lost_shards():
    """Before the first job: shards that a segment reads, that are gone and that nothing in this run makes again."""
    jobs = list(workflow.dag.needrun_jobs())
    segments = {job.wildcards.student: job.wildcards for job in jobs if job.rule.name == "distil_segment"}
    made = {str(path) for job in jobs if job.rule.name == "tokenize_shard" for path in job.output}
    shards = dict.fromkeys(shard for wildcards in segments.values() for shard in shards_to_read(wildcards))
    lost = [shard for shard in shards if shard not in made and not os.path.exists(shard)]
    if lost:
        raise WorkflowError(
            f"{lost[0]}, which the next segment reads, is gone (and {len(lost) - 1} more)."
            "\nPut it back, or add `--forcerun count_tokens`: the corpus is then tokenized where it has to be, and the"
            " training begins anew."
        )


def segment_minutes(wildcards, attempt):
    """With one GPU: more are faster. Steps x what a step computes."""
    student = CONFIG.students[wildcards.student]
    teacher = shapes.shape_of_model(CONFIG, student.teacher) if student.teacher else None
    return resources.segment_minutes(student, teacher, attempt)


def segments_in_one_job(wildcards):
    """The group of a segment: so many that follow one another as --group-components distillation=N says."""
    together = workflow.group_settings.group_components.get("distillation", 1)
    place = CONFIG.students[wildcards.student].segment_ends().index(int(wildcards.step))
    return f"distillation_{wildcards.student}_{place // together}" if together > 1 else None


rule initialize_student:
    input:
        tokenizer=student_tokenizer,
        teacher=teacher_of,
    output:
        results.state.format(student="{student}", step="0000000"),
    log:
        results.log("initialize_student/{student}"),
    priority: LONGEST_CHAIN
    resources:
        mem_mb=more_each_attempt(6000),
        runtime=more_each_attempt(15),
    params:
        settings=student_settings,
        code=code("initialize_student"),
        teacher=teacher_option,
    message:
        "initialize the student {wildcards.student}"
    shell:
        "python scripts/initialize_student.py --settings {params.settings:q} --tokenizer $(dirname {input.tokenizer:q})"
        " {params.teacher} --output {output:q} 2> {log:q}"


rule distil_segment:
    input:
        state=previous_state,
        tokenizer=student_tokenizer,
        teacher=teacher_of,
        shards=shards_to_wait_for,
        counts=token_counts,
    output:
        state=results.state,
        metrics=results.metrics,
    log:
        results.segment_log,
    priority: LONGEST_CHAIN
    group:
        segments_in_one_job
    threads: 4
    resources:
        gpu=1,
        # Of one GPU's process: models and moments on their way to the device and back.
        mem_mb=more_each_attempt(10_000),
        runtime=segment_minutes,
    params:
        settings=student_settings,
        code=code("distil_segment"),
        teacher=teacher_option,
        shards=shards_to_read,
        # No output: Snakemake deletes the outputs of all segments of a failed group.
        attempts=results.attempts,
    message:
        "train {wildcards.student} to step {wildcards.step}"
    shell:
        "python scripts/distil_segment.py --settings {params.settings:q} --tokenizer $(dirname {input.tokenizer:q})"
        " --shards {params.shards:q} --token-counts {input.counts:q} {params.teacher} --state {input.state:q}"
        " --end-step {wildcards.step} --output {output.state:q} --metrics {output.metrics:q} --processes {resources.gpu}"
        " --attempts {params.attempts:q} --threads {threads} 2> {log:q}"


rule export_student:
    input:
        state=lambda wildcards: state_at(
            CONFIG.models[wildcards.model].student, CONFIG.students[CONFIG.models[wildcards.model].student].steps
        ),
        metrics=lambda wildcards: metrics_of(CONFIG.models[wildcards.model].student),
        tokenizer=tokenizer_of,
    output:
        expand(
            results.model_file,
            file=[*MODEL_FILES, "README.md", "tokenizer.json", "tokenizer_config.json"],
            allow_missing=True,
        ),
    log:
        results.log("export_student/{model}"),
    wildcard_constraints:
        model=models_with("student"),
    priority: LONGEST_CHAIN
    resources:
        mem_mb=more_each_attempt(6000),
        runtime=more_each_attempt(15),
    params:
        student=lambda wildcards: CONFIG.models[wildcards.model].student,
        settings=lambda wildcards: block(
            CONFIG.students[CONFIG.models[wildcards.model].student], exclude={"segment_steps"}
        ),
        code=code("export_student"),
        folder=results.model,
    message:
        "export {params.student} as {wildcards.model}"
    shell:
        "python scripts/export_student.py --student {params.student} --model {wildcards.model} --settings {params.settings:q}"
        " --tokenizer $(dirname {input.tokenizer:q}) --state {input.state:q} --metrics {input.metrics:q}"
        " --output {params.folder:q} 2> {log:q}"
