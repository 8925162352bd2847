"""Which runs: those that are to be worked on, and those that somebody may see."""

from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import ExpressionWrapper, Q
from django.utils import timezone

from projects import audience
from projects.audience import Origin
from projects.models import Project
from projects.workflows.models.origin import RunOrigin
from vre_portal.iam.models import User

if TYPE_CHECKING:
    from projects.workflows.models.run import Run


LISTED_WITHIN = timedelta(days=1)  # of its end a run that did not finish is listed by itself; later on request only
REQUEST_LASTS = timedelta(minutes=15)  # a request for the list of files; while REANA does not answer, nobody waits longer


def awaiting_list() -> Q:
    """Runs whose files are to be listed: all that finished, others soon after their end, and those for which somebody asks."""
    now = timezone.now()
    unfinished = Q(
        status__in=("failed", "stopped"), finished_at__gte=now - LISTED_WITHIN, started_at__isnull=False, workspace_deleted_at=None
    )
    return (
        Q(status="finished", listed_at=None)
        | (unfinished & Q(listed_at=None) & ~Q(remote_id=""))
        | Q(list_asked_at__gte=now - REQUEST_LASTS)
    )


class RunQuerySet(models.QuerySet["Run"]):
    """Runs by what is to be done with them."""

    def active(self) -> "RunQuerySet":
        """Started out there and not known to have ended."""
        return self.filter(status__in=self.model.ACTIVE)

    def people_at(self, server: str) -> "models.QuerySet[Run, int]":
        """The people with runs at a server, or on their way there, that have not ended."""
        return self.exclude(status__in=self.model.ENDED).filter(server=server).order_by().values_list("by", flat=True).distinct()

    def sharing_workspace(self, run: "Run") -> "RunQuerySet":
        """The runs in the same workspace at REANA, the run itself among them: those that continue one another."""
        return self.filter(Q(name=run.remote_name) | Q(workspace_name=run.remote_name), server=run.server)

    def begun_or_waiting(self) -> "RunQuerySet":
        """Without those that ended before REANA began them: they changed nothing there."""
        return self.exclude(status__in=self.model.ENDED, started_at=None)

    def visible_to(self, user: User | AnonymousUser) -> "RunQuerySet":
        """Runs that somebody may see: published ones of a project that they see, and all of their projects whose data they may read.

        Each says whether it `is_published`: seen by everybody who sees its project.
        """
        origins = RunOrigin.objects.scopes_of(self)
        readable = [origin for origin in origins if audience.can_read(user, origin)]
        mine = Project.objects.mine(user) if isinstance(user, User) and user.is_active else Project.objects.none()
        for_members = Q(project__in=mine) & Q(~RunOrigin.objects.other_than(readable))
        shown = self._shown_to_all(origins)
        visible = self.filter(project__in=Project.objects.visible_to(user)).filter(shown | for_members)
        return visible.annotate(is_published=ExpressionWrapper(shown, models.BooleanField()))

    def shown_to_all(self) -> "RunQuerySet":
        """Runs that everybody who sees their project may see: published, with every restricted scope they come from confirmed by an owner."""
        return self.filter(self._shown_to_all(RunOrigin.objects.scopes_of(self)))

    def publish(self, by: User) -> None:
        """Show all of them to everybody who sees their projects; what comes of restricted data needs an owner's word besides."""
        self.update(published_at=timezone.now(), published_by=by, was_public=False)

    @staticmethod
    def _shown_to_all(origins: list[Origin]) -> Q:
        unrestricted = [origin for origin in origins if not audience.is_restricted(origin)]
        return Q(published_at__isnull=False) & Q(~RunOrigin.objects.filter(confirmed_at=None).other_than(unrestricted))
