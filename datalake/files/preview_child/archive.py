"""Zip: the list of what is inside, from the directory at its end; nothing is unpacked."""

import zipfile

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake.files.preview_child.limits import TREE, NoPreview, Section, cut, shown
from datalake.files.preview_child.source import Source


def read(source: Source) -> list[Section]:
    """Names and sizes."""
    try:
        entries = zipfile.ZipFile(source.open()).infolist()
    except zipfile.BadZipFile:
        raise NoPreview(_("This is not a zip file, or its end is missing.")) from None
    files = [item for item in entries if not item.is_dir()]
    size = sum(item.file_size for item in files)
    unpacked = ngettext("%(n)s byte", "%(n)s bytes", size) % {"n": f"{size:,}"}
    facts = [(_("files"), f"{len(files):,}"), (_("unpacked"), unpacked)]
    rows = [[shown(item.filename, 200), _("folder") if item.is_dir() else f"{item.file_size:,}"] for item in entries[:TREE]]
    result = Section(title=_("Contents"), kind="tree", facts=facts, columns=[_("Name"), _("Bytes")], rows=rows)
    locked = sum(item.flag_bits & 1 for item in files)
    encrypted = ngettext("%(n)s file is encrypted.", "%(n)s files are encrypted.", locked) % {"n": f"{locked:,}"}
    result.say(cut(_("Entries shown"), len(rows), len(entries)), encrypted if locked else "")
    return [result]
