"""The child's beginning: limits first, then the one reader that the kind wants."""

import json
import os
import sys
import warnings
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from datalake.files.preview_child.limits import NoPreview, Section, limit_reading, lock_down
from datalake.files.preview_child.source import Source

EMPTY = gettext_lazy("The file is empty.")
ROOT = Path(__file__).resolve().parents[3]
READERS = {
    name: name
    for name in ("archive", "ecsv", "fits", "hdf5", "notebook", "parquet", "pdf", "picture", "root", "table", "text", "thumbnail")
}


def main() -> None:
    """Write {"sections": [...]} or {"error": why} to stdout."""
    lock_down()
    use_floor_alone()
    use_language(sys.argv[6])
    warnings.simplefilter("ignore")  # a file's own oddities are no news for the log
    kind, packed, size, head, most = sys.argv[1], sys.argv[2] == "gzip", *(int(number) for number in sys.argv[3:6])
    try:
        source = Source(sys.stdin.buffer.read(), size, head, most)
        answer: dict[str, object] = {"sections": [asdict(item) for item in sections(kind, source.unpacked() if packed else source)]}
    except NoPreview as error:
        answer = {"error": str(EMPTY) if str(error) == str(EMPTY) else _("No preview available. %(reason)s") % {"reason": error}}
    except MemoryError:
        answer = {"error": _("No preview available. Reading this file needs too much memory.")}
    except RecursionError:
        answer = {"error": _("No preview available. The file is nested too deeply.")}
    except BaseException:  # noqa: BLE001 -- whatever a broken file does to a parser (a panic in Rust is no Exception), the answer is one sentence
        reason = _("The file is damaged, or its type does not match its name.")
        answer = {"error": _("No preview available. %(reason)s") % {"reason": reason}}
    json.dump(answer, sys.stdout)
    sys.stdout.flush()
    os._exit(0)  # a reader's threads are not waited for


def sections(kind: str, source: Source) -> list[Section]:
    """What the reader of the kind makes of the file, with what the unpacking had to say first."""
    if not source.content:
        raise NoPreview(source.remark or str(EMPTY))
    kind = "ecsv" if kind == "table" and source.content.startswith(b"# %ECSV") else kind
    reader = import_module(f"datalake.files.preview_child.{READERS[kind]}")
    limit_reading()
    try:
        found: list[Section] = reader.read(source)
    except NoPreview as error:  # what went wrong while it was unpacked says more
        raise NoPreview(source.remark or str(error)) from None
    return [Section(title="", kind="note", note=source.remark), *found] if source.remark else found


def use_floor_alone() -> None:
    """Let the readers import the portal's modules for text and tables, without the application and Celery that its package starts."""
    floor = ModuleType("vre_portal")
    floor.__path__ = [str(ROOT / "vre_portal")]
    sys.modules["vre_portal"] = floor


def use_language(language: str) -> None:
    """Set up the translations of a language, without any of the portal's applications."""
    settings.configure(LANGUAGE_CODE=language, LOCALE_PATHS=[ROOT / "locale"])
    apps.populate(())


if __name__ == "__main__":
    main()
