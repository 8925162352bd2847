"""What a project binds together: things elsewhere, and which of them somebody may see."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from typing import ClassVar
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from datalake.index.did_facts import DidFacts
from datalake.pages.addresses import did_address
from projects import audience
from projects.audience import Origin
from projects.models.membership import Membership
from projects.models.project import Project
from vre_portal.iam.models import User
from vre_portal.listed_images import ListedImage

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
        counted = self.origins() if origins is None else origins
        asked: list[set[int]] = []

        def is_member(project: int) -> bool:
            if not asked:  # once, and only where it matters
                asked.append(Membership.objects.projects_of(user, {item.project for item in counted}))
            return project in asked[0]

        projects_by_origin: dict[Origin, set[int]] = {}
        for item in counted:
            if audience.can_see(user, item.origin, is_member=partial(is_member, item.project)):
                projects_by_origin.setdefault(item.origin, set()).add(item.project)
        visible = models.Q(pk__in=[])
        for origin, projects in sorted(projects_by_origin.items()):
            visible |= _from(origin) & (models.Q() if audience.is_public(origin) else models.Q(project__in=projects))
        return self.filter(~models.Q(kind__in=Resource.IN_LAKES) | visible)


def closed_to(user: User | AnonymousUser, origins: Iterable[FromScope]) -> list[FromScope]:
    """Which of the scopes that resources come from are restricted and closed to the person."""
    return [item for item in origins if not audience.can_read(user, item.origin)]


def _from(origin: Origin) -> models.Q:
    """Resources of this scope."""
    return models.Q(service=origin.lake) & (models.Q(identifier=origin.scope) | models.Q(identifier__startswith=f"{origin.scope}:"))


class Resource(models.Model):
    """Something elsewhere that belongs to the project: found by service and identifier, never copied."""

    class Kind(models.TextChoices):
        DID = "did", _("data")
        SOFTWARE = "software", _("software")
        PAPER = "paper", _("paper or record")
        ARXIV = "arxiv", _("arXiv preprint")
        PERSON = "person", _("person")
        GIT = "git", _("git repository")
        ENVIRONMENT = "environment", _("container image")
        IVO = "ivo", _("VO resource")
        LINK = "link", _("web address")
        RESULT = "result", _("kept result")

    IN_LAKES = (Kind.DID, Kind.RESULT)
    WORDS = ("title", "description", "note")  # that people write about it

    project = models.ForeignKey(Project, models.CASCADE, related_name="resources")
    kind = models.CharField(max_length=12, choices=Kind)
    service = models.CharField(max_length=60, blank=True, help_text=_("Name of the service in services.toml"))
    identifier = models.CharField(max_length=600)
    title = models.CharField(_("title"), max_length=300, blank=True)
    description = models.TextField(_("description"), max_length=2000, blank=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    position = models.PositiveIntegerField(default=0, db_default=0)
    facts = models.JSONField(default=dict, blank=True)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    added_at = models.DateTimeField(default=timezone.now)

    objects: ClassVar[ResourceQuerySet] = ResourceQuerySet.as_manager()  # type: ignore[assignment]
    indexed: DidFacts | None = None  # what the lake's index says of it; projects.references.indexed fills it for lists
    listed: ListedImage | None = None  # what the catalogue of environments says of a container image; filled there, too
    previous_pk: int | None = None  # its neighbours in a list that can be put in order
    next_pk: int | None = None

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=["project", "kind", "service", "identifier"], name="a_resource_once"),)
        indexes = (models.Index(fields=["project", "position"], name="resources_in_order"),)

    def __str__(self) -> str:
        return self.title or self.identifier

    @property
    def version(self) -> str:
        """Changes when the words about it do."""
        return hashlib.sha256(json.dumps([getattr(self, name) for name in self.WORDS]).encode()).hexdigest()[:24]

    @property
    def origin(self) -> Origin | None:
        """The scope that it comes from; None where it is not in a Data Lake."""
        return Origin.of_did(self.service, self.identifier) if self.kind in self.IN_LAKES else None

    @property
    def is_restricted(self) -> bool:
        """Whether only some people may see it, wherever it is listed."""
        return self.origin is not None and audience.is_restricted(self.origin)

    @property
    def is_missing(self) -> bool:
        """Whether a comparison of all names, after it was added here, did not find it in its lake."""
        missing_at = self.indexed.missing_at if self.indexed else None
        return missing_at is not None and missing_at > self.added_at

    @property
    def icon(self) -> str:
        """The icon of its kind."""
        return _ICONS.get(self.kind, "link")

    @property
    def status(self) -> str:
        """One word for JSON and CSV: restricted, missing, present in the index, or empty where nothing is known."""
        if self.is_missing:
            return "missing"
        return "restricted" if self.is_restricted else "present" if self.indexed and self.indexed.missing_at is None else ""

    @property
    def size(self) -> int | None:
        """The size in bytes as the index has it, else as it was when it was kept."""
        size = self.indexed.bytes if self.indexed and self.indexed.bytes is not None else self.facts.get("bytes")
        return size if isinstance(size, int) else None

    @property
    def files(self) -> int | None:
        """How many files a dataset or container has, as the index says."""
        return self.indexed.files if self.indexed else None

    @property
    def thing(self) -> str:
        """As lists of things that people collect name it; empty for what they cannot."""
        return f"did:{self.service}:{self.identifier}" if self.kind in self.IN_LAKES else ""

    @property
    def address(self) -> str:
        """The portal's page of this thing, or the thing's own address."""
        try:
            if self.kind in self.IN_LAKES:
                scope, _, name = self.identifier.partition(":")
                return did_address("did", self.service, scope, name)
            if self.kind == self.Kind.SOFTWARE and self.facts.get("entry"):
                return reverse("software:entry", args=[self.facts["entry"]])
        except NoReverseMatch:
            return ""
        before = _RESOLVERS.get(self.kind)
        if before and not self.identifier.startswith(("https://", "http://")):
            return before + quote(self.identifier, safe="/:;()<>.-_")
        return self.identifier if self.identifier.startswith(("https://", "http://")) else ""


_RESOLVERS: dict[str, str] = {
    Resource.Kind.PAPER: "https://doi.org/",
    Resource.Kind.ARXIV: "https://arxiv.org/abs/",
    Resource.Kind.PERSON: "https://orcid.org/",
}
_ICONS: dict[str, str] = {
    Resource.Kind.DID: "database",
    Resource.Kind.SOFTWARE: "package",
    Resource.Kind.PAPER: "file-text",
    Resource.Kind.ARXIV: "file-text",
    Resource.Kind.PERSON: "user",
    Resource.Kind.GIT: "git-branch",
    Resource.Kind.ENVIRONMENT: "container",
    Resource.Kind.IVO: "telescope",
    Resource.Kind.RESULT: "archive",
}
