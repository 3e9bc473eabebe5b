"""What Snakemake keeps on record of each result, and what it takes for a change of it.

Reads: records/, where each result's record lies with the results, so that a copy of them knows what made them;
.snakemake/metadata, where versions before this one left records; accepted.json; the results' own settings.
Makes: records/{output, in base64}; records/code/{digest}.json, the digest of each file of a job's code.

This file alone knows how Snakemake keeps its records. It takes the place of snakemake.persistence.file.FilePersistence;
the version of Snakemake is pinned, and tests/workflow/test_staleness.py tells whether a newer one still asks it.
"""

import ast
import atexit
import contextlib
from base64 import urlsafe_b64decode
from collections import Counter

import snakemake.workflow
from snakemake.persistence import NO_PARAMS_CHANGE, ParamsChange
from snakemake.persistence.file import FilePersistence

from distilbeto.plan import records
from distilbeto.plan.acceptance import read_accepted, stages_in_use
from distilbeto.plan.explanation import Job, Plan

RECORDS = Path(results.records)
# The environment variable with which scripts/explain.py asks a dry run to write down what it would run, and why.
EXPLANATION = "DISTILBETO_EXPLANATION"

try:
    ACCEPTED = read_accepted(Path(results.accepted))
except UserError as error:
    raise WorkflowError(str(error)) from None


def values_of(record):
    """The params of a record, as values again."""
    return [ast.literal_eval(text) for text in record.params]


class Records(FilePersistence):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._earlier, self._metadata_path = self._metadata_path, str(RECORDS)

    # Records name the folder of results {results}, so that it can be moved.
    def _io_read(self, subject, id):
        if subject != self._metadata_path:
            return super()._io_read(subject, id)
        found = super()._io_read(subject, records.without_place(id, CONFIG.results))
        return records.in_place(found, CONFIG.results) or super()._io_read(self._earlier, id)

    def _io_write(self, subject, json_value, id, **kwargs):
        if subject == self._metadata_path:
            super()._io_delete(self._earlier, id)
            json_value, id = (records.without_place(value, CONFIG.results) for value in (json_value, id))
        super()._io_write(subject, json_value, id, **kwargs)

    def _io_delete(self, subject, id):
        if subject == self._metadata_path:
            super()._io_delete(self._earlier, id)
            id = records.without_place(id, CONFIG.results)
        return super()._io_delete(subject, id)

    def _clear_cache(self):
        super()._clear_cache()
        Records.changes.cache_clear()

    async def finished(self, job):
        code = str(job.params.get("code"))[:16]
        if self.dag.workflow.is_main_process and code in CODE_PARTS:
            path = RECORDS / f"code/{code}.json"
            if not path.exists():
                write_json(path, CODE_PARTS[code])
        await super().finished(job)

    def has_metadata(self, job):
        """A result without a record speaks for itself."""
        return True

    @functools.cache
    def changes(self, job, file):
        """What has changed since `file`, an output of `job`, was made."""
        record, today = self.metadata(file), self.recipe(job)
        if record is None or record.params is None:
            own = None if any(map(self.metadata, job.output)) else self.own_settings(job)
            return records.changes_of_settings(own, today) if own else records.Changes()
        if set(record.params) == set(self._params(job)) and record.code == today.command:
            return records.Changes()
        changed = records.changes(values_of(record), record.code or "", today)
        accepted = changed.code and any((job.rule.name, *changed.code) == entry[:3] for entry in ACCEPTED)
        return changed._replace(code=None) if accepted else changed

    @functools.cache
    def own_settings(self, job):
        found = (records.own_settings(Path(file)) for file in job.output)
        return next((settings for settings in found if settings), None)

    def recipe(self, job):
        """Without what is derived from inputs and outputs: Snakemake records none of it."""
        items = [name for name, item in job.rule.params._allitems() if not job.rule._is_deriving_function(item)]
        params = dict(zip(items, job.non_derived_params, strict=True))
        return records.Recipe(params, self._code(job.rule) or "", CONFIG.results)

    def params_changed(self, job, file=None):
        found = NO_PARAMS_CHANGE
        for output in [file] if file else job.output:
            settings = self.changes(job, output).settings
            before, now = ({f"{place}: {values[side]}" for place, values in settings.items()} for side in (0, 1))
            found |= ParamsChange(before, now, {output})
        return found

    def _code_changed(self, job, file=None):
        return self.changes(job, file).code is not None


snakemake.workflow.FilePersistence = Records


def results_made():
    """The stage and the code of every result that is there and on record. What is no record says nothing."""
    for folder in (RECORDS, Path(".snakemake/metadata")):
        for path in (
            path for path in folder.rglob("*") if path.is_file() and "code" not in path.relative_to(folder).parts
        ):
            with contextlib.suppress(ValueError, TypeError, AttributeError, KeyError, SyntaxError):
                output = urlsafe_b64decode("".join(path.relative_to(folder).parts).replace("@", "")).decode()
                record = json.loads(path.read_text())
                params = [ast.literal_eval(text) for text in record["params"] or []]
                if Path(output := records.in_place(output, CONFIG.results)).exists() and output.startswith(
                    CONFIG.results
                ):
                    yield record["rule"], records.recorded_identity(params, record["code"] or "")


def is_in_force(entry):
    """Not so once the code is again what it was before the decision."""
    old, new = (code.partition("+")[0][:16] in CODE_PARTS for code in (entry.old, entry.new))
    return new or not old


def accepted_stages():
    """Stages with results that the tables rest on only because a person accepted them."""
    return stages_in_use(filter(is_in_force, ACCEPTED), results_made()) if ACCEPTED else []


def files_changed(code):
    """The files that differ between the code before and now; None where it is not on record."""
    before, now = (side.partition("+")[0][:16] for side in code)
    path = RECORDS / f"code/{before}.json"
    if before == now:
        return []
    if not path.exists() or now not in CODE_PARTS:
        return None
    old, new = read_json(path), CODE_PARTS[now]
    return sorted(file for file in old.keys() | new.keys() if old.get(file) != new.get(file))


def job_to_explain(job, varying):
    """Of a job that would run: with all that has changed, also where Snakemake stops at the first reason."""
    reason, made = workflow.dag.reason(job), [file for file in job.output if os.path.exists(file)]
    wildcards = {name: value for name, value in job.wildcards_dict.items() if (job.rule, name) in varying}
    missing = len(made) < len(job.output) and reason.missing_output
    if missing or not made:
        return Job(job.rule.name, wildcards)
    found = [workflow.persistence.changes(job, file) for file in made]
    code = next((changes.code for changes in found if changes.code), None)
    return Job(
        job.rule.name,
        wildcards,
        made=max(map(os.path.getmtime, made)),
        code=code,
        files=files_changed(code) if code else None,
        settings={place: values for changes in found for place, values in changes.settings.items()},
        inputs=any(workflow.persistence.input_changed(job)),
        newer=[str(file) for file in reason.updated_input - reason.updated_input_run],
        forced=reason.forced,
    )


def write_explanation(path):
    """When the plan is made: what it would run, in the order of the stages."""
    dag = workflow._dag
    if dag is None:
        return
    order = {job.rule.name: place for place, level in enumerate(dag.toposorted()) for job in level}
    jobs = [job for job in dag.needrun_jobs(exclude_finished=False) if job.output]
    values = {(job.rule, name, value) for job in dag.jobs for name, value in job.wildcards_dict.items()}
    varying = {place for place, count in Counter((rule, name) for rule, name, _ in values).items() if count > 1}
    kept = [job for job in dag.jobs if job.output and not dag.needrun(job)]
    unrecorded = [job for job in kept if not any(map(workflow.persistence.metadata, job.output))]
    tables = [job for job in dag.jobs if job.rule.name == "assemble_tables"]
    behind = {job.rule.name for job in (dag.bfs(dag.dependencies, *tables) if tables else dag.jobs)}
    plan = Plan(
        CONFIG.results,
        [job_to_explain(job, varying) for job in sorted(jobs, key=lambda job: (order[job.rule.name], job.rule.name))],
        Counter(job.rule.name for job in unrecorded if any(map(os.path.exists, job.output))),
        sorted(behind - {"assemble_tables"}),
    )
    write_json(Path(path), plan._asdict() | {"jobs": [job._asdict() for job in plan.jobs]})


if EXPLANATION in os.environ and workflow.is_main_process:
    atexit.register(write_explanation, os.environ[EXPLANATION])
