"""Zip: the list of what is inside, from the directory at its end; nothing is unpacked."""

import zipfile

from datalake.preview_child.limits import TREE, NoPreview, Section, shown
from datalake.preview_child.source import Source


def read(source: Source) -> list[Section]:
    """Names and sizes."""
    try:
        entries = zipfile.ZipFile(source.open()).infolist()
    except zipfile.BadZipFile:
        raise NoPreview("It is not a zip file, or its end is missing.") from None
    facts = [("files", f"{len(entries):,}"), ("unpacked", f"{sum(item.file_size for item in entries):,} bytes")]
    rows = [[shown(item.filename), f"{item.file_size:,}"] for item in entries[:TREE]]
    note = "Only its first entries are shown." if len(entries) > TREE else ""
    return [Section(title="Inside", kind="tree", facts=facts, columns=["Name", "Bytes"], rows=rows, note=note)]
