"""The page of what happened in a project, and a feed of it where everybody may read."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from projects.activity.feed import recent_activity
from projects.models import Project
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for, role_of
from vre_portal.atom import AtomFeed
from vre_portal.iam.models import User
from vre_portal.limits import rate_limited
from vre_portal.notices import feeds
from vre_portal.notices.views.feed import FEED
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
    context: dict[str, Any] = {"items": shown, "next_url": following, "belongs": belongs, "feed_url": feed_url_of(request, slug)}
    return render_project_page(request, project, "projects/activity.html", "activity", **context)


def feed_url_of(request: HttpRequest, slug: str) -> str:
    """The secret feed address of the project for the reader, where they ask to see it and have one."""
    if "feed" not in request.GET or not isinstance(request.user, User):
        return ""
    address = feeds.address_of(request.user)
    secret = feeds.secret_of(address) if address else ""
    return absolute(reverse("activity:personal-feed", args=[slug, secret])) if secret else ""


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as an Atom feed, for public projects alone: feed readers do not sign in."""
    project = project_for(request.user, slug, Permission.VIEW)
    if not project.is_public:
        raise Http404(_("This project has no public feed."))
    return atom_of(project, AnonymousUser(), reverse("activity:feed", args=[slug])).answer(request)


@require_safe
@login_not_required
@never_cache
@rate_limited(FEED)
def personal_feed(request: HttpRequest, slug: str, secret: str) -> HttpResponse:
    """The same for somebody who may see the project, at the secret address of their notices; 404 for all else, whatever the reason."""
    reader = feeds.reader_of(secret)
    if reader is None:
        raise Http404(_("Feed not found."))
    try:
        project = project_for(reader.user, slug, Permission.VIEW)
    except Http404:
        raise Http404(_("Feed not found.")) from None
    response = atom_of(project, reader.user, request.path).answer(request)
    response["X-Robots-Tag"] = "noindex"
    return response


def atom_of(project: Project, reader: User | AnonymousUser, address: str) -> AtomFeed:
    """What the reader may know of, without the people of the project."""
    page = reverse("activity:index", args=[project.slug])
    handle = str(reader.handle) if isinstance(reader, User) else ""
    atom = AtomFeed.of(title=project.title, page=page, feed=address, description=project.summary, reader=handle)
    for item in recent_activity(project, reader=reader, people=False, before=None, most=PAGE):
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
    return atom
