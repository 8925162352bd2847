"""Users as administrators see them: who they are, and whether they are blocked; no token is shown or reachable."""

from typing import Any, override

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext

from vre_portal.admin_site import ReadOnly, hidden
from vre_portal.audit import record
from vre_portal.iam import staff_views
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User, UserSession


@admin.register(User)
class UserAdmin(ReadOnly):
    """Administrators may block a user and unblock them."""

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
        "signed_in",
    )
    changes = ("is_active",)

    @override
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(staff_views.sessions)
        return [hidden(path("<int:pk>/sessions/", view, name="iam_user_sessions")), *super().get_urls()]

    @admin.display(description=gettext_lazy("Signed in"))
    def signed_in(self, obj: User) -> str:
        count = UserSession.objects.live(obj).count()
        words = ngettext("%(count)s session", "%(count)s sessions", count) % {"count": count}
        return format_html('<a href="{}">{}</a>', reverse("admin:iam_user_sessions", args=[obj.pk]), words)

    @override
    def save_model(self, request: HttpRequest, obj: Model, form: Any, change: bool) -> None:
        obj.save(update_fields=["is_active"])
        if isinstance(obj, User):
            if not obj.is_active:  # out at once, and with the sessions go the tokens
                UserSession.objects.filter(user=obj).end()
            record("person.active", by=current_user(request), subject=f"person/{obj.handle}", active=obj.is_active)
