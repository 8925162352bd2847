"""Who belongs to a project: people by name, and everyone in an IAM group."""

from collections.abc import Collection
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils.translation import gettext_lazy as _

from vre_portal.iam.models import User


class Role(models.TextChoices):
    """What somebody is in a project, strongest first."""

    LEAD = "lead", _("Lead")
    EDITOR = "editor", _("Editor")
    MEMBER = "member", _("Member")
    VIEWER = "viewer", _("Viewer")


def known_roles(user: User) -> dict[int, Role | None]:
    """The strongest role in each project that was asked about before, for as long as this object of the person lives: one request."""
    known: dict[int, Role | None] = user.__dict__.setdefault("_project_roles", {})
    return known


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships as they hold for somebody."""

    def of(self, user: User) -> "MembershipQuerySet":
        """Those that name the person, and those that name a group that the IAM says the person is in."""
        return self.filter(models.Q(user=user) | models.Q(group__in=user.groups, user=None))

    def active_leads(self) -> "MembershipQuerySet":
        """Those by which somebody with an open account leads a project."""
        group = models.Func(models.OuterRef("group"), function="jsonb_build_array", output_field=models.JSONField())
        people = User.objects.filter(groups__contains=group, is_active=True)
        return self.filter(models.Q(user__is_active=True) | models.Q(models.Exists(people), user=None), role=Role.LEAD)

    def in_order(self) -> "MembershipQuerySet":
        """The strongest role first, then people and groups by their names."""
        strength = models.Case(*(models.When(role=role, then=models.Value(place)) for place, role in enumerate(Role)))
        name = Lower(Coalesce(NullIf("user__name", models.Value("")), NullIf("user__preferred_username", models.Value("")), "group"))
        return self.annotate(strength=strength, sort_name=name).order_by("strength", "sort_name", "pk")

    def projects_of(self, user: User | AnonymousUser, projects: Collection[int]) -> set[int]:
        """Those of the projects that somebody belongs to; asks nothing where the roles in all of them are known already."""
        if not isinstance(user, User) or not user.is_active:
            return set()
        known = known_roles(user)
        if all(project in known for project in projects):
            return {project for project in projects if known[project] is not None}
        return set(self.of(user).filter(project__in=projects).values_list("project", flat=True))


class Membership(models.Model):
    """A person, or everyone in an IAM group, has a role in a project."""

    project = models.ForeignKey("projects.Project", models.CASCADE, related_name="memberships", verbose_name=_("project"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="memberships", verbose_name=_("person")
    )
    group = models.CharField(_("group"), max_length=200, blank=True, help_text=_("IAM group, such as experiment/analysis"))
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.MEMBER)

    objects: ClassVar[MembershipQuerySet] = MembershipQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (
            models.UniqueConstraint(fields=["project", "user"], name="one_role_per_person"),
            models.UniqueConstraint(fields=["project", "group"], condition=~models.Q(group=""), name="one_role_per_group"),
            models.CheckConstraint(
                condition=models.Q(user=None, group__gt="") | models.Q(user__isnull=False, group=""), name="a_person_or_a_group"
            ),
        )

    def __str__(self) -> str:
        return f"{self.user or self.group}: {self.role}"
