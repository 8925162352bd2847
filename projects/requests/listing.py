"""The list of requests: filters, orders, and pages that begin where the last one ended."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Case, DateField, F, Q, When
from django.db.models.functions import Coalesce, TruncDate
from django.http import HttpRequest
from django.utils import timezone

from projects.requests.kinds import all_kinds, heading_of, kind_title
from projects.requests.models import Request
from projects.requests.permissions import answerable_by, readable_by, shown_title
from vre_portal.iam.models import User
from vre_portal.tables import page_size
from vre_portal.text import plain

PAGE, DIGITS = 50, 18
NEVER = date(9999, 12, 31)
# Orders by a day, and by number within it; those without come last. Nothing waits any more once it is finished.
DAYS = {
    "due": Coalesce("due_at", NEVER),
    "waiting": Case(When(state__in=Request.UNFINISHED, then=TruncDate("created_at")), default=NEVER, output_field=DateField()),
}


def filtered(user: User, chosen: dict[str, Any]) -> Any:
    """The requests that the filter leaves of those that the person may read."""
    requests = Request.objects.select_related("by", "project").prefetch_related("assignees")
    match chosen.get("whose"):
        case "mine":
            requests = requests.filter(by=user)
        case "others":
            requests = requests.filter(answerable_by(user))
        case "assigned":
            requests = requests.filter(answerable_by(user), assignees=user)
        case _:
            requests = requests.filter(readable_by(user))
    if state := chosen.get("state"):
        requests = requests.unfinished() if state == "unfinished" else requests.filter(state=state)
    if chosen.get("kind"):
        requests = requests.filter(kind=chosen["kind"])
    if chosen.get("overdue"):
        requests = requests.overdue()
    if chosen.get("project"):
        requests = requests.filter(project__slug=chosen["project"])
    return requests.filter(_named(chosen["q"])) if chosen.get("q") else requests


def _named(words: str) -> Q:
    """By title, by the title of the project as it was, by the kind, or by number."""
    number = words.removeprefix("#")
    kinds = [kind.key for kind in all_kinds() if words.casefold() in str(kind.title).casefold()]
    found = Q(title__icontains=words) | Q(project_title__icontains=words) | Q(kind__in=kinds)
    return found | Q(pk=int(number)) if number.isascii() and number.isdecimal() and len(number) <= DIGITS else found


def page_of(request: HttpRequest, requests: Any, chosen: dict[str, Any], usual: int) -> tuple[list[Request], str | None]:
    """One page, and the address of the next."""
    size, sort = page_size(request, usual), chosen.get("sort") or ""
    after_day, after = _cursor(request.GET.get("before", ""))
    if sort in DAYS:
        requests = requests.annotate(day=DAYS[sort]).order_by("day", "pk")
        if after is not None and after_day is not None:
            requests = requests.filter(Q(day__gt=after_day) | Q(day=after_day, pk__gt=after))
    elif sort == "oldest":
        requests = requests.order_by("pk")
        requests = requests.filter(pk__gt=after) if after is not None else requests
    else:
        requests = requests.order_by(F("pk").desc())
        requests = requests.filter(pk__lt=after) if after is not None else requests
    rows = list(requests[: size + 1])
    if len(rows) <= size:
        return rows, None
    last = rows[size - 1]
    cursor = f"{last.day.isoformat()}_{last.pk}" if sort in DAYS else str(last.pk)  # type: ignore[attr-defined]
    query = {name: value for name, value in chosen.items() if value} | {"before": cursor}
    return rows[:size], f"{request.path}?{urlencode(query)}"


def _cursor(text: str) -> tuple[date | None, int | None]:
    """Day and number of the last row of the page before; nothing for what is no cursor."""
    day, _, number = text.rpartition("_")
    if not (number.isascii() and number.isdecimal() and len(number) <= DIGITS):
        return None, None
    try:
        return (date.fromisoformat(day) if day else None), int(number)
    except ValueError:
        return None, int(number)


def heading(user: User, row: Request) -> str:
    """What a list calls a request: its title, or what its kind is called with the project as the reader knows it."""
    name, about = heading_of(row), shown_title(user, row)
    return plain(name if row.title or not about else f"{name}: {about}")


def row_of(user: User, row: Request) -> dict[str, Any]:
    """A request as a row of a table, with nothing that the reader may not see."""
    return {
        "number": row.pk,
        "kind": row.kind,
        "kind_title": kind_title(row.kind),
        "title": heading(user, row),
        "project": plain(shown_title(user, row)),
        "person": plain(row.by),
        "role": row.granted_role or row.asked_role,
        "state": row.state,
        "assignees": [plain(person) for person in row.assignees.all()],
        "due": row.due_at,
        "created_at": row.created_at,
        "waiting_days": (timezone.now() - row.created_at).days if row.is_unfinished else None,
        "decided_at": row.decided_at,
        "page": row.get_absolute_url(),
    }
