"""Put all that people look at into one HTML file, Snakemake's own report: on request.

Reads: tables/, tables.html, energy.html, figures/.
Makes: report.html, self-contained; configuration.json and .html, what the run was asked to do.
"""

import html

REPORTED = [results.tables_html, results.energy_html, *FIGURES]


report: "../workflow/report/workflow.rst"


localrules:
    write_configuration,
    report,


rule write_configuration:
    output:
        json=results.configuration_json,
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
        text=lambda _: json.dumps(config, indent=2, ensure_ascii=False),
        page=lambda _: f"<meta charset=utf-8><pre>{html.escape(json.dumps(config, indent=2, ensure_ascii=False))}</pre>",
    message:
        "write the configuration as run"
    shell:
        r"(printf '%s\n' {params.text:q} > {output.json:q} && printf '%s\n' {params.page:q} > {output.html:q}) 2> {log:q}"


rule report:
    input:
        reported=REPORTED,
        configuration=results.configuration_json,
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
