"""PDF documents: what they are. They hold scripts and links and are not shown inside of a page."""

import re

from django.utils.translation import gettext as _

from datalake.files.preview_child.limits import NoPreview, Section
from datalake.files.preview_child.source import Source

HEADER = re.compile(rb"%PDF-([0-9]\.[0-9])")


def read(source: Source) -> list[Section]:
    """The version of the format, and how to read it."""
    found = HEADER.search(source.content)
    if found is None:
        raise NoPreview(_("This is not a PDF document."))
    note = _("PDF documents are not shown here. Download the file to read it.")
    return [Section(title=_("PDF document"), kind="document", facts=[(_("format"), f"PDF {found[1].decode()}")], note=note)]
