"""The uses of a person's tokens, for that person."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vre_portal.audit.models import Use
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.services import services
from vre_portal.tables import listing, page_size
from vre_portal.text import storable

PAGE = 50


@never_cache
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """Uses of one's tokens, the latest first, page by page."""
    user = current_user(request)
    service = storable(request.GET.get("service", ""))[:120]
    size = page_size(request, PAGE)
    rows = uses_of(user, service=service, before=request.GET.get("before", ""), most=size + 1)
    asked = {"service": service} if service else {}
    older = "?" + urlencode({**asked, "before": rows[size - 1].pk}) if len(rows) > size else ""
    if made := listing(request, [as_json(row) for row in rows[:size]], following=older, filename="my-activity"):
        return made
    titles = titles_of_services()
    shown = [(row, titles.get(row.service, row.service), result_of(row)) for row in rows[:PAGE]]
    context = {"rows": shown, "next_url": older, "services": titles.items(), "service": service, "days": settings.TOKEN_USE_DAYS}
    return render(request, "iam/activity.html", context)


def uses_of(user: User, *, service: str, before: str, most: int) -> list[Use]:
    """The newest `most` that are older than `before`."""
    found = Use.objects.filter(person=user.handle).order_by("-pk")
    if service:
        found = found.filter(service=service)
    if before.isascii() and before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    return list(found[:most])


def titles_of_services() -> dict[str, str]:
    return {f"{item.kind}/{item.name}": item.title for item in services()}


def result_of(row: Use) -> str:
    """The result in a few words."""
    if row.outcome == "refused":
        return _("No token: a new sign-in was needed, or the IAM refused")
    if row.outcome != "given":
        return _("No token: the IAM did not answer")
    if row.answer is None:
        return _("Access token used")
    if not row.failed:
        text = ngettext("%(calls)s request, status %(status)s", "%(calls)s requests, last status %(status)s", row.calls)
    elif row.answer:
        text = ngettext(
            "%(calls)s request, failed (status %(status)s)", "%(calls)s requests, %(failed)s failed (last status %(status)s)", row.calls
        )
    else:
        text = ngettext("%(calls)s request, failed (no answer)", "%(calls)s requests, %(failed)s failed (no answer to the last)", row.calls)
    return text % {"calls": row.calls, "failed": row.failed, "status": row.answer}


def as_json(row: Use) -> dict[str, object]:
    """One row for programs and for the export."""
    names = ("service", "purpose", "place", "outcome", "first_at", "last_at", "times", "calls", "failed", "answer")
    return {name: getattr(row, name) for name in names}
