"""How much data a run may read, in words where it is too much."""

from collections.abc import Sequence

from django.conf import settings
from django.utils.translation import gettext as _

from projects.workflows.models import RunInput
from vre_portal.portable_gettext import grouped
from vre_portal.text import size

GIGABYTE = 10**9


def too_many() -> str:
    """That the inputs hold more files than a run may read."""
    return _("The inputs hold more than %(limit)s files, which is the limit for one run.") % {"limit": grouped(settings.INPUT_FILES)}


def excess(rows: Sequence[RunInput]) -> str:
    """Why the files are too many or too large together; empty where they are not."""
    if len(rows) > settings.INPUT_FILES:
        return too_many()
    total, most = sum(row.bytes for row in rows), settings.INPUT_GIGABYTES * GIGABYTE
    if total > most:
        return _("The inputs have %(size)s; the limit for one run is %(limit)s.") % {"size": size(total), "limit": size(most)}
    return ""
