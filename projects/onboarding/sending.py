"""Suggestions become requests: of the kind that fits, or of the general one where the portal has no such kind."""

import uuid
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from projects.models import Project
from projects.onboarding.matching import Suggestion
from projects.onboarding.need_request import KEY
from projects.requests import kinds
from projects.requests import services as requests
from projects.requests.kinds import RequestKind, Scope, UnknownKind
from projects.requests.models import Request
from vre_portal.iam.models import User
from vre_portal.text import amount


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


def details(suggestion: Suggestion) -> str:
    """What is known of the need, a line for each value that says something beyond the title."""
    labels = {
        "gigabytes": _("Size in GB, with the growth of a year"),
        "place": _("Where it is now"),
        "protocol": _("Protocol"),
        "rse": _("Storage site"),
        "lake": _("Data Lake"),
        "cpu_hours": _("CPU hours"),
        "until": _("Embargo until"),
    }
    shown = {label: suggestion.details.get(name) for name, label in labels.items()}
    return "\n".join(f"{label}: {amount(value) if isinstance(value, int | float) else value}" for label, value in shown.items() if value)


def send(*, by: User, project: Project, suggestion: Suggestion, text: str, key: uuid.UUID) -> Request:
    """Send one request in a transaction; the same key again gives the same request. Raises RequestRefused."""
    kind, values = kind_for(suggestion, by, project)
    about = None if kind.scope is Scope.NONE else project
    return requests.open_request(by=by, kind=kind, project=about, values=values, text=text, key=key)


def reason(suggestion: Suggestion, project: Project) -> str:
    """The text of the request: what it is for."""
    facts = {"project": project.title, "need": suggestion.title}
    return _("%(need)s. This is a need of the project “%(project)s”, from its onboarding.") % facts


def request_key(onboarding_key: uuid.UUID, suggestion: Suggestion) -> uuid.UUID:
    """The key of the request for one suggestion of an onboarding: confirming twice sends once."""
    return uuid.uuid5(onboarding_key, suggestion.key)
