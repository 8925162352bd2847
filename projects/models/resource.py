"""What a project binds together: things elsewhere, and which of them somebody may see."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects import audience, lake_access
from projects.audience import Origin
from projects.models.membership import Membership
from projects.models.project import Project
from vre_portal.iam.models import User

_SCOPE = models.Func(
    models.F("identifier"), models.Value(":"), models.Value(1), function="split_part", output_field=models.CharField()
)  # of "scope:name"


@dataclass(frozen=True)
class FromScope:
    """How many resources of a project come from one scope."""

    project: int
    origin: Origin
    count: int


class ResourceQuerySet(models.QuerySet["Resource"]):
    """Resources as somebody may see them: what is in a Data Lake has the audience of its scope."""

    def origins(self) -> list[FromScope]:
        """Each scope that resources of a project come from, and how many do; nothing for what is not in a Data Lake."""
        rows = self.filter(kind__in=Resource.IN_LAKES).order_by().annotate(scope=_SCOPE).values_list("project", "service", "scope")
        counted = rows.annotate(count=models.Count("pk")).order_by("service", "scope", "project")
        return [FromScope(project, Origin(lake, name), count) for project, lake, name, count in counted]

    def counts_by_kind(self) -> "models.QuerySet[Resource, tuple[str, str, str, int]]":
        """Kind, lake, scope and how many; lake and scope are empty for what is not in a Data Lake."""

        def in_lakes(value: models.Expression | models.F) -> models.Case:
            return models.Case(models.When(kind__in=Resource.IN_LAKES, then=value), default=models.Value(""))

        rows = self.order_by().annotate(lake=in_lakes(models.F("service")), scope=in_lakes(_SCOPE)).values_list("kind", "lake", "scope")
        return rows.annotate(count=models.Count("pk")).order_by("kind", "lake", "scope")

    def visible_to(self, user: User | AnonymousUser, origins: list[FromScope] | None = None) -> "ResourceQuerySet":
        """Those that the person may see: data of a restricted scope only by their groups, data that are not public only as a member of the
        project or with an account at the lake.

        Asks which scopes these rows come from, unless `origins` says it, and each lake about an account where that matters and is not known.
        What is bound from another scope meanwhile is not among them.
        """
        found = self.origins() if origins is None else origins
        readable = {item.origin for item in found if audience.can_read(user, item.origin)}
        unlisted = {origin for origin in readable if not audience.is_public(origin)}
        visible = _from(readable - unlisted)
        if unlisted:
            concerned = [item for item in found if item.origin in unlisted]
            mine = Membership.objects.projects_of(user, {item.project for item in concerned})
            foreign = {item.origin.lake for item in concerned if item.project not in mine}
            lakes = {lake for lake in foreign if lake_access.has_account(user, lake)}
            visible |= _from(unlisted) & models.Q(project__in=mine) | _from({origin for origin in unlisted if origin.lake in lakes})
        return self.filter(~models.Q(kind__in=Resource.IN_LAKES) | visible)


def closed_to(user: User | AnonymousUser, origins: Iterable[FromScope]) -> list[FromScope]:
    """Which of the scopes that resources come from are restricted and closed to the person."""
    return [item for item in origins if not audience.can_read(user, item.origin)]


def _from(origins: set[Origin]) -> models.Q:
    """Resources of these scopes; none where there are none."""
    found = models.Q(pk__in=[])
    for origin in sorted(origins):
        found |= models.Q(service=origin.lake) & (models.Q(identifier=origin.scope) | models.Q(identifier__startswith=f"{origin.scope}:"))
    return found


class Resource(models.Model):
    """Something elsewhere that belongs to the project: found by service and identifier, never copied."""

    class Kind(models.TextChoices):
        DID = "did", _("data")
        SOFTWARE = "software", _("software")
        ENVIRONMENT = "environment", _("environment")
        RESULT = "result", _("kept result")
        LINK = "link", _("link")

    IN_LAKES = (Kind.DID, Kind.RESULT)

    project = models.ForeignKey(Project, models.CASCADE, related_name="resources")
    kind = models.CharField(max_length=12, choices=Kind)
    service = models.CharField(max_length=60, blank=True, help_text=_("Name of the service in services.toml"))
    identifier = models.CharField(max_length=600)
    title = models.CharField(max_length=300, blank=True)
    facts = models.JSONField(default=dict, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ResourceQuerySet] = ResourceQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("kind", "identifier")
        constraints = (models.UniqueConstraint(fields=["project", "kind", "service", "identifier"], name="a_resource_once"),)

    def __str__(self) -> str:
        return self.title or self.identifier

    @property
    def origin(self) -> Origin | None:
        """The scope that it comes from; None where it is not in a Data Lake."""
        return Origin.of_did(self.service, self.identifier) if self.kind in self.IN_LAKES else None

    @property
    def is_restricted(self) -> bool:
        """Whether only some people may see it, wherever it is listed."""
        return self.origin is not None and audience.is_restricted(self.origin)

    @property
    def address(self) -> str:
        """The portal's page of this thing, or the thing's own address."""
        try:
            if self.kind in (self.Kind.DID, self.Kind.RESULT):
                scope, _, name = self.identifier.partition(":")
                return reverse("datalake:did", args=[self.service, scope, name])
            if self.kind == self.Kind.SOFTWARE and self.facts.get("entry"):
                return reverse("software:entry", args=[self.facts["entry"]])
        except NoReverseMatch:
            return ""
        return self.identifier if self.identifier.startswith(("https://", "http://")) else ""
