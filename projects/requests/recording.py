"""What is kept of each step of a request: an entry in the audit log, and a line in the request's own history."""

from typing import Any

from projects.requests.models import Request, RequestEvent
from vre_portal.audit import record
from vre_portal.iam.models import User
from vre_portal.text import storable

What = RequestEvent.What


def note(what: str, by: User | None, row: Request, **facts: Any) -> None:
    """Into the audit log, without what people wrote. Called last: other writers of it wait until the transaction ends."""
    subject = f"project/{row.project.slug}" if row.project else f"request/{row.pk}"
    record(f"request.{what}", by=by, subject=subject, request=row.pk, kind=row.kind, person=row.by, **facts)


def add_event(what: What, by: User | None, row: Request, *, text: object = "", person: User | None = None) -> RequestEvent:
    """Into the history that stands in the thread."""
    return RequestEvent.objects.create(request=row, by=by, what=what, text=storable(text), person=person)
