"""The row of a run that somebody launches or continues: within the person's limits, with the project's next number, and queued."""

import uuid
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, Subquery
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


def take_turn(by: User, project: Project, server: str) -> None:
    """Until the transaction ends nobody else creates a run of the person, or one in the project. Raises NotNow and ProjectClosed."""
    # One launch of a person at a time, so that none is counted too few; their rows may be pointed to meanwhile.
    User.objects.select_for_update(of=("self",), no_key=True).only("pk").get(pk=by.pk)
    open_project_locked(project)  # one at a time takes the next number
    require_token_stored(by, server)


def create(*, by: User, project: Project, server: str, key: uuid.UUID, **values: Any) -> Run:
    """The row with its number and name, and a message for the worker once the transaction is committed. Raises TooManyRuns."""
    number, active = next_number_and_active(by, project)
    if active >= settings.ACTIVE_RUNS:
        raise TooManyRuns(_too_many(active))
    run = Run.objects.create(project=project, number=number, by=by, server=server, key=key, name=Run.new_name(), **values)
    RunValue.objects.bulk_create(parameter_values(run, run.parameters))
    enqueue(tasks.submit, run.pk)
    return run


def next_number_and_active(by: User, project: Project) -> tuple[int, int]:
    """The number after the highest that a run of the project has or had, and how many runs the person has under way; by one question."""
    active = Run.objects.filter(by=by).exclude(status__in=Run.ENDED).order_by().values("by").annotate(n=Count("pk")).values("n")
    rows = Project.objects.filter(pk=project.pk).order_by()
    last, last_deleted, count = rows.values_list(_last_number(Run), _last_number(DeletedRun), Subquery(active)).get()
    return max(last or 0, last_deleted or 0) + 1, count or 0


def _last_number(model: type[Run | DeletedRun]) -> Subquery:
    return Subquery(model._default_manager.filter(project=OuterRef("pk")).order_by("-number").values("number")[:1])


def _too_many(active: int) -> str:
    text = ngettext(
        "Nothing was launched. You have %(active)s active run; the limit is %(limit)s per person. "
        "Wait until a run has ended, or stop one, then launch the workflow again.",
        "Nothing was launched. You have %(active)s active runs; the limit is %(limit)s per person. "
        "Wait until a run has ended, or stop one, then launch the workflow again.",
        active,
    )
    return text % {"active": active, "limit": settings.ACTIVE_RUNS}


def require_token_stored(by: User, server_name: str) -> None:
    """Raises TokenMissing where the person has stored no token; the worker reports a server that is not configured any more."""
    with suppress(UnknownService):
        server = service(ServiceKind.REANA, server_name)
        if stored.is_missing(by, server):
            text = _("Nothing was launched. %(server)s needs a token of its own, and you have not stored one.")
            raise TokenMissing(text % {"server": server.title})
