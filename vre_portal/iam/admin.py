"""People as staff see them: who they are, and whether they may come in; no token is shown or reachable."""

from typing import Any, override

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from vre_portal.audit import record
from vre_portal.control import ReadOnly
from vre_portal.iam.models import User
from vre_portal.iam.sign_in import person


@admin.register(User)
class UserAdmin(ReadOnly):
    """Staff may shut somebody out, and let them in again."""

    list_display = ("name", "preferred_username", "issuer", "is_active", "is_staff", "date_joined")
    list_filter = ("is_active", "is_staff")
    search_fields = ("name", "preferred_username")
    ordering = ("name", "pk")
    fields = (
        "handle",
        "name",
        "preferred_username",
        "email",
        "issuer",
        "subject",
        "groups",
        "groups_seen_at",
        "date_joined",
        "is_staff",
        "is_active",
    )
    changes = ("is_active",)

    @override
    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        obj.save(update_fields=["is_active"])
        if isinstance(obj, User):
            record("person.active", by=person(request), subject=f"person/{obj.handle}", active=obj.is_active)
