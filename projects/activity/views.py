"""The page of what happened in a project, and a feed of it where everybody may read."""

from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.http import require_safe

from projects.activity import happenings
from projects.permissions import Permission, project_for, role_of
from projects.views import page
from vre_portal.tables import listing, row
from vre_portal.text import moment, plain

PAGE = 40


def asked(request: HttpRequest) -> datetime | None:
    """The moment before which the reader wants to see what happened."""
    try:
        return moment(request.GET.get("before", ""))
    except (ValueError, OverflowError):
        return None


@require_safe
@login_not_required
def index(request: HttpRequest, slug: str) -> HttpResponse:
    """What happened, newest first."""
    project = project_for(request.user, slug, Permission.VIEW)
    belongs = role_of(request.user, project) is not None
    found = happenings.of(project, reader=request.user, people=belongs, before=asked(request), most=PAGE + 1)
    shown = found[:PAGE]
    following = f"?{urlencode({'before': shown[-1].at.isoformat()})}" if len(found) > PAGE else None
    rows = [row(item) for item in shown] if request.GET.get("format") else []
    for told in rows:
        del told["icon"]
    if made := listing(request, rows, following=following, filename=f"{slug}-activity"):
        return made
    return page(request, project, "activity", tab="activity", happenings=shown, next_url=following, belongs=belongs)


@require_safe
@login_not_required
def feed(request: HttpRequest, slug: str) -> HttpResponse:
    """The same as an Atom feed, for public projects alone: whoever reads feeds does not sign in."""
    project = project_for(request.user, slug, Permission.VIEW)
    if not project.is_public:
        raise Http404("There is no such feed here.")
    here = settings.PORTAL_URL
    atom = Atom1Feed(
        title=plain(project.title),
        link=here + reverse("activity:index", args=[slug]),
        feed_url=here + reverse("activity:feed", args=[slug]),
        description=plain(project.summary),
    )
    for item in happenings.of(project, reader=AnonymousUser(), people=False, before=None, most=PAGE):
        told = " ".join(word for word in (item.what, item.subject, item.state) if word)
        link = item.url if item.url.startswith("http") else here + (item.url or project.get_absolute_url())
        atom.add_item(
            title=plain(told), link=link, description="", pubdate=item.at, updateddate=item.at, unique_id=f"{link}#{item.at.isoformat()}"
        )
    return HttpResponse(atom.writeString("utf-8"), content_type="application/atom+xml; charset=utf-8")
