"""A fragment for the dashboard: the reader's notebooks that run, and those that ended last."""

from django.db.models import Case, IntegerField, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from projects.models import Project
from projects.notebooks.models import Session
from vre_portal.iam.current_user import current_user

SHOWN = 6


@require_safe
def recent(request: HttpRequest) -> HttpResponse:
    """As the portal last heard of them; no hub is asked."""
    user = current_user(request)
    own = Session.objects.filter(by=user, project__in=Project.objects.mine(user)).select_related("project")
    first = Case(When(state__in=Session.ALIVE, then=Value(0)), default=Value(1), output_field=IntegerField())
    return render(request, "notebooks/recent.html", {"sessions": own.order_by(first, "-pk")[:SHOWN]})
