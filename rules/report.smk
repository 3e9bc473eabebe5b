"""Put all that people look at into one HTML file, Snakemake's own report: on request.

Reads: tables/, tables.html, energy.html, figures/.
Makes: report.html, self-contained; configuration.yaml and .html, what the run was asked to do.
"""

import html

import yaml

REPORTED = [results.tables_html, results.energy_html, *FIGURES]


def configuration_text():
    """The configuration as run, all files merged: YAML in the form of config.yaml."""
    plain = json.loads(json.dumps(config))  # in which no block is shared, or YAML would refer from one place to another
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, default_flow_style=None, width=110).rstrip()


report: "../workflow/report/workflow.rst"


localrules:
    write_configuration,
    report,


rule write_configuration:
    output:
        yaml=results.configuration_yaml,
        # For the page: it shows HTML and offers other text for download.
        html=report(
            results.configuration_html,
            caption="../workflow/report/configuration.rst",
            category="Configuration",
            labels={"file": "as run"},
        ),
    log:
        results.log("write_configuration"),
    params:
        text=lambda _: configuration_text(),
        page=lambda _: f"<meta charset=utf-8><pre>{html.escape(configuration_text())}</pre>",
    message:
        "write the configuration as run"
    shell:
        r"(printf '%s\n' {params.text:q} > {output.yaml:q} && printf '%s\n' {params.page:q} > {output.html:q}) 2> {log:q}"


rule report:
    input:
        reported=REPORTED,
        configuration=results.configuration_yaml,
        page=results.configuration_html,
    output:
        results.report,
    log:
        results.log("report"),
    params:
        snakefile=workflow.main_snakefile,
    message:
        "write report.html"
    # Snakemake reports from outside of a run: a second one, that runs nothing and takes the configuration as run.
    shell:
        "snakemake {input:q} --snakefile {params.snakefile:q} --configfile {input.configuration:q} --replace-workflow-config"
        " --workflow-profile none --cores 1 --nolock --report {output:q} > {log:q} 2>&1"
