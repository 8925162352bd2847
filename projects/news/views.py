"""Pages, feeds and pictures of news for those who read them."""

import hashlib
import time
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import quote_etag
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.models import Project
from projects.news.access import can_read, can_write, writable_projects
from projects.news.feed import atom
from projects.news.models import NewsItem, NewsQuerySet
from projects.news.public_pages import TOPICS, head_of, next_change
from projects.page_context import render_project_page
from projects.permissions import Permission, project_for
from vre_portal.page_head import PageHead
from vre_portal.pages import public_page
from vre_portal.tables import listing, page_size

PAGE, FEED, RECENT, UNPUBLISHED, WRITABLE = 20, 40, 3, 100, 50
UNDO, UNDO_SECONDS = "news_undo", 600


def row(item: NewsItem) -> dict[str, Any]:
    """An item as `?format=json` gives it."""
    return {
        "id": item.pk,
        "title": item.title,
        "excerpt": item.excerpt,
        "project": item.project.slug if item.project else None,
        "published": item.publish_at,
        "updated": item.updated_at,
        "page": item.get_absolute_url(),
    }


def page_of(request: HttpRequest, items: NewsQuerySet) -> tuple[Page[NewsItem], dict[str, Any]]:
    """A page of a list of news, and the addresses of those around it."""
    page = Paginator(items.newest_first(), page_size(request, PAGE)).get_page(request.GET.get("page"))
    return page, {
        "items": list(page),
        "previous_url": f"?{urlencode({'page': page.previous_page_number()})}" if page.has_previous() else "",
        "next_url": f"?{urlencode({'page': page.next_page_number()})}" if page.has_next() else None,
        "where": _("Page %(number)s of %(count)s") % {"number": page.number, "count": page.paginator.num_pages},
    }


def deleted_last(request: HttpRequest, project: Project | None) -> NewsItem | None:
    """The item of this place that the reader deleted a moment ago, so that they can undo it."""
    note = request.session.get(UNDO)
    if not isinstance(note, dict) or time.time() - note["at"] > UNDO_SECONDS:
        return None
    return NewsItem.objects.filter(pk=note["pk"], project=project).exclude(deleted_at=None).select_related("project").first()


def written_here(request: HttpRequest, project: Project | None) -> dict[str, Any]:
    """For those who write here: what is not shown now, and an undo."""
    if not can_write(request.user, project):
        return {}
    items = NewsItem.objects.filter(project=project).unpublished().newest_first()
    return {"can_write": True, "unpublished": items[:UNPUBLISHED], "undo": deleted_last(request, project)}


@require_safe
@login_not_required
@public_page(*TOPICS, until=next_change)
def index(request: HttpRequest) -> HttpResponse:
    """News of the portal and of the projects that the reader may see, the newest first."""
    page, context = page_of(request, NewsItem.objects.visible_to(request.user))
    if request.GET.get("format") and (
        document := listing(request, [row(item) for item in page], following=context["next_url"], filename="news")
    ):
        return document
    head = PageHead(title=_("News"), description=_("News of this site and of its public projects."), path=reverse("news:index"))
    context |= {**written_here(request, None), "writable": writable_projects(request.user, WRITABLE), "head": head}
    return render(request, "news/index.html", context)


@require_safe
@login_not_required
@public_page(*TOPICS, until=next_change)
def project_index(request: HttpRequest, slug: str) -> HttpResponse:
    """News of one project."""
    project = project_for(request.user, slug, Permission.VIEW)
    page, context = page_of(request, NewsItem.objects.visible_to(request.user).filter(project=project))
    rows = [row(item) for item in page] if request.GET.get("format") else []
    if document := listing(request, rows, following=context["next_url"], filename=f"{slug}-news"):
        return document
    return render_project_page(request, project, "news/project.html", "news", **context, **written_here(request, project))


@require_safe
@login_not_required
@public_page(*TOPICS, until=next_change)
def recent(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest items of a project, as a part of its first page."""
    project = project_for(request.user, slug, Permission.VIEW)
    items = NewsItem.objects.visible_to(request.user).filter(project=project).newest_first()[:RECENT]
    return render(request, "news/recent.html", {"project": project, "items": items, "can_write": can_write(request.user, project)})


@require_safe
@login_not_required
@public_page(*TOPICS, until=next_change)
def item(request: HttpRequest, pk: int) -> HttpResponse:
    """One item."""
    news = readable_item(request, pk)
    context = {"item": news, "head": head_of(news), "can_write": can_write(request.user, news.project)}
    return render(request, "news/item.html", context)


def readable_item(request: HttpRequest, pk: int) -> NewsItem:
    """The item, for somebody who may read it now; raises Http404."""
    news = NewsItem.objects.filter(pk=pk).select_related("project").first()
    if news is None or not can_read(request.user, news):
        raise Http404(_("This news item does not exist, or it is not shown now."))
    return news


@require_safe
@login_not_required
def picture(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The picture of an item, for those who may read the item at this moment."""
    news = readable_item(request, pk)
    if not news.picture:
        raise Http404(_("This news item has no picture."))
    tag = quote_etag(hashlib.sha256(str(news.picture.name).encode()).hexdigest()[:24])  # each upload has a name of its own
    response: HttpResponseBase | None = get_conditional_response(request, etag=tag)
    try:
        response = response or FileResponse(news.picture.open("rb"))
    except FileNotFoundError as error:
        raise Http404(_("The file of this picture is missing.")) from error
    response["ETag"] = tag
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"  # a picture from a person runs nothing here
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
@login_not_required
@public_page(*TOPICS, until=next_change)
def feed(request: HttpRequest) -> HttpResponse:
    """All public news as an Atom feed."""
    items = NewsItem.objects.public().newest_first()[:FEED]
    title = _("News · %(site)s") % {"site": settings.SITE["name"]}
    description = _("News of this site and of its public projects.")
    return atom(items, title=title, page=reverse("news:index"), feed=reverse("news:feed"), description=description)


@require_safe
@login_not_required
@public_page(*TOPICS, until=next_change)
def project_feed(request: HttpRequest, slug: str) -> HttpResponse:
    """News of a public project as an Atom feed: feed readers do not sign in."""
    project = project_for(request.user, slug, Permission.VIEW)
    if not project.is_public:
        raise Http404(_("This project has no public feed."))
    items = NewsItem.objects.visible_to(request.user).filter(project=project).newest_first()[:FEED]
    title = _("News · %(project)s") % {"project": project.title}
    pages = {"page": reverse("project-news:index", args=[slug]), "feed": reverse("project-news:feed", args=[slug])}
    return atom(items, title=title, description=project.summary, **pages)
