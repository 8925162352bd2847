"""What people do with runs in lists: describe them, tag them, put them away, and stop several at once."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db import transaction
from django.utils.translation import gettext as _

from projects.locking import open_project_locked
from projects.models.membership import known_roles
from projects.permissions import Permission, can, know_roles
from projects.workflows.models import Run, RunTag
from projects.workflows.models.label import MAX_TAGS
from projects.workflows.permissions import can_decide
from projects.workflows.services import stop, subject_of
from vre_portal.audit import record
from vre_portal.iam.models import User


@dataclass
class Outcome:
    """The runs on which an act was performed, and why it was not on others."""

    done: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)


class ChangedMeanwhile(Exception):
    """Somebody else described the run since the person opened its form."""


def version_of(run: Run) -> str:
    """What tells one description of a run from another."""
    return hashlib.sha256("\0".join((run.title, run.note, tags_text(run))).encode()).hexdigest()


def tags_text(run: Run) -> str:
    """Its tags as a form has them."""
    return ", ".join(run.tags.order_by("name").values_list("name", flat=True))


def describe(*, by: User, run: Run, version: str, title: str, note: str, tags: list[str]) -> None:
    """Name a run, and note and tag it. Raises ChangedMeanwhile where this is not the version that is there, ProjectClosed."""
    with transaction.atomic():
        open_project_locked(run.project)
        now = Run.objects.select_for_update(of=("self",), no_key=True).only("pk", "title", "note").get(pk=run.pk)
        if version != version_of(now):
            raise ChangedMeanwhile
        run.describe(title=title, note=note)
        run.tags.exclude(name__in=tags).delete()
        RunTag.objects.bulk_create([RunTag(run=run, name=name) for name in tags], ignore_conflicts=True)
        record("run.describe", by=by, subject=subject_of(run))


def act_on(*, by: User, runs: Iterable[Run], act: str, tag: str = "") -> Outcome:
    """Perform one act on each run for which the person may; each of the others says why not and costs only itself."""
    outcome, chosen = Outcome(), list(runs)
    know_roles(by, list({run.project_id: run.project for run in chosen}.values()))
    for run in chosen:
        reason = why_not(by, run, act)
        if not reason:
            reason = _perform(by, run, act, tag)
        if reason:
            outcome.refused.append(f"{run.label}: {reason}")
        else:
            outcome.done.append(run.label)
    return outcome


def changeable(by: User, runs: Sequence[Run]) -> frozenset[int]:
    """The keys of those runs on which the person may perform an act; it costs as much for one as for many."""
    known = known_roles(by)
    know_roles(by, list({run.project_id: run.project for run in runs if run.project_id not in known}.values()))
    return frozenset(run.pk for run in runs if can_decide(by, run))  # who may stop one may also decide about it


def why_not(by: User, run: Run, act: str) -> str:
    """Why somebody may not do this with a run that they see; empty where they may."""
    if act == "stop":
        if run.by_id != by.pk or not can(by, run.project, Permission.LAUNCH):
            return _("Only %(person)s, who launched the run, can stop it.") % {"person": run.by}
        return _("It has already ended.") if run.ended else ""
    if can_decide(by, run):
        return ""
    return _("Only %(person)s, who launched the run, and the project leads can change it.") % {"person": run.by}


def _perform(by: User, run: Run, act: str, tag: str) -> str:
    match act:
        case "stop":
            stop(by=by, run=run)
        case "tag":
            if run.tags.exclude(name=tag).count() >= MAX_TAGS:
                return _("It has %(limit)s tags already.") % {"limit": MAX_TAGS}
            RunTag.objects.get_or_create(run=run, name=tag)
        case "untag":
            run.tags.filter(name=tag).delete()
        case "archive" | "unarchive":
            if act == "archive" and not run.ended:
                return _("It has not ended yet.")
            with transaction.atomic():
                run.archive(act == "archive")
                record(f"run.{act}", by=by, subject=subject_of(run))
    return ""
