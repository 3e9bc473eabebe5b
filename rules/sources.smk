"""Fetch what comes from outside.

Reads: URLs, Hub repositories and local paths named in `sources`; the miniature is generated.
Makes: sources/{source}.json (manifest with checksums) and sources/{source}/ (the files).
"""

from distilbeto.sources.local import is_remote, local_files, local_path


def resolved(source):
    """The settings of a source, with the place of generated data filled in."""
    settings = CONFIG.sources[source]
    name = settings.location.removeprefix("miniature:")
    return (
        settings
        if name == settings.location
        else settings.model_copy(update={"location": f"{results.miniature}/{name}"})
    )


def local_input(wildcards):
    """The local files that a source is; none where they are not there yet, so that a plan can be made without them."""
    if CONFIG.sources[wildcards.source].location.startswith("miniature:"):
        return [results.miniature]
    return [str(path) for path in local_files(resolved(wildcards.source))]  # a folder's own time says nothing of them


def refuse_missing_paths():
    """Before the first job: every local path that this run needs and that is not there, all at once."""
    needed = {job.wildcards.source for job in workflow.dag.needrun_jobs() if job.rule.name == "fetch"}
    locations = {source: CONFIG.sources[source].location for source in sorted(needed)}
    lines = [
        f"sources.{source}: {location} does not exist"
        for source, location in locations.items()
        if not is_remote(location) and not location.startswith("miniature:") and not local_path(location).exists()
    ]
    if lines:
        raise WorkflowError(
            "Local data that this run needs is not there:\n  "
            + "\n  ".join(lines)
            + "\nPut it there, or give its place as `location`, or say in `missing` why it cannot be had:"
            " its cells in the tables are then dashes with that reason."
        )


localrules:
    fetch,


rule fetch:
    input:
        local_input,
    output:
        manifest=results.source_manifest,
        folder=directory(results.source),
    log:
        results.log("fetch/{source}"),
    priority: LONGEST_CHAIN
    params:
        settings=lambda wildcards: block(resolved(wildcards.source), exclude={"missing"}),
        code=code("fetch"),
        offline="--offline" if CONFIG.offline else "",
    message:
        "fetch {wildcards.source}"
    shell:
        "python scripts/fetch.py --name {wildcards.source} --settings {params.settings:q} {params.offline}"
        " --checksums checksums.json --output {output.folder:q} --manifest {output.manifest:q} 2> {log:q}"


if CONFIG.miniature:

    rule generate_miniature:
        output:
            directory(results.miniature),
        log:
            results.log("generate_miniature"),
        resources:
            mem_mb=more_each_attempt(2000),
            runtime=more_each_attempt(10),
        params:
            settings=lambda _: block(CONFIG.miniature),
            code=code("generate_miniature"),
        message:
            "generate the miniature's data"
        shell:
            "python scripts/generate_miniature.py --settings {params.settings:q} --output {output:q} 2> {log:q}"
