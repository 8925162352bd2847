"""The science project: who belongs to it and what it binds together."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import nh3
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

from projects import audience, lake_access
from projects.audience import Origin
from vre_portal.iam.models import User


class Role(models.TextChoices):
    """What somebody is in a project, strongest first."""

    LEAD = "lead", "lead"
    MEMBER = "member", "member"
    VIEWER = "viewer", "viewer"


def spelt(moment: datetime) -> str:
    """A moment of an embargo, which is in UTC for everybody: 3 Mar 2027, 00:00 UTC."""
    there = moment.astimezone(UTC)
    return f"{there.day} {there:%b %Y, %H:%M} UTC"


def _public() -> models.Q:
    """Public, or with an embargo that has ended: by the clock of each question, so that no task has to run at that moment."""
    return models.Q(visibility=Project.Visibility.PUBLIC) | models.Q(embargo_until__lte=timezone.now())


class ProjectQuerySet(models.QuerySet["Project"]):
    """Projects as somebody may see them."""

    def public(self) -> "ProjectQuerySet":
        """Those that everybody may see now."""
        return self.filter(_public())

    def visible_to(self, user: User | AnonymousUser) -> "ProjectQuerySet":
        """Public projects, and those that the person belongs to by name or by an IAM group."""
        public = _public()
        if not isinstance(user, User) or not user.is_active:
            return self.filter(public)
        mine = Membership.objects.of(user).values("project")
        return self.filter(public | models.Q(pk__in=mine))

    def mine(self, user: User) -> "ProjectQuerySet":
        """The projects that a person belongs to."""
        return self.filter(pk__in=Membership.objects.of(user).values("project"))

    def matching(self, text: str) -> "ProjectQuerySet":
        """Those that have the text in their title, summary or description."""
        return self.filter(models.Q(title__icontains=text) | models.Q(summary__icontains=text) | models.Q(description__icontains=text))

    def page(self, *, after: str, size: int) -> list["Project"]:
        """At most `size` projects, those that follow the one with the slug `after`; the cost is the page's and not the list's."""
        last = self.filter(slug=after).first() if after else None
        found = self.order_by("title", "slug")
        if last is not None:
            found = found.filter(models.Q(title__gt=last.title) | models.Q(title=last.title, slug__gt=last.slug))
        return list(found[:size])


class Project(models.Model):
    """One object for the people, data, software, environments, workflows and results of a piece of science."""

    class Visibility(models.TextChoices):
        PUBLIC = "public", "public"
        MEMBERS = "members", "members only"

    slug = models.SlugField(max_length=60, unique=True)
    title = models.CharField(max_length=200)
    summary = models.CharField(max_length=300, blank=True)
    description = models.TextField(blank=True, help_text="Markdown")
    visibility = models.CharField(max_length=10, choices=Visibility, default=Visibility.MEMBERS)
    embargo_until = models.DateTimeField(null=True, blank=True, help_text="A project for members is public from this moment on")
    theme = models.CharField(max_length=60, blank=True)
    experiments = models.JSONField(default=list, blank=True)
    institutes = models.JSONField(default=list, blank=True)
    contact = models.CharField(max_length=200, blank=True)
    licence = models.CharField(max_length=100, blank=True)
    citation = models.TextField(blank=True, help_text="BibTeX")
    picture = models.FileField(upload_to="projects/", blank=True)
    picture_description = models.CharField(max_length=300, blank=True)
    scope = models.CharField(max_length=60, blank=True, help_text="Where results are kept in the Data Lake")
    created_at = models.DateTimeField(default=timezone.now)
    changed_at = models.DateTimeField(auto_now=True)

    objects: ClassVar[ProjectQuerySet] = ProjectQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("title",)

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("projects:detail", args=[self.slug])

    @property
    def is_public(self) -> bool:
        lifted = self.embargo_until is not None and self.embargo_until <= timezone.now()
        return lifted or self.visibility == self.Visibility.PUBLIC

    @property
    def embargo(self) -> datetime | None:
        """When the project becomes public by itself, while that is still to come."""
        return None if self.is_public else self.embargo_until

    @property
    def access(self) -> str:
        """Who sees it, in words for those who do."""
        if self.embargo is None:
            return "public" if self.is_public else "members only"
        return f"members only until {spelt(self.embargo)}; public then"

    @property
    def description_html(self) -> SafeString:
        """The description as HTML that has been through the sanitiser."""
        return mark_safe(nh3.clean(MarkdownIt("commonmark", {"html": False}).enable("table").render(self.description)))  # noqa: S308


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships as they hold for somebody."""

    def of(self, user: User) -> "MembershipQuerySet":
        """Those that name the person, and those that name a group that the IAM says the person is in."""
        return self.filter(models.Q(user=user) | models.Q(group__in=user.groups, user=None))


class Membership(models.Model):
    """A person, or everyone in an IAM group, has a role in a project."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="memberships")
    group = models.CharField(max_length=200, blank=True, help_text="IAM group, such as escape/km3net")
    role = models.CharField(max_length=10, choices=Role, default=Role.MEMBER)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=["project", "user"], name="one_role_per_person"),
            models.UniqueConstraint(fields=["project", "group"], condition=~models.Q(group=""), name="one_role_per_group"),
            models.CheckConstraint(
                condition=models.Q(user=None, group__gt="") | models.Q(user__isnull=False, group=""), name="a_person_or_a_group"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user or self.group}: {self.role}"


@dataclass(frozen=True)
class FromScope:
    """How many resources come from one scope."""

    origin: Origin
    count: int


class ResourceQuerySet(models.QuerySet["Resource"]):
    """Resources as somebody may see them: what is in a Data Lake has the audience of its scope."""

    def origins(self) -> Iterator[FromScope]:
        """Each scope that these come from, and how many do; nothing for what is not in a Data Lake."""
        scope = models.Func(
            models.F("identifier"), models.Value(":"), models.Value(1), function="split_part", output_field=models.CharField()
        )
        rows = self.filter(kind__in=Resource.IN_LAKES).order_by().annotate(scope=scope).values_list("service", "scope")
        return (
            FromScope(Origin(lake, name), count)
            for lake, name, count in rows.annotate(count=models.Count("pk")).order_by("service", "scope")
        )

    def visible_to(self, user: User | AnonymousUser) -> "ResourceQuerySet":
        """Those that the person may see: data of a restricted scope only by their groups, data that are not public only as a member of the
        project or with an account at the lake.

        Asks which scopes these rows come from, and each lake about an account where that matters and is not known. What is bound from another
        scope meanwhile is not among them.
        """
        readable = {item.origin for item in self.origins() if audience.can_read(user, item.origin)}
        unlisted = {origin for origin in readable if not audience.is_public(origin)}
        visible = _from(readable - unlisted)
        if unlisted:
            memberships = Membership.objects.of(user) if isinstance(user, User) and user.is_active else Membership.objects.none()
            mine = memberships.values("project")
            foreign = {item.origin.lake for item in self.exclude(project__in=mine).origins() if item.origin in unlisted}
            lakes = {lake for lake in foreign if lake_access.has_account(user, lake)}
            visible |= _from(unlisted) & models.Q(project__in=mine) | _from({origin for origin in unlisted if origin.lake in lakes})
        return self.filter(~models.Q(kind__in=Resource.IN_LAKES) | visible)

    def closed_to(self, user: User | AnonymousUser) -> list[FromScope]:
        """Which scopes that these come from are restricted and closed to the person."""
        return [item for item in self.origins() if not audience.can_read(user, item.origin)]


def _from(origins: set[Origin]) -> models.Q:
    """Resources of these scopes; none where there are none."""
    found = models.Q(pk__in=[])
    for origin in sorted(origins):
        found |= models.Q(service=origin.lake) & (models.Q(identifier=origin.scope) | models.Q(identifier__startswith=f"{origin.scope}:"))
    return found


class Resource(models.Model):
    """Something elsewhere that belongs to the project: found by service and identifier, never copied."""

    class Kind(models.TextChoices):
        DID = "did", "data"
        SOFTWARE = "software", "software"
        ENVIRONMENT = "environment", "environment"
        RESULT = "result", "result"
        LINK = "link", "link"

    IN_LAKES = (Kind.DID, Kind.RESULT)

    project = models.ForeignKey(Project, models.CASCADE, related_name="resources")
    kind = models.CharField(max_length=12, choices=Kind)
    service = models.CharField(max_length=60, blank=True, help_text="Name of the service in services.toml")
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
