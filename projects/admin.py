"""Projects and who belongs to them, as staff see them: to look, for their people decide."""

from django.contrib import admin

from projects.models import Membership, Project
from vre_portal.admin_site import ReadOnly


@admin.register(Project)
class ProjectAdmin(ReadOnly):
    """What a project is and how open; not what it holds."""

    list_display = ("title", "slug", "visibility", "embargo_until", "created_at")
    list_filter = ("visibility",)
    search_fields = ("title", "slug")
    fields = (
        "title", "slug", "summary", "visibility", "embargo_until", "theme", "stage", "contact", "repository", "website", "licence", "scope",
        "created_at", "changed_at",
    )  # fmt: skip


@admin.register(Membership)
class MembershipAdmin(ReadOnly):
    """Who has which role where."""

    list_display = ("project", "user", "group", "role")
    list_filter = ("role",)
    list_select_related = ("project", "user")
    search_fields = ("project__title", "project__slug", "group")
    fields = ("project", "user", "group", "role")
