"""Put all that people look at into one HTML file, Snakemake's own report: on request.

Reads: tables/, tables.html, energy.html, figures/.
Makes: report.html, self-contained; configuration.json and .html, what the run was asked to do.
"""

import html

REPORTED = [f"{RESULTS}/tables.html", f"{RESULTS}/energy.html", *FIGURES]


report: "../workflow/report/workflow.rst"


localrules:
    write_configuration,
    report,


rule write_configuration:
    output:
        json=f"{RESULTS}/configuration.json",
        # For the page: it shows HTML and offers other text for download.
        html=report(
            f"{RESULTS}/configuration.html",
            caption="../workflow/report/configuration.rst",
            category="Configuration",
            labels={"file": "as run"},
        ),
    log:
        f"{RESULTS}/logs/write_configuration.log",
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
        configuration=f"{RESULTS}/configuration.json",
        page=f"{RESULTS}/configuration.html",
    output:
        f"{RESULTS}/report.html",
    log:
        f"{RESULTS}/logs/report.log",
    params:
        snakefile=workflow.main_snakefile,
    message:
        "write report.html"
    # Snakemake reports from outside of a run: a second one, that runs nothing and takes the configuration as run.
    shell:
        "snakemake {input:q} --snakefile {params.snakefile:q} --configfile {input.configuration:q} --replace-workflow-config"
        " --workflow-profile none --cores 1 --nolock --report {output:q} > {log:q} 2>&1"
