"""The child's beginning: limits first, then the one reader that the kind wants."""

import json
import os
import sys
import warnings
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import ModuleType

from datalake.preview_child.limits import NoPreview, Section, limit_reading, lock_down
from datalake.preview_child.source import Source

EMPTY = "It is empty."
READERS = {name: name for name in ("archive", "ecsv", "fits", "hdf5", "notebook", "parquet", "picture", "root", "table", "text")}


def main() -> None:
    """Write {"sections": [...]} or {"error": why} to stdout."""
    lock_down()
    use_floor_alone()
    warnings.simplefilter("ignore")  # a file's own oddities are no news for the log
    kind, packed, size, head, most = sys.argv[1], sys.argv[2] == "gzip", *(int(number) for number in sys.argv[3:6])
    try:
        source = Source(sys.stdin.buffer.read(), size, head, most)
        answer: dict[str, object] = {"sections": [asdict(item) for item in sections(kind, source.unpacked() if packed else source)]}
    except NoPreview as error:
        answer = {"error": f"No preview: {error}" if str(error) != EMPTY else EMPTY}
    except MemoryError:
        answer = {"error": "No preview: it needs more memory than a preview may use."}
    except RecursionError:
        answer = {"error": "No preview: it is nested more deeply than a preview goes."}
    except BaseException as error:  # noqa: BLE001 -- whatever a broken file does to a parser (a panic in Rust is no Exception), the answer is one sentence
        answer = {"error": f"No preview: it could not be read as what its name says ({type(error).__name__})."}
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # a reader's threads are not waited for


def sections(kind: str, source: Source) -> list[Section]:
    """What the reader of the kind makes of the file, with what the unpacking had to say first."""
    if not source.content:
        raise NoPreview(EMPTY)
    kind = "ecsv" if kind == "table" and source.content.startswith(b"# %ECSV") else kind
    reader = import_module(f"datalake.preview_child.{READERS[kind]}")
    limit_reading()
    found: list[Section] = reader.read(source)
    return [Section(title="", kind="note", note=source.remark), *found] if source.remark else found


def use_floor_alone() -> None:
    """Let the readers import what the floor says of text and tables, without the Django and Celery that its package starts with."""
    floor = ModuleType("vre_portal")
    floor.__path__ = [str(Path(__file__).resolve().parents[2] / "vre_portal")]
    sys.modules["vre_portal"] = floor


if __name__ == "__main__":
    main()
