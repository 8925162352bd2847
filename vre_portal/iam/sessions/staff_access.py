"""Pages for staff alone: nobody else learns that they are there, and an old session opens none of them."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from vre_portal.iam.models import User
from vre_portal.iam.sessions import step_up

View = Callable[..., HttpResponse]


def is_staff(request: HttpRequest) -> bool:
    """Whether the person may see the staff's pages."""
    return isinstance(request.user, User) and request.user.is_active and request.user.is_staff


def staff_page(view: View) -> View:
    """For views that staff use: 404 for everybody else, and a new sign-in where the last one is too old to open the page.

    A form that was opened in time is taken however long it took to write, so that no text is lost.
    """

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **options: Any) -> HttpResponse:
        if not is_staff(request):
            raise Http404(_("Page not found."))
        if request.method in ("GET", "HEAD") and not step_up.is_recent_for_staff(request):
            return redirect(step_up.address(request.get_full_path()))
        return view(request, *args, **options)

    return guarded
