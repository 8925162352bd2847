"""Pages of a run's workspace: a folder, a preview of a file, and a zip of several."""

from functools import partial

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from datalake.files import previews
from projects.page_context import project_context
from projects.permissions import Permission
from projects.workflows.file_previews import preview_page
from projects.workflows.models import RunFile
from projects.workflows.outputs import MAX_COPIED_BYTES
from projects.workflows.pages import TAB, run_for
from projects.workflows.permissions import may_copy
from projects.workflows.reana import names
from projects.workflows.refusals import NotNow
from projects.workflows.workspace import services
from projects.workflows.workspace.folders import COPIED, Listing, downloadable, listing, matching
from projects.workflows.workspace.zipping import MAX_BYTES, MAX_FILES, zipped
from vre_portal.iam.current_user import current_user
from vre_portal.iam.vault import access_token
from vre_portal.limits import DOWNLOAD, LAUNCH, rate_limited
from vre_portal.pages import public_page
from vre_portal.portable_gettext import grouped
from vre_portal.services import ServiceKind, service
from vre_portal.text import size as size_text

MAX_PATH = 4096


def folder_of(request: HttpRequest) -> str:
    """The folder that the address names, with a slash at its end; empty for the workspace itself."""
    path = request.GET.get("folder", "")[:MAX_PATH].strip("/").replace("\0", "")
    return f"{path}/" if path else ""


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def browse(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """One folder of the workspace, with the sizes of those in it."""
    run = run_for(request, slug, number)
    found: Listing = listing(run, folder_of(request))
    if found.path and not found.total:
        raise Http404(_("This run has no such folder."))
    for file in found.files:
        file.run, file.can_be_asked_for = run, not names.unspeakable(file.path)
        file.has_preview = previews.kind_of(file.path) is not None
    page = project_context(
        request, run.project, TAB, run=run, listing=found, files=found.files, can_copy=may_copy(request.user, run),
        max_copied_bytes=MAX_COPIED_BYTES,
    )  # fmt: skip
    return render(request, "workflows/folder.html", page)


@require_POST
@rate_limited(LAUNCH)
def list_files(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask for the files of the run as they are at REANA now."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if not may_copy(request.user, run):
        raise PermissionDenied(_("Only %(person)s, who launched the run, can have its files listed.") % {"person": run.by})
    try:
        services.list_files(by=current_user(request), run=run)
    except NotNow as error:
        messages.error(request, str(error))
    return redirect("workflows:files", slug, number) if request.POST.get("back") == "files" else redirect(f"{run.get_absolute_url()}#files")


@require_safe
@login_not_required
@rate_limited(DOWNLOAD)
def archive(request: HttpRequest, slug: str, number: int) -> HttpResponseBase:
    """A zip of a folder, of files that fit a pattern, or of all: what is copied, and for the launching person what is at REANA."""
    run = run_for(request, slug, number)
    outputs = run.outputs.filter(path__startswith=folder_of(request)).order_by("path")
    if pattern := request.GET.get("match", ""):
        outputs = outputs.filter(pk__in=matching(run, pattern))
    states = COPIED if request.GET.get("copied") else downloadable(can_copy=may_copy(request.user, run))
    files = list(outputs.filter(state__in=states)[: MAX_FILES + 1])
    if reason := _why_not_zipped(files):
        messages.error(request, reason)
        return redirect("workflows:files", slug, number)
    left_out = list(outputs.exclude(state__in=states))
    for file in (*files, *left_out):
        file.run = run
    access = None
    if any(not file.is_copied for file in files):
        server = service(ServiceKind.REANA, run.server)
        purpose = (_("download files of %(run)s") % {"run": run.name})[:200]
        access = (server, access_token(current_user(request), server, purpose=purpose))
    response = StreamingHttpResponse(zipped(files, access, left_out), content_type="application/zip")
    response["Content-Disposition"] = content_disposition_header(True, f"{slug}-run-{number}.zip") or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


def _why_not_zipped(files: list[RunFile]) -> str:
    """Why these are not sent in one zip; empty where they are."""
    if not files:
        return _("None of these files can be downloaded.")
    if len(files) > MAX_FILES:
        return _("A zip holds at most %(limit)s files. Choose a folder or a pattern.") % {"limit": grouped(MAX_FILES)}
    if sum(file.size or 0 for file in files) > MAX_BYTES:
        return _("A zip holds at most %(limit)s. Choose a folder or a pattern.") % {"limit": size_text(MAX_BYTES)}
    return ""


@require_safe
@login_not_required
@rate_limited(DOWNLOAD)
def preview(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponse:
    """What a copied file looks like, as the Data Lake shows its files."""
    run = run_for(request, slug, number)
    file = get_object_or_404(run.outputs.copied(), pk=pk)
    file.run = run
    address = reverse("workflows:file-preview", args=[slug, number, pk])
    page = project_context(request, run.project, TAB, run=run, file=file, retry=address)
    return preview_page(
        request,
        "workflows/preview.html",
        page,
        name=file.path,
        size=file.size or 0,
        checksum=file.sha256,
        opened=partial(file.file.open, "rb"),
    )
