"""Pages of the documentation and about the portal, for everybody."""

import os
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from vre_portal.documentation import library
from vre_portal.page_head import PageHead

PICTURES = {".svg": "image/svg+xml", ".png": "image/png", ".webp": "image/webp"}
PICTURE_POLICY = "default-src 'none'; style-src 'unsafe-inline'; sandbox"  # a drawing has its own colours, and runs nothing


def _show(request: HttpRequest, **context: Any) -> HttpResponse:
    """A page with the list of all pages beside it; 404 and who to ask where the documentation is not shipped."""
    if not library.is_shipped():
        return render(request, "documentation/missing.html", status=404)
    page = context.get("page")
    head = PageHead(page.title, excerpt_of(page.text), page.address) if page else None
    return render(request, "documentation/page.html", {"pages": library.pages(), "head": head, **context})


def excerpt_of(text: str) -> str:
    """The first words of a page, for a list of search results."""
    return Truncator(" ".join(text.split())).chars(200)


@require_safe
@login_not_required
def index(request: HttpRequest) -> HttpResponse:
    """The first page of the documentation."""
    return _show(request, page=library.page(library.INDEX)) if library.is_shipped() else _show(request)


@require_safe
@login_not_required
def page(request: HttpRequest, name: str) -> HttpResponse:
    """One page of the documentation, or the list of the pages of a folder, such as the decisions."""
    if not library.is_shipped():
        return _show(request)
    if listed := library.pages(name):
        return _show(request, listed=listed, title=name.rpartition("/")[2].replace("-", " ").capitalize())
    try:
        return _show(request, page=library.page(name))
    except library.NoSuchPage:
        raise Http404(_("The documentation has no such page.")) from None


@require_safe
@login_not_required
def picture(request: HttpRequest, name: str) -> HttpResponseBase:
    """A picture of the documentation."""
    root = library.folder().resolve()
    file = (root / name).resolve()
    if not file.is_relative_to(root) or file.suffix not in PICTURES or not os.path.isfile(file):  # noqa: PTH113 -- as in library
        raise Http404(_("The documentation has no such picture."))
    response = FileResponse(file.open("rb"), content_type=PICTURES[file.suffix])
    response["Content-Security-Policy"] = PICTURE_POLICY
    return response


@require_safe
@login_not_required
def about(request: HttpRequest) -> HttpResponse:
    """What the portal is, who runs it, whom to write to, its version and licences."""
    return render(request, "documentation/about.html")
