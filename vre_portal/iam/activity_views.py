"""What the portal did in a person's name, for that person."""

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vre_portal.audit.models import Use
from vre_portal.iam.models import User
from vre_portal.iam.sign_in import person
from vre_portal.services import services
from vre_portal.text import storable

PAGE = 50


@never_cache
@require_safe
def activity(request: HttpRequest) -> HttpResponse:
    """Uses of one's tokens, the latest first, page by page."""
    user = person(request)
    service = storable(request.GET.get("service", ""))[:120]
    rows = uses_of(user, service=service, before=request.GET.get("before", ""))
    asked = {"service": service} if service else {}
    older = "?" + urlencode({**asked, "before": rows[PAGE - 1].pk}) if len(rows) > PAGE else ""
    if request.GET.get("format") == "json":
        following = f"{request.path}{older}&format=json" if older else None
        return JsonResponse({"items": [as_json(row) for row in rows[:PAGE]], "next": following})
    titles = titles_of_services()
    shown = [(row, titles.get(row.service, row.service), result_of(row)) for row in rows[:PAGE]]
    context = {"rows": shown, "next_url": older, "services": titles.items(), "service": service, "days": settings.TOKEN_USE_DAYS}
    return render(request, "iam/activity.html", context)


def uses_of(user: User, *, service: str, before: str) -> list[Use]:
    """One page and one more row, so that it is known whether there is an older page."""
    found = Use.objects.filter(person=user.handle).order_by("-pk")
    if service:
        found = found.filter(service=service)
    if before.isascii() and before.isdecimal() and len(before) < 19:
        found = found.filter(pk__lt=int(before))
    return list(found[: PAGE + 1])


def titles_of_services() -> dict[str, str]:
    return {f"{item.kind}/{item.name}": item.title for item in services()}


def result_of(row: Use) -> str:
    """In a few words, what came of it."""
    if row.outcome != "given":
        return "no token: a new sign-in was needed, or it was refused" if row.outcome == "refused" else "no token: the IAM did not answer"
    if row.answer is None:
        return "token taken from the vault"
    last = f"last answer {row.answer}" if row.answer else "no answer"
    return (
        f"{row.calls} {'request' if row.calls == 1 else 'requests'}, {row.failed} not granted, {last}"
        if row.failed
        else (f"{row.calls} {'request' if row.calls == 1 else 'requests'}, {last}")
    )


def as_json(row: Use) -> dict[str, object]:
    """One row for programs and for the export."""
    names = ("service", "purpose", "place", "outcome", "first_at", "last_at", "times", "calls", "failed", "answer")
    return {name: getattr(row, name) for name in names}
