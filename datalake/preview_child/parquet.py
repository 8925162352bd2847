"""Parquet: its columns with their types, and the first rows."""

from typing import Any

import arro3.io

from datalake.preview_child.limits import COLUMNS, ROWS, TREE, Section, shown
from datalake.preview_child.source import Source


def read(source: Source) -> list[Section]:
    """The schema from the end of the file, the first rows from its beginning; without those the schema stands alone."""
    reader = arro3.io.read_parquet(source.open())
    fields = [(str(field.name), kind_of(field)) for field in (reader.schema.field(number) for number in range(len(reader.schema)))]
    schema = Section(title="Columns", kind="tree", facts=[("columns", f"{len(fields):,}")], columns=["Column", "Type"])
    schema.rows = [[shown(name), shown(kind)] for name, kind in fields[:TREE]]
    first = Section(title="First rows", kind="table", columns=[shown(name) for name, _ in fields[:COLUMNS]])
    try:
        batch = next(iter(reader), None)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001 -- a row group that is broken or not here leaves the schema standing
        schema.note = (
            "Its rows are not among the parts of the file that a preview reads." if source.truncated else "Its rows could not be read."
        )
        return [schema]
    if batch is not None:
        columns = [
            [cell(batch.column(number)[row].as_py()) for row in range(min(batch.num_rows, ROWS))] for number in range(len(first.columns))
        ]
        first.rows = [list(row) for row in zip(*columns, strict=True)]
    return [first, schema]


def kind_of(field: Any) -> str:
    """A type's name, out of `arro3.core.DataType<Float64>`."""
    return str(field.type).strip().partition("<")[2].removesuffix(">") or str(field.type)


def cell(value: object) -> str:
    """One value, as a person reads it."""
    return f"{value:.6g}" if isinstance(value, float) else shown("" if value is None else value)
