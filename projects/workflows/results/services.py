"""What people do with results: present a run, write about it, withdraw it."""

from typing import Any

from django.db import transaction

from projects.locking import open_project_locked
from projects.workflows import publication
from projects.workflows.models import Result, Run
from projects.workflows.services import subject_of
from vre_portal.audit import record
from vre_portal.iam.models import User


class ChangedMeanwhile(Exception):
    """Somebody else wrote about the result since the person opened its form."""


@transaction.atomic
def present(*, by: User, run: Run) -> Result:
    """The result of a finished run, as a page of its own. Raises ProjectClosed."""
    open_project_locked(run.project)
    result = Result.objects.present(run)
    record("result.present", by=by, subject=subject_of(run))
    return result


@transaction.atomic
def edit(*, by: User, result: Result, version: int, **texts: Any) -> None:
    """Write what people say of it. Raises ChangedMeanwhile, ProjectClosed."""
    open_project_locked(result.run.project)
    if not result.edit(version, **texts):
        raise ChangedMeanwhile
    record("result.edit", by=by, subject=subject_of(result.run))


@transaction.atomic
def withdraw(*, by: User, result: Result, reason: str) -> None:
    """Take a result back: its run is for members again, and its page says that it was withdrawn, and why."""
    if result.is_withdrawn:
        return
    if result.run.published_at is not None:
        publication.unpublish(by=by, run=result.run)
    result.withdraw(by, reason)
    record("result.withdraw", by=by, subject=subject_of(result.run))
