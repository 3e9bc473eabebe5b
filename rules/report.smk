"""Put all that people look at into one HTML file, Snakemake's own report: on request.

Reads: tables/, tables.txt, energy.txt, figures/.
Makes: report.html, self-contained; configuration.json, what the run was asked to do.
"""

REPORTED = [f"{RESULTS}/tables.txt", f"{RESULTS}/energy.txt", *all_figures()]


report: "../workflow/report/workflow.rst"


localrules:
    write_configuration,
    report,


rule write_configuration:
    output:
        report(
            f"{RESULTS}/configuration.json",
            caption="../workflow/report/configuration.rst",
            category="Configuration",
        ),
    log:
        f"{RESULTS}/logs/write_configuration.log",
    params:
        text=lambda _: json.dumps(config, indent=2, ensure_ascii=False),
    message:
        "write the configuration as run"
    shell:
        r"printf '%s\n' {params.text:q} > {output:q} 2> {log:q}"


rule report:
    input:
        reported=REPORTED,
        configuration=f"{RESULTS}/configuration.json",
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
        "snakemake {input:q} --snakefile {params.snakefile:q} --configfile {input.configuration:q}"
        " --workflow-profile none --cores 1 --nolock --report {output:q} > {log:q} 2>&1"
