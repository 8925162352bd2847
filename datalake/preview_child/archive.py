"""Zip: the list of what is inside, from the directory at its end; nothing is unpacked."""

import zipfile

from datalake.preview_child.limits import TREE, NoPreview, Section, cut, shown
from datalake.preview_child.source import Source


def read(source: Source) -> list[Section]:
    """Names and sizes."""
    try:
        entries = zipfile.ZipFile(source.open()).infolist()
    except zipfile.BadZipFile:
        raise NoPreview("It is not a zip file, or its end is missing.") from None
    files = [item for item in entries if not item.is_dir()]
    facts = [("files", f"{len(files):,}"), ("unpacked", f"{sum(item.file_size for item in files):,} bytes")]
    rows = [[shown(item.filename, 200), "folder" if item.is_dir() else f"{item.file_size:,}"] for item in entries[:TREE]]
    result = Section(title="Inside", kind="tree", facts=facts, columns=["Name", "Bytes"], rows=rows)
    locked = sum(item.flag_bits & 1 for item in files)
    result.say(cut("entries", len(rows), len(entries)), f"{locked:,} of them are encrypted." if locked else "")
    return [result]
