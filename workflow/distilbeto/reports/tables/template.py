"""The templates of whole documents."""

from pathlib import Path

import jinja2


def template(name: str, *, escaped: bool) -> jinja2.Template:
    """A template of this folder. Its marks, <% %> and << >>, are none of LaTeX's. `escaped`: texts, for HTML."""
    environment = jinja2.Environment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        undefined=jinja2.StrictUndefined,
        autoescape=escaped,  # noqa: S701 - off for LaTeX, which latex.py escapes
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string((Path(__file__).parent / name).read_text(encoding="utf-8"))
