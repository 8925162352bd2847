"""Archiving, handing over and deleting a project: under a lock, by somebody who leads it at that moment, and recorded."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from projects import closing_hooks, deletion, project_events, tasks
from projects.locking import open_project_locked
from projects.models import Membership, Project, Role, Tombstone, TransferOffer
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.form_drafts.models import FormDraft
from vre_portal.iam.models import User


class EndRefused(Exception):
    """Nothing was changed; the text says why."""


@contextmanager
def _led(by: User, project: Project) -> Iterator[Project]:
    """The project as it is now, which nobody else changes meanwhile, for somebody who leads it."""
    with transaction.atomic():
        now = open_project_locked(project, archived_too=True)
        asking = User.objects.get(pk=by.pk)
        if not asking.is_active or not leads(asking, now):
            raise EndRefused(_("You are no longer a lead of this project. Nothing was changed."))
        yield now


def leads(user: User, project: Project) -> bool:
    """Whether somebody leads the project, by name or by a group."""
    return Membership.objects.of(user).filter(project=project, role=Role.LEAD).exists()


def archive(*, by: User, project: Project) -> bool:
    """Make the project read only; True where it was not. Raises EndRefused while something of it is at work."""
    with _led(by, project) as now:
        if now.is_archived:
            return False
        if going := deletion.at_work(now):
            raise EndRefused(_("Not archived. %(reasons)s Wait until it has ended, or stop it.") % {"reasons": " ".join(going)})
        now.archived_at = timezone.now()
        now.save(update_fields=["archived_at", "changed_at"])
        end_offers(now)
        project_events.archived(now, by=by)
        closing_hooks.run_hooks(project=now, by=by, words=_("This project was archived."))
        record("project.archive", by=by, subject=f"project/{now.slug}")
    return True


def restore(*, by: User, project: Project) -> bool:
    """Let the project be changed again; True where it was archived."""
    with _led(by, project) as now:
        if not now.is_archived:
            return False
        now.archived_at = None
        now.save(update_fields=["archived_at", "changed_at"])
        project_events.restored(now, by=by)
        record("project.restore", by=by, subject=f"project/{now.slug}")
    return True


def end_offers(project: Project) -> None:
    """An offer to lead a project ends with it."""
    project.transfer_offers.filter(state=TransferOffer.State.OPEN).update(state=TransferOffer.State.ENDED, ended_at=timezone.now())


def delete(*, by: User, project: Project, confirmation: str) -> Tombstone:
    """End the project now: nobody sees it any more, what is at work is stopped, and a job deletes its rows. Raises EndRefused."""
    if confirmation.strip() != project.slug:
        raise EndRefused(_("The name does not match. Type %(slug)s to delete this project.") % {"slug": project.slug})
    with _led(by, project) as now:
        counted = dict(deletion.contents(now))
        was_public = now.is_public
        shown = {"title": now.title, "contact": now.contact} if was_public else {}
        tombstone = Tombstone.objects.create(slug=now.slug, was_public=was_public, creation_key=now.creation_key, project=now, **shown)
        project_events.deleted(now, by=by, was_public=was_public)
        deletion.stop(by, now)
        end_offers(now)
        closing_hooks.run_hooks(project=now, by=by, words=_("This project was deleted."))
        now.memberships.all().delete()
        FormDraft.objects.filter(path__startswith=f"/projects/{now.slug}/").delete()
        now.visibility, now.embargo_until, now.deleted_at = Project.Visibility.MEMBERS, None, timezone.now()
        now.save(update_fields=["visibility", "embargo_until", "deleted_at", "changed_at"])
        enqueue(tasks.delete_project, tombstone.pk)
        record("project.delete", by=by, subject=f"project/{now.slug}", was_public=was_public, rows=sum(counted.values()))
    return tombstone
