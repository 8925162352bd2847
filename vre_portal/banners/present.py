"""Which banners are shown now, and to whom: without a question to the database, except for what a person has dismissed."""

import logging
import re
import time
from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import Error
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from vre_portal import pages, rich_text
from vre_portal.banners.models import Banner, Dismissal
from vre_portal.iam.models import User
from vre_portal.pages import SharedValue

logger = logging.getLogger(__name__)
TOPIC = "banners"
COOKIE = "banners"  # which editions somebody without a session dismissed
MARK = re.compile(r"[1-9]\d{0,14}\.[1-9]\d{0,8}")
MAX_MARKS = 20  # in a cookie or an address
REMEMBER_SECONDS = 60.0  # what a person dismissed in another browser
MAX_REMEMBERED = 5000  # people in one process


def _read() -> tuple[Banner, ...]:
    """The banners that are shown now, the most severe first, until the next one begins or ends."""
    now, shown = timezone.now(), []
    for banner in Banner.objects.unended():
        moments: list[datetime] = [moment for moment in (banner.starts_at, banner.ends_at) if moment and moment > now]
        if moments:
            pages.expires_at(min(moments))
        if banner.starts_at <= now:
            shown.append(banner)
    return tuple(sorted(shown, key=lambda banner: banner.rank))


present_banners = SharedValue(_read, TOPIC)
_last_public: list[tuple[Banner, ...]] = [()]


def public_banners() -> list[Banner]:
    """Those for everybody. While the database is away, the last known ones: a page that says so should show them."""
    try:
        _last_public[0] = tuple(banner for banner in present_banners() if banner.audience == Banner.Audience.EVERYBODY)
    except Error:
        logger.warning("the banners cannot be read; the last known ones are shown")
        pages.expires_in(0)
    return list(_last_public[0])


def banners_for(request: HttpRequest | None) -> list[Banner]:
    """The banners that the reader of a page sees, the most severe first; those for everybody on a page without a request."""
    if request is None:
        return list(_last_public[0])
    public = public_banners()
    user = getattr(request, "user", None)
    if not isinstance(user, User) or not user.is_active:
        hidden = marks_in(request.COOKIES.get(COOKIE, ""))
        return [banner for banner in public if banner.is_critical or banner.mark not in hidden]
    try:
        mine = [banner for banner in present_banners() if is_for(banner, user)]
        can_be_hidden = [banner for banner in mine if not banner.is_critical]
        hidden = _dismissed.of(user, can_be_hidden) if can_be_hidden else frozenset()
    except Error:
        return public
    return [banner for banner in mine if banner.is_critical or banner.mark not in hidden]


def is_for(banner: Banner, user: User) -> bool:
    """Whether somebody who is signed in belongs to the audience, by the groups of this moment; subgroups are not included."""
    match banner.audience:
        case Banner.Audience.STAFF:
            return user.is_staff
        case Banner.Audience.GROUP:
            return banner.group in user.groups
    return True


def readable_dismissals(user: User, dismissals: QuerySet[Dismissal]) -> QuerySet[Dismissal]:
    """Those of banners that are still for the person: what others write to a group is not for who has left it."""
    return dismissals.filter(banner__in=[row.banner_id for row in dismissals.select_related("banner") if is_for(row.banner, user)])


def marks_in(text: str) -> frozenset[str]:
    """The editions that a cookie or an address names; whatever is none is left out."""
    return frozenset(mark for mark in text[:500].split("-")[:MAX_MARKS] if MARK.fullmatch(mark))


def public_variant(request: HttpRequest) -> str:
    """Which of the present banners a visitor dismissed: pages that show others are kept apart."""
    marks = marks_in(request.COOKIES.get(COOKIE, ""))
    return "-".join(banner.mark for banner in public_banners() if banner.mark in marks and not banner.is_critical) if marks else ""


class _Dismissed:
    """What people have dismissed, read from the database at most once a minute for each person."""

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[float, frozenset[int], frozenset[str]]] = OrderedDict()

    def of(self, user: User, banners: Iterable[Banner]) -> frozenset[str]:
        """The marks of those of these banners that the person has dismissed."""
        wanted = frozenset(banner.pk for banner in banners)
        until, known, marks = self._known.get(user.pk, (0.0, frozenset(), frozenset()))
        if time.monotonic() > until or not wanted <= known:
            rows = Dismissal.objects.filter(user=user, banner__in=wanted).values_list("banner", "edition")
            marks = frozenset(f"{banner}.{edition}" for banner, edition in rows)
            self._known[user.pk] = time.monotonic() + REMEMBER_SECONDS, wanted, marks
            while len(self._known) > MAX_REMEMBERED:
                self._known.popitem(last=False)
        return marks

    def forget(self, user: User | None = None) -> None:
        """Read them again at the next page."""
        if user is None:
            self._known.clear()
        else:
            self._known.pop(user.pk, None)


_dismissed = _Dismissed()
forget_dismissed = _dismissed.forget


def announcement(banner: Banner) -> dict[str, Any]:
    """A banner as `/status.json` gives it to other portals."""
    return {
        "text": rich_text.excerpt(banner.text),
        "link": banner.link,
        "severity": banner.severity,
        "starts_at": banner.starts_at,
        "ends_at": banner.ends_at,
    }
