"""The row of a run that somebody launches or continues: within the person's limits, with the project's next number, and queued."""

import uuid
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.locking import open_project_locked
from projects.models import Project
from projects.workflows import tasks
from projects.workflows.models import DeletedRun, Run, RunValue
from projects.workflows.models.label import parameter_values
from projects.workflows.refusals import TokenMissing, TooManyRuns
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.iam.stored import services as stored
from vre_portal.services import ServiceKind, UnknownService, service


def existing_or_turn(by: User, project: Project, server: str, existing: Callable[[], Run | None]) -> Run | None:
    """The run that is there already; None where the caller may create one, whose turn in the project lasts until the transaction ends.

    Raises NotNow and ProjectClosed.
    """
    # One launch of a person at a time, so that none is counted too few; their rows may be pointed to meanwhile.
    User.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=by.pk)
    if run := existing():
        return run
    require_room(by)
    require_token_stored(by, server)
    open_project_locked(project)  # one at a time takes the next number
    return None


def create(*, by: User, project: Project, server: str, key: uuid.UUID, **values: Any) -> Run:
    """The row with its number and name, and a message for the worker once the transaction is committed."""
    number = last_number(project) + 1
    run = Run.objects.create(project=project, number=number, by=by, server=server, key=key, name=Run.new_name(), **values)
    RunValue.objects.bulk_create(parameter_values(run, run.parameters))
    enqueue(tasks.submit, run.pk)
    return run


def last_number(project: Project) -> int:
    """The highest number that a run of the project has or had; 0 where it has had none."""
    deleted = DeletedRun.objects.filter(project=project).aggregate(last=Max("number"))["last"]
    return max(deleted or 0, Run.objects.filter(project=project).aggregate(last=Max("number"))["last"] or 0)


def require_room(by: User) -> None:
    """Raises TooManyRuns where the person has as many runs under way as one may have."""
    active = Run.objects.filter(by=by).exclude(status__in=Run.ENDED).count()
    if active >= settings.ACTIVE_RUNS:
        text = ngettext(
            "Nothing was launched. You have %(active)s active run; the limit is %(limit)s per person. "
            "Wait until a run has ended, or stop one, then launch the workflow again.",
            "Nothing was launched. You have %(active)s active runs; the limit is %(limit)s per person. "
            "Wait until a run has ended, or stop one, then launch the workflow again.",
            active,
        )
        raise TooManyRuns(text % {"active": active, "limit": settings.ACTIVE_RUNS})


def require_token_stored(by: User, server_name: str) -> None:
    """Raises TokenMissing where the person has stored no token; the worker reports a server that is not configured any more."""
    with suppress(UnknownService):
        server = service(ServiceKind.REANA, server_name)
        if stored.is_missing(by, server):
            text = _("Nothing was launched. %(server)s needs a token of its own, and you have not stored one.")
            raise TokenMissing(text % {"server": server.title})
