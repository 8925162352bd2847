"""The page of what happened in a project, and a feed of it where everybody may read."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.activity.feed import recent_activity
from projects.atom import AtomFeed
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for, role_of
from vre_portal.page_head import absolute
from vre_portal.pages import public_page
from vre_portal.tables import listing
from vre_portal.text import moment
from vre_portal.xml_text import xml_text

PAGE = 40


def asked(request: HttpRequest) -> datetime | None:
    """The moment before which the reader wants to see what happened."""
    try:
        return moment(request.GET.get("before", ""))
    except (ValueError, OverflowError):
        return None


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """What happened, newest first."""
    project = project_for(request.user, slug, Permission.VIEW)
    belongs = role_of(request.user, project) is not None
    found = recent_activity(project, reader=request.user, people=belongs, before=asked(request), most=PAGE + 1)
    shown = found[:PAGE]
    following = f"?{urlencode({'before': shown[-1].at.isoformat()})}" if len(found) > PAGE else None
    rows = [item.row() for item in shown] if request.GET.get("format") else []
    if made := listing(request, rows, following=following, filename=f"{slug}-activity"):
        return made
    context: dict[str, Any] = {"items": shown, "next_url": following, "belongs": belongs}
    return render_project_page(request, project, "projects/activity.html", "activity", **context)


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as an Atom feed, for public projects alone: feed readers do not sign in."""
    project = project_for(request.user, slug, Permission.VIEW)
    if not project.is_public:
        raise Http404(_("This project has no public feed."))
    page, address = (reverse(f"activity:{name}", args=[slug]) for name in ("index", "feed"))
    atom = AtomFeed.of(title=project.title, page=page, feed=address, description=project.summary)
    for item in recent_activity(project, reader=AnonymousUser(), people=False, before=None, most=PAGE):
        title = f"{item.unnamed_text} ({item.state})" if item.state else item.unnamed_text
        link = absolute(item.url or project.get_absolute_url())
        atom.add_item(
            title=xml_text(title),
            link=link,
            description="",
            pubdate=item.at,
            updateddate=item.at,
            unique_id=f"{link}#{item.at.isoformat()}",
        )
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
