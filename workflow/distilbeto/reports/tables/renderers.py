"""Pages as LaTeX, HTML and aligned text: the last step of each."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

import jinja2

from distilbeto.reports.tables.format import escape, without_latex
from distilbeto.reports.tables.text import Cell, Document, Line, Number, Page

WIDTH = 100


def latex_document(document: Document) -> str:
    """A document of all tables, in the form of the thesis, that compiles on its own with pdflatex."""
    template = _template("template.tex.jinja", escaped=False)
    tables = [latex_table(page) for page in document.pages]
    return template.render(
        document=document, words=document.words, title=escape(document.title), note=escape(document.note), tables=tables
    )


def html_document(document: Document) -> str:
    """One page for a browser, which needs nothing but itself."""
    template = _template("template.html.jinja", escaped=True)
    return template.render(document=document, words=document.words, without_latex=without_latex)


def text_document(pages: Sequence[Page]) -> str:
    """All tables, one below the other, for the terminal; the best value of a column has a star."""
    return "\n".join(text_table(page) for page in pages)


def _template(name: str, *, escaped: bool) -> jinja2.Template:
    """A template of this folder. Its marks, <% %> and << >>, are none of LaTeX's. `escaped`: texts, for HTML."""
    environment = jinja2.Environment(
        block_start_string="<%",
        block_end_string="%>",
        variable_start_string="<<",
        variable_end_string=">>",
        undefined=jinja2.StrictUndefined,
        autoescape=escaped,  # noqa: S701 - off for LaTeX, where texts are escaped below
        trim_blocks=True,
        keep_trailing_newline=True,
    )
    return environment.from_string((Path(__file__).parent / name).read_text(encoding="utf-8"))


def latex_table(page: Page) -> dict[str, object]:
    """What the template needs of one table: number, caption, column specification, header, rows, notes."""
    centred = page.key in ("5.3", "5.2.intervals", "5.3.intervals")
    headings = [escape(heading) for heading in page.headings]
    reasons = enumerate(page.reasons, start=1)
    return {
        "number": page.label,
        "caption": escape(page.caption),
        "entry": escape(page.entry),
        "columns": "l" + ("c" if centred else "r") * (len(headings) - 1),
        "wide": page.key == "differences",  # all columns in one table: with smaller gaps it is shrunk less
        "headers": [*(_latex_line(page, line) for line in page.above), " & ".join(headings)],
        "rows": [_latex_line(page, line) for line in page.lines],
        "apart": [_latex_line(page, line) for line in page.apart],
        "notes": [
            *(escape(remark) for remark in page.remarks),
            *(f"\\textsuperscript{{{number}}} {escape(reason)}" for number, reason in reasons),
        ],
    }


def _latex_line(page: Page, line: Line) -> str:
    cells = zip(line.cells, page.deviations, strict=True)
    return " & ".join([line.name, *(_latex_cell(cell, widest) for cell, widest in cells)])


def _latex_cell(cell: Cell, widest: str) -> str:
    """Superscripts take no width, so that the digits of a column stay below each other."""
    raised = f"\\rlap{{\\textsuperscript{{{cell.mark}}}}}" if cell.mark else ""
    if not cell.numbers:
        return f"---{raised}" if raised else ""
    *others, last = cell.numbers
    return " / ".join([*(_latex_number(other, "", widest) for other in others), _latex_number(last, raised, widest)])


def _latex_number(number: Number, raised: str, widest: str) -> str:
    """A number, its superscript and its deviation; or, where others of the column have one, the room of the widest."""
    text = (f"\\textbf{{{number.text}}}" if number.bold else number.text) + raised
    deviation = f" {{\\scriptsize$\\pm$\\,{number.deviation or widest}}}" if widest else ""
    return text + (deviation if number.deviation or not widest else f"\\phantom{{{deviation}}}")


def text_table(page: Page) -> str:
    title = f"{page.label}  {page.caption}" + (f" [{page.note}]" if page.note else "")
    lines = _aligned(
        [*(_texts(page, line) for line in page.above), page.headings, *(_texts(page, line) for line in page.body)]
    )
    rule, head = "-" * max(map(len, lines)), len(page.above) + 1
    body, apart = lines[head : head + len(page.lines)], lines[head + len(page.lines) :]
    notes = [*page.remarks, *(f"[{number}] {reason}" for number, reason in enumerate(page.reasons, start=1))]
    below = [*apart, rule] if apart else []
    noted = [line for note in notes for line in _wrapped(note)]
    return "\n".join([*_wrapped(title), rule, *lines[:head], rule, *body, rule, *below, *noted, ""])


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_on_hyphens=False)


def _aligned(rows: Sequence[list[str]]) -> list[str]:
    """Columns as wide as their widest text: names to the left, numbers to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    padded = [[text.rjust(width) for text, width in zip(row, widths, strict=True)] for row in rows]
    return ["  ".join([row[0].ljust(widths[0]), *texts[1:]]).rstrip() for row, texts in zip(rows, padded, strict=True)]


def _texts(page: Page, line: Line) -> list[str]:
    marked = any(cell.mark for other in page.body for cell in other.cells if cell.numbers)
    cells = zip(line.cells, page.deviations, strict=True)
    return [without_latex(line.name), *(_text_cell(cell, widest, marked) for cell, widest in cells)]


def _text_cell(cell: Cell, widest: str, marked: bool) -> str:
    """A cell without a superscript ends in a space where others have one, so that digits stay below each other."""
    if not cell.numbers:
        return f"- [{cell.mark}]" if cell.mark else ""
    *others, last = cell.numbers
    mark = cell.mark.ljust(1) if marked else ""
    return " / ".join([*(_text_number(other, "", widest) for other in others), _text_number(last, mark, widest)])


def _text_number(number: Number, mark: str, widest: str) -> str:
    """A number, its superscript and its deviation; or, where others of the column have one, the room of the widest."""
    text = ("*" if number.bold else "") + number.text
    room = len(f" ±{widest}") if widest else 0
    return text + f" ±{number.deviation}".ljust(room) + mark if number.deviation else text + mark + " " * room
