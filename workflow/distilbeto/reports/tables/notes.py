"""What stands under a table: what it counts, how often it was measured, who published what, why a cell is missing."""

from distilbeto.reports.tables.table import Table
from distilbeto.reports.tables.words import Words


def label(table: Table, words: Words) -> str:
    """The number of a table, such as `5.2 (oficial)`."""
    kind = words.kinds.get(table.protocol)
    return f"{table.number} ({kind})" if kind else table.number


def caption(table: Table, words: Words) -> str:
    captions = words.interval_captions if table.protocol == "intervals" else words.captions
    return captions[table.key].format(subject=table.subject)


def remarks(table: Table, words: Words) -> list[str]:
    """The notes of a whole table, as plain text."""
    counted = words.protocols[table.protocol].get(table.key, "")
    searched = words.searched.format(grid=table.grid) if table.grid else ""
    remarks = (
        counted,
        searched,
        _spread(table, words),
        _differences(table, words),
        _citations(table, words),
        *table.remarks,
    )
    return [remark for remark in remarks if remark]


def reasons(table: Table) -> list[str]:
    """The reasons why cells of a table are missing, each once, in the order of the table."""
    return list(dict.fromkeys(cell.note for row in table.rows for cell in row.cells if not cell.numbers))


def _spread(table: Table, words: Words) -> str:
    counts = [len(number.values) for row in table.rows for cell in row.cells for number in cell.numbers]
    if max(counts, default=1) == 1:
        return ""
    text = words.several_runs if table.number == "5.5" else words.several_seeds
    return text.format(count=max(counts))


def _differences(table: Table, words: Words) -> str:
    if table.key != "differences":
        return ""
    numbers = [number for row in table.rows for cell in row.cells for number in cell.numbers]
    return words.far if any(number.standard_deviation is not None for number in numbers) else words.no_deviation


def _citations(table: Table, words: Words) -> str:
    """The sources of the published rows; those of an average stand under the tables that it is taken of."""
    cells = [cell for row in table.rows for cell in row.cells if cell.numbers and cell.citation and cell.task]
    marks = dict.fromkeys(sorted((cell.superscript, cell.citation) for cell in cells))
    parts = [f"({mark}) {citation}" for mark, citation in marks if mark]
    parts += [f"({words.without_superscript}) {citation}" for mark, citation in marks if not mark]
    return f"{words.superscripts}: {', '.join(parts)}." if parts else ""
