"""What the open page of a request to a lake listens to; only its person sees it."""

from datalake.operations.models import Operation
from vre_portal import events
from vre_portal.iam.models import User
from vre_portal.jobs import changes


def register() -> None:
    """Tell the page of what a worker changes."""
    events.register_topic("request", may_see)
    for column in ("state", "answer", "results"):
        changes.register(Operation, column, lambda operation: events.publish(f"request-{operation.pk}", "request"))


def may_see(user: User, number: int) -> bool:
    """Whether it is the person's own."""
    return Operation.objects.filter(pk=number, by=user).exists()
