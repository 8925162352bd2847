"""Suggestions become requests: of the kind that fits, or of the general one where the portal has no such kind."""

import uuid
from collections.abc import Collection, Sequence
from typing import Any

from django.conf import settings
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.models import Project
from projects.onboarding.matching import Group, Suggestion
from projects.onboarding.models import Plan
from projects.onboarding.need_request import KEY
from projects.requests import kinds
from projects.requests import services as requests
from projects.requests.kinds import RequestKind, Scope, UnknownKind
from projects.requests.models import Request
from vre_portal.iam.models import User
from vre_portal.text import amount, size

MAX_NAMED = 2  # in the title of a request for several things


def joined(chosen: Sequence[Suggestion]) -> list[tuple[Suggestion, list[str]]]:
    """The requests that the chosen suggestions become, each with their keys: those of a group become one, in the place of its first."""
    groups: dict[str, list[Suggestion]] = {}
    for suggestion in chosen:
        groups.setdefault(suggestion.group or f"alone-{suggestion.key}", []).append(suggestion)
    return [(_together(group) if len(group) > 1 else group[0], [item.key for item in group]) for group in groups.values()]


def _together(group: Sequence[Suggestion]) -> Suggestion:
    """One suggestion for all of a group: the first of them in its title, all of them in its details."""
    first = group[0]
    found = [str(item.details["name"]) for item in group]
    named, more = ", ".join(found[:MAX_NAMED]), len(found) - MAX_NAMED
    if more > 0:
        named = ngettext("%(names)s and %(n)s more", "%(names)s and %(n)s more", more) % {"names": named, "n": more}
    match first.group:
        case Group.SOFTWARE:
            title = _("Environment with %(name)s")
        case Group.ENVIRONMENTS:
            title = _("Environments %(name)s")
        case Group.ARCHIVES:
            title = _("Archives %(name)s")
        case _:
            title = _("Training: %(topic)s")
    title = title % {"name": named, "topic": named}
    everything = "\n".join(str(item.details.get("packages") or item.details["name"]) for item in group)
    details = {"name": named[:100], "packages": everything, "names": ", ".join(found), "reason": title}
    return Suggestion(f"{first.group}-all", first.kinds, title, details, first.group)


def room_for(user: User) -> int:
    """How many more requests the person can send now."""
    return max(requests.MAX_OPEN - Request.objects.unfinished().filter(by=user).count(), 0)


def kind_for(suggestion: Suggestion, user: User, project: Project | None) -> tuple[RequestKind, dict[str, Any]]:
    """The first kind that exists, that the person may open, and whose form takes what is known; else the general one with its values."""
    for key in suggestion.kinds:
        try:
            kind = kinds.kind_of(key)
        except UnknownKind:
            continue
        if (kind.scope is Scope.PROJECT and project is None) or kind.may_open(user, project):
            continue
        form = kind.form(_posted(suggestion), user=user, project=project)
        if form.is_valid():
            return kind, form.values()
    return kinds.kind_of(KEY), {"need": suggestion.title[:200], "details": details(suggestion)}


def _posted(suggestion: Suggestion) -> QueryDict:
    """The details as a browser would send them."""
    data = QueryDict(mutable=True)
    for name, value in suggestion.details.items():
        data[name] = str(value)
    return data


def details(suggestion: Suggestion, without: Collection[str] = ()) -> str:
    """What is known of the need, a line for each value that says something beyond the title, but for those that the form has."""
    labels = {
        "names": _("All of them"),
        "bytes": _("Size, with the growth of a year"),
        "place": _("Where it is now"),
        "protocol": _("Protocol"),
        "rse": _("Storage site"),
        "lake": _("Data Lake"),
        "cpu_hours": _("CPU hours"),
        "until": _("Embargo until"),
    }
    shown = {
        label: said(name, suggestion.details.get(name))
        for name, label in labels.items()
        if name not in without and suggestion.details.get(name)
    }
    return "\n".join(f"{label}: {text}" for label, text in shown.items())


def said(name: str, value: Any) -> str:
    """A value as people write it: a size with its unit, a number with its thousands apart."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if name == "bytes":
        return size(value)
    return amount(value)


def send(*, by: User, plan: Plan, suggestion: Suggestion, key: uuid.UUID) -> Request:
    """Send one request in a transaction, with the title that was confirmed; the same key again gives the same request. Raises RequestRefused."""
    project = plan.project
    kind, values = kind_for(suggestion, by, project)
    return requests.open_request(
        by=by,
        kind=kind,
        project=None if kind.scope is Scope.NONE else project,
        values=values,
        title=suggestion.title,
        text=text_of(suggestion, kind, plan),
        key=key,
        notice_group=f"plan:{plan.pk}",
    )


def text_of(suggestion: Suggestion, kind: RequestKind, plan: Plan) -> str:
    """The text of the request: for which project and question, how much, and where the plan is."""
    project = plan.project
    lines = [_("For the project “%(project)s”.") % {"project": project.title}]
    if project.summary:
        lines.append(_("Its question: %(question)s") % {"question": project.summary})
    if kind.key != KEY:  # the general kind has them as a field
        lines.append(details(suggestion, without=("names",) if "packages" in kind.form.base_fields else ()))
    lines.append(_("Its plan, for its people: %(url)s") % {"url": f"{settings.PORTAL_URL}{plan.get_absolute_url()}"})
    return "\n\n".join(filter(None, lines))


def request_key(onboarding_key: uuid.UUID, suggestion: Suggestion) -> uuid.UUID:
    """The key of the request for one suggestion of an onboarding: confirming twice sends once."""
    return uuid.uuid5(onboarding_key, suggestion.key)
