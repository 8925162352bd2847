"""A version of a workflow as it was saved, and each of its files."""

from functools import partial
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from projects.page_context import project_context
from projects.workflows.entering.presenting import review_of, steps_shown
from projects.workflows.entering.version_views import bindings, launch_query, specification_for
from projects.workflows.file_previews import preview_page, text_of
from projects.workflows.models import Specification, SpecificationVersion, VersionFile
from projects.workflows.pages import TAB
from vre_portal.limits import DOWNLOAD, rate_limited
from vre_portal.pages import public_page
from vre_portal.text import is_storable, plain


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def version(request: HttpRequest, slug: str, name: str, number: int) -> HttpResponse:
    """What the workflow was at one of its versions."""
    specification = specification_for(request, slug, name)
    found = _version(specification, number)
    then = specification.as_of(found)
    page = {
        "specification": specification, "version": found, "review": review_of(found, then), "shown": steps_shown(request, then),
        "bindings": bindings(request, found.data), "is_current": found.pk == specification.current_id,
        "can_be_launched": not then.faults and not specification.archived_at, "launch_query": launch_query(then),
    }  # fmt: skip
    return render(request, "workflows/entering/version.html", project_context(request, specification.project, TAB, **page))


@require_safe
@login_not_required
@rate_limited(DOWNLOAD)
def version_file(request: HttpRequest, slug: str, name: str, number: int) -> HttpResponseBase:
    """A file of a version by its path, which the query names since it may hold what no address can: what is in it, or the file itself."""
    specification = specification_for(request, slug, name)
    found = _version(specification, number)
    path = request.GET.get("path", "")
    file = found.files.select_related("stored").filter(path=path).first() if is_storable(path) else None
    if file is None:
        raise Http404(_("This version has no such file."))
    if request.GET.get("download"):
        return _sent(file)
    retry = f"{reverse('workflows:versions-file', args=[slug, name, number])}?{urlencode({'path': path})}"
    page = project_context(request, specification.project, TAB, specification=specification, version=found, file=file, retry=retry)
    if text := text_of(file.stored, path):
        response = render(request, "workflows/entering/version_file.html", page | {"text": text})
        response["Cache-Control"] = "private, no-store"
        return response
    return preview_page(
        request, "workflows/entering/version_file.html", page,
        name=path, size=file.stored.size, checksum=file.stored.sha256, opened=partial(file.stored.file.open, "rb"),
    )  # fmt: skip


def _version(specification: Specification, number: int) -> SpecificationVersion:
    found: SpecificationVersion = get_object_or_404(specification.versions.select_related("added_by"), number=number)
    found.specification = specification
    return found


def _sent(file: VersionFile) -> HttpResponseBase:
    """The file as a download, of which a browser makes nothing."""
    try:
        content = file.stored.file.open("rb")
    except FileNotFoundError:
        raise Http404(_("The portal no longer has this file.")) from None
    filename = plain(file.path.rpartition("/")[2]) or "file"
    response = FileResponse(content, as_attachment=True, filename=filename, content_type="application/octet-stream")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-cache"
    return response
