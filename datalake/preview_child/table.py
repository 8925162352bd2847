"""CSV, TSV and ECSV: the first lines as a table."""

from datalake.preview_child.limits import COLUMNS, ROWS, NoPreview, Section, cut, shown
from datalake.preview_child.source import Source
from datalake.preview_child.text import decoded
from vre_portal.csv_reader import read_csv

MOST_ROWS = 15


def read(source: Source) -> list[Section]:
    """The first rows."""
    decoded(source)  # raises where it is no text
    table = read_csv(source.content, max_rows=MOST_ROWS, max_bytes=len(source.content), is_whole=not source.truncated)
    if not table.column_count:
        raise NoPreview("It has no rows.")
    result = Section(title="Table", kind="table", facts=[("rows", table.row_count_text), ("columns", f"{table.column_count:,}")])
    result.columns = [shown(name) for name in table.header[:COLUMNS]] or [
        f"Column {number + 1}" for number in range(min(COLUMNS, table.column_count))
    ]
    result.rows = [[shown(value) for value in row[:COLUMNS]] for row in table.rows]
    result.facts += [("comments", f"{len(table.comments):,}")] if table.comments else []
    result.cards = [("", shown(comment, 200), "") for comment in table.comments[:ROWS]]
    result.say(
        *table.notes,
        cut("columns", COLUMNS, table.column_count),
        cut("rows", len(table.rows), table.row_count, at_least=not table.is_count_exact),
    )
    return [result]
