"""How often a person may do what costs much: the limits of the portal's own pages."""

from collections.abc import Iterator

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.allowances.parts import Allowance, AllowancePart, PartAnswer
from vre_portal.iam.models import User
from vre_portal.portable_gettext import grouped
from vre_portal.text import lasting

MINUTE = 60

# Those of RATE_LIMITS that a person meets; the others are for visitors and for other servers.
SHOWN = {
    "search": gettext_lazy("Searches"),
    "launch": gettext_lazy("Launches of workflows"),
    "act": gettext_lazy("Changes and requests"),
    "upload": gettext_lazy("Uploads begun"),
    "download": gettext_lazy("Downloads"),
    "export": gettext_lazy("Exports of your data"),
}


def parts(user: User) -> Iterator[AllowancePart]:
    """One part with all of them."""
    yield AllowancePart("rate-limits", _("Rate limits"), _read)


def _read(user: User) -> PartAnswer:
    rows = []
    for kind, title in SHOWN.items():
        count, _slash, seconds = settings.RATE_LIMITS[kind].partition("/")
        rows.append(Allowance(str(title), limit_text=_often(int(count), int(seconds))))
    return PartAnswer(rows, is_counted=False, note=_("Beyond a limit, the portal asks you to wait and says for how long."))


def _often(count: int, seconds: int) -> str:
    if seconds == MINUTE:
        return _("%(count)s per minute") % {"count": grouped(count)}
    return _("%(count)s in %(time)s") % {"count": grouped(count), "time": lasting(seconds)}
