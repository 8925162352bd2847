"""What people do with results: present a run, write about it, withdraw it."""

from typing import Any

from django.db import transaction

from projects.locking import open_project_locked
from projects.workflows import publication
from projects.workflows.models import BestNumber, Result, Run, Specification
from projects.workflows.services import subject_of
from vre_portal.audit import record
from vre_portal.iam.models import User


class ChangedMeanwhile(Exception):
    """Somebody else wrote about the result since the person opened its form."""


class NotDeletable(Exception):
    """Others could have seen it: it can be withdrawn instead."""


@transaction.atomic
def present(*, by: User, run: Run, **texts: Any) -> None:
    """Give a finished run a page as a result. Raises ChangedMeanwhile where it has one, ProjectClosed."""
    open_project_locked(run.project)
    if Result.objects.filter(run=run).exists():
        raise ChangedMeanwhile
    Result.objects.present(run, **texts)
    record("result.present", by=by, subject=subject_of(run))


@transaction.atomic
def edit(*, by: User, result: Result, version: int, **texts: Any) -> None:
    """Write what people say of it. Raises ChangedMeanwhile, ProjectClosed."""
    open_project_locked(result.run.project)
    if not result.edit(version, **texts):
        raise ChangedMeanwhile
    record("result.edit", by=by, subject=subject_of(result.run))


@transaction.atomic
def withdraw(*, by: User, result: Result, reason: str) -> None:
    """Take a result back: its run is for members again, and its page says that it was withdrawn, and why.

    Under the lock that publishing takes, and by what is true then; also in an archived project. Raises ProjectClosed.
    """
    now = _locked(result)
    if now is None or now.is_withdrawn:
        return
    if now.run.published_at is not None:
        publication.unpublish(by=by, run=now.run)
    now.withdraw(by, reason)
    now.mark_kept()
    record("result.withdraw", by=by, subject=subject_of(now.run))


@transaction.atomic
def delete(*, by: User, result: Result) -> None:
    """Delete a result that nobody outside could see; its run stays. Raises NotDeletable, ProjectClosed."""
    now = _locked(result)
    if now is None:
        return
    if not now.can_be_deleted:
        raise NotDeletable
    now.delete()
    record("result.delete", by=by, subject=subject_of(now.run))


@transaction.atomic
def choose_best(*, by: User, specification: Specification, name: str, is_larger_better: bool) -> None:
    """Compare the results of a workflow by one of their numbers from now on, or by none where the name is empty. Raises ProjectClosed."""
    open_project_locked(specification.project)
    if name:
        facts = {"name": name, "is_larger_better": is_larger_better}
        BestNumber.objects.update_or_create(specification=specification, defaults=facts)
    else:
        BestNumber.objects.filter(specification=specification).delete()
    record("result.best", by=by, subject=f"project/{specification.project.slug}")


def _locked(result: Result) -> Result | None:
    """The result as it is now, while nobody publishes its run; None where it was deleted."""
    open_project_locked(result.run.project, archived_too=True)
    rows = Result.objects.select_for_update(of=("self",)).select_related("run__project", "run__by", "run__specification")
    return rows.filter(pk=result.pk).first()
