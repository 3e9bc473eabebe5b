"""Sum the energy of all jobs by stage, with its CO2: on request.

Reads: the records beside the logs, which are no outputs of their jobs: they say what was spent, on every try, and nothing is made
from them but this. After tables.tex, when the jobs behind it have ended.
Makes: energy.tex, energy.html, energy.txt, energy/stages.csv, energy/jobs.csv; energy.pdf by the rule of tables.pdf.
"""

FOOTPRINT_TEXTS = [
    *sorted(REFERENCES.glob("*.jinja")),
    *sorted(REFERENCES.glob("words/*.yaml")),
    *sorted((REFERENCES.parent / "energy").glob("reference/*.csv")),
]


def footprint_settings(_):
    settings = FootprintSettings(energy=CONFIG.energy, language=CONFIG.tables.language, note=CONFIG.tables.note)
    return block(settings)


localrules:
    sum_energy,


rule sum_energy:
    input:
        results.tables_tex,
    output:
        stages=report(
            results.energy_table.format(table="stages"),
            caption="../workflow/report/energy.rst",
            category="Energy",
            labels={"table": "stages"},
        ),
        jobs=report(
            results.energy_table.format(table="jobs"),
            caption="../workflow/report/energy.rst",
            category="Energy",
            labels={"table": "jobs"},
        ),
        latex=results.energy_tex,
        text=results.energy_txt,
        html=report(
            results.energy_html,
            caption="../workflow/report/energy.rst",
            category="Energy",
            labels={"table": "energy and CO2"},
        ),
    log:
        results.log("sum_energy"),
    params:
        settings=footprint_settings,
        code=code("sum_energy"),
        # No inputs, as in assemble_tables.
        references=lambda _: fingerprint_of([sha256_of(path) for path in FOOTPRINT_TEXTS]),
        logs=results.logs,
    message:
        "sum the energy of all jobs"
    shell:
        "python scripts/sum_energy.py --settings {params.settings:q} --logs {params.logs:q} --stages {output.stages:q}"
        " --jobs {output.jobs:q} --latex {output.latex:q} --html {output.html:q} --text {output.text:q} 2> {log:q}"
