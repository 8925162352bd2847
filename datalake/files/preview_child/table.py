"""CSV, TSV and ECSV: the first lines as a table."""

from django.utils.translation import gettext as _

from datalake.files.preview_child.limits import COLUMNS, ROWS, NoPreview, Section, cut, shown
from datalake.files.preview_child.source import Source
from datalake.files.preview_child.text import decoded
from vre_portal.csv_reader import read_csv

MAX_ROWS = 15


def read(source: Source) -> list[Section]:
    """The first rows."""
    decoded(source)  # raises where it is no text
    table = read_csv(source.content, max_rows=MAX_ROWS, max_bytes=len(source.content), is_whole=not source.truncated)
    if not table.column_count:
        raise NoPreview(_("The table has no rows."))
    result = Section(title="", kind="table", facts=[(_("rows"), table.row_count_text), (_("columns"), f"{table.column_count:,}")])
    result.columns = [shown(name) for name in table.header[:COLUMNS]] or [
        _("Column %(number)s") % {"number": number + 1} for number in range(min(COLUMNS, table.column_count))
    ]
    result.rows = [[shown(value) for value in row[:COLUMNS]] for row in table.rows]
    result.facts += [(_("comments"), f"{len(table.comments):,}")] if table.comments else []
    result.cards = [("", shown(comment, 200), "") for comment in table.comments[:ROWS]]
    result.say(
        *table.notes,
        cut(_("Columns shown"), COLUMNS, table.column_count),
        cut(_("Rows shown"), len(table.rows), table.row_count, at_least=not table.is_count_exact),
    )
    return [result]
