"""What the open page of a request to a lake listens to; only its person sees it."""

from django.db.models import QuerySet

from datalake.operations.models import Operation
from vre_portal import events
from vre_portal.iam.models import User
from vre_portal.jobs import changes


def register() -> None:
    """Tell the page of what a worker changes."""
    events.register_topic("request", seen_by)
    for column in ("state", "answer", "results"):
        changes.register(Operation, column, lambda operation: events.publish(f"request-{operation.pk}", "request"))


def seen_by(user: User, numbers: list[int]) -> QuerySet[Operation, int]:
    """Those that are the person's own."""
    return Operation.objects.filter(pk__in=numbers, by=user).order_by().values_list("pk", flat=True)
