"""Parquet: its columns with their types, and the first rows."""

from typing import Any

import arro3.io
import numpy as np
from arro3.core import DataType
from django.utils.translation import gettext as _

from datalake.files.preview_child.limits import COLUMNS, ROWS, TREE, NoPreview, Section, cut, shown
from datalake.files.preview_child.source import Source
from datalake.files.preview_child.values import text_of

MARK = b"PAR1"


def read(source: Source) -> list[Section]:
    """The schema from the end of the file, the first rows from its beginning; without those the schema stands alone."""
    if not source.content.startswith(MARK):
        raise NoPreview(_("This is not a Parquet file."))
    reader = arro3.io.read_parquet(source.open())
    fields = [(str(field.name), kind_of(field)) for field in (reader.schema.field(number) for number in range(len(reader.schema)))]
    schema = Section(title=_("Columns"), kind="tree", facts=[(_("columns"), f"{len(fields):,}")], columns=[_("Column"), _("Type")])
    schema.rows = [[shown(name), shown(kind)] for name, kind in fields[:TREE]]
    schema.say(cut(_("Columns shown"), TREE, len(fields)))
    first = Section(title=_("First rows"), kind="table", columns=[shown(name) for name, _kind in fields[:COLUMNS]])
    try:
        batch = next(iter(reader), None)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a row group that is broken or not here leaves the schema standing
        if source.truncated:
            schema.say(_("The rows are in a part of the file that a preview does not read."))
        else:
            schema.say(_("The rows could not be read."))
        return [schema]
    if batch is None:
        first.say(_("The table has no rows."))
        return [first, schema]
    columns = [cells(batch.column(number), min(batch.num_rows, ROWS)) for number in range(len(first.columns))]
    first.rows = [list(row) for row in zip(*(each or [""] * min(batch.num_rows, ROWS) for each in columns), strict=True)]
    broken = [name for name, each in zip(first.columns, columns, strict=True) if each is None]
    first.say(
        _("Rows shown: the first %(n)s.") % {"n": ROWS} if batch.num_rows > ROWS else "", cut(_("Columns shown"), COLUMNS, len(fields))
    )
    first.say(_("Columns that could not be read: %(names)s.") % {"names": ", ".join(broken)} if broken else "")
    return [first, schema]


def kind_of(field: Any) -> str:
    """A type's name, out of `arro3.core.DataType<Float64>`."""
    return str(field.type).strip().partition("<")[2].removesuffix(">") or str(field.type)


def cells(column: Any, count: int) -> list[str] | None:
    """The first cells of a column in its own precision; None where its kind cannot be read, which leaves the others standing."""
    try:
        part = column.slice(0, count)
        kind = part.type
        if (DataType.is_timestamp(kind) or DataType.is_time64(kind)) and kind.time_unit == "ns":
            return nanoseconds(part, dated=DataType.is_timestamp(kind))
        narrow = single if "Float32" in str(kind) and "Float64" not in str(kind) else half if DataType.is_float16(kind) else None
        values = part.to_pylist()
        return [text_of(narrow(value) if narrow else value) for value in values]
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- see above
        return None


def nanoseconds(part: Any, *, dated: bool) -> list[str]:
    """Times of a nanosecond, which Python's own have not: in UTC where the column has a zone."""
    counts, zone = part.cast(DataType.int64()).to_pylist(), "Z" if dated and part.type.tz else ""
    texts = ["" if count is None else f"{np.datetime64(count, 'ns')}{zone}" for count in counts]
    return texts if dated else [text.partition("T")[2] for text in texts]


def half(value: float | None) -> np.float16 | None:
    return None if value is None else np.float16(value)


def single(value: Any) -> Any:
    """A value that was widened by Python, in the precision that it is kept in."""
    if isinstance(value, float):
        return np.float32(value)
    if isinstance(value, list):
        return [single(item) for item in value]
    return {key: single(item) for key, item in value.items()} if isinstance(value, dict) else value
