"""The staff's pages: at a path of their own, for staff who signed in lately, each opening of a page recorded; nothing for anybody else."""

from collections.abc import Callable
from functools import update_wrapper
from importlib import import_module
from typing import TYPE_CHECKING, Any, override
from urllib.parse import quote

from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.apps import SimpleAdminConfig
from django.contrib.auth.decorators import login_not_required
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.translation import gettext_lazy as _

from vre_portal.audit import record

# Django's own sign-in, and addresses that name things by their table.
UNUSED = {"login", "logout", "password_change", "password_change_done", "autocomplete", "view_on_site", "app_list"}
# Only these say what staff may see: the libraries' own pages show tokens.
MODULES = ("vre_portal.iam.admin", "projects.admin", "datalake.admin")


class StaffAdminConfig(SimpleAdminConfig):
    """Django's admin with this site and these pages."""

    default = True
    default_site = "vre_portal.admin_site.StaffSite"

    @override
    def ready(self) -> None:
        super().ready()
        for module in MODULES:
            import_module(module)


def hidden[P: URLPattern | URLResolver](item: P) -> P:
    """The view is asked before anybody is sent to a sign-in, which would tell that there is a page."""
    if isinstance(item, URLPattern):
        login_not_required(item.callback)
    return item


class StaffSite(AdminSite):
    """Everybody but staff finds nothing here, not even a sign-in page."""

    site_header = site_title = _("Administration")
    index_title = _("Administration")
    final_catch_all_view = False
    enable_nav_sidebar = False

    @override
    def has_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.is_active and getattr(request.user, "is_staff", False))

    @override
    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        from vre_portal.iam.models import User
        from vre_portal.iam.sessions import step_up  # models cannot be imported before the applications are ready

        guarded: Callable[..., Any] = super().admin_view(view, cacheable)

        def inner(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
            user = request.user
            if not isinstance(user, User) or not self.has_permission(request):
                raise Http404
            if not step_up.is_recent_for_staff(request):
                back = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("admin:index")
                return redirect(step_up.address(back))
            record(f"admin.{'read' if request.method in ('GET', 'HEAD') else 'write'}", by=user, subject=quote(request.path)[:200])
            answer: HttpResponse = guarded(request, *args, **options)
            return answer

        return update_wrapper(inner, view)

    @override
    def get_urls(self) -> list[URLResolver | URLPattern]:
        kept = [item for item in super().get_urls() if getattr(item, "name", None) not in UNUSED]
        kept.append(path("<slug:app_label>/", self.admin_view(self.app_index), name="app_list"))
        return [hidden(item) for item in kept]


if TYPE_CHECKING:
    Pages = ModelAdmin[Model]
else:
    Pages = ModelAdmin


class ReadOnly(Pages):
    """Shows the rows; only the fields in `changes` can be changed, and nothing can be added or deleted."""

    changes: tuple[str, ...] = ()
    view_on_site = False
    list_per_page = 50
    show_full_result_count = False
    actions = None

    @override
    def get_urls(self) -> list[URLPattern]:
        return [hidden(item) for item in super().get_urls() if str(item.name).endswith(("_changelist", "_change", "_history"))]

    @override
    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    @override
    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    @override
    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(self.changes) and self.admin_site.has_permission(request)

    @override
    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        return [str(name) for name in self.fields or () if name not in self.changes]
