"""Pages of what a run made: its files, each of them, and keeping some in the Data Lake."""

from itertools import chain
from typing import IO, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from datalake.files import previews
from projects import audience
from projects.page_context import project_context
from projects.permissions import Permission
from projects.workflows import copying, keep_places, services
from projects.workflows.dataset_names import suggested_name
from projects.workflows.keep_form import KeepForm
from projects.workflows.models import Run, RunFile, is_picture_path
from projects.workflows.outputs import MAX_COPIED_BYTES
from projects.workflows.pages import TAB, kept_of, run_for
from projects.workflows.permissions import can_list_files, may_copy, why_not_from_reana
from projects.workflows.presenting import described_file
from projects.workflows.reana import names
from projects.workflows.refusals import NotNow
from projects.workflows.workspace.folders import MAX_PATTERN, downloadable, matching
from vre_portal.iam.current_user import current_user
from vre_portal.iam.vault import access_token
from vre_portal.limits import DOWNLOAD, LAUNCH, READING, UPLOAD, RateLimit, rate_limited
from vre_portal.pages import expires_in, public_page
from vre_portal.services import ServiceKind, UnknownService, service
from vre_portal.stop_switches.present import ServiceStopped
from vre_portal.tables import listing, page_size

FILES_ON_A_PAGE = 100


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
@rate_limited(RateLimit("search", READING, only_with=frozenset({"match"})))
def files(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """All files of a run's workspace that the portal knows of, by keyset pages; as CSV the whole list."""
    run = run_for(request, slug, number)
    if run.awaits_list:
        expires_in(5)
    outputs = run.outputs.order_by("pk")
    if request.GET.get("state") == "not-here":
        outputs = outputs.exclude(state=RunFile.State.COPIED)
    fitting = Q()
    if pattern := request.GET.get("match", "")[:MAX_PATTERN]:
        fitting = Q(pk__in=matching(run, pattern))
        outputs = outputs.filter(fitting)
    size, after = page_size(request, FILES_ON_A_PAGE), request.GET.get("after", "")
    rows = list(outputs.filter(pk__gt=int(after[:18]) if after.isdecimal() else 0)[: size + 1])
    page_files, query = rows[:size], request.GET.copy()
    query["after"] = str(page_files[-1].pk) if page_files else ""
    next_url = f"?{query.urlencode()}" if len(rows) > size else ""
    if made := listing(request, [described_file(file) for file in page_files], following=next_url, filename=f"{slug}-run-{number}-files"):
        return made
    for file in page_files:
        file.run, file.can_be_asked_for = run, not names.unspeakable(file.path)
        file.has_preview = previews.kind_of(file.path) is not None
    can_copy = may_copy(request.user, run)
    counts = run.outputs.aggregate(
        total=Count("pk"),
        has_failed=Count("pk", filter=Q(state=RunFile.State.FAILED)),
        not_here=Count("pk", filter=~Q(state=RunFile.State.COPIED)),
        outputs_at_reana=Count("pk", filter=Q(state=RunFile.State.LEFT, is_declared=True)),
        in_zip=Count("pk", filter=fitting & Q(state__in=downloadable(can_copy=can_copy))),
        not_in_zip=Count("pk", filter=fitting & ~Q(state__in=downloadable(can_copy=can_copy))),
    )
    page = project_context(
        request, run.project, TAB, run=run, files=page_files, next_url=next_url, first_page=not after, **counts, can_copy=can_copy, can_list=can_list_files(request.user, run),
        max_copied_bytes=MAX_COPIED_BYTES, only_not_here=request.GET.get("state") == "not-here", pattern=pattern,
    )  # fmt: skip
    return render(request, "workflows/files.html", page)


@require_POST
@rate_limited(LAUNCH)
def copy_files(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask for files that are at REANA only to be copied here: one, all declared outputs, or all whose copying failed."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if not may_copy(request.user, run):
        raise PermissionDenied(_("Only %(person)s, who launched the run, can copy its files from REANA.") % {"person": run.by})
    chosen, not_copied = request.POST.get("file", ""), run.outputs.not_copied()
    if chosen.isdecimal():
        requested = not_copied.filter(pk=int(chosen[:18]))
    elif chosen == "outputs":
        requested = not_copied.filter(is_declared=True)
    else:
        requested = not_copied.filter(state=RunFile.State.FAILED)
    try:
        count = services.copy_files(by=current_user(request), run=run, files=requested)
    except NotNow as error:
        messages.error(request, str(error))
    else:
        text = ngettext("Copying %(n)s file from REANA.", "Copying %(n)s files from REANA.", count)
        messages.success(request, text % {"n": count})
    return redirect("workflows:files", slug, number)


@require_safe
@login_not_required
@rate_limited(DOWNLOAD)
def file(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponseBase:
    """A file of a run by its number."""
    return _sent(request, run_for(request, slug, number), pk=pk)


@require_safe
@login_not_required
@rate_limited(DOWNLOAD)
def file_by_name(request: HttpRequest, slug: str, number: int, name: str) -> HttpResponseBase:
    """The same by its path, for those who know it."""
    return _sent(request, run_for(request, slug, number), path=name)


@require_safe
@login_not_required
@rate_limited(DOWNLOAD)
def thumbnail(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponseBase:
    """What pages show of a picture: its small copy, or itself where it is small."""
    output = get_object_or_404(run_for(request, slug, number).outputs.copied().filter(is_picture_path()), pk=pk)
    if output.thumbnail_state == RunFile.Thumbnail.NONE and (whole := _copy_here(request, output)):
        return _inert(whole)
    try:
        content = output.thumbnail.open("rb") if output.thumbnail else None
    except FileNotFoundError:
        content = None
    if content is None:
        raise Http404(output.thumbnail_note or _("The small copy of this picture is not made yet."))
    name = f"{output.download_name}.webp"
    return _inert(_stored(request, content, f"{output.sha256[:32]}-small", content_type="image/webp", filename=name))


def _sent(request: HttpRequest, run: Run, **which: object) -> HttpResponseBase:
    """Pictures are shown, everything else is downloaded; nothing of it is ever active here."""
    output = get_object_or_404(run.outputs, **which)
    output.run = run
    return _inert(_copy_here(request, output) or _from_reana(request, output))


def _inert(response: HttpResponseBase) -> HttpResponseBase:
    """Whatever is in the file, a browser does nothing with it but show it as what it is said to be."""
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _copy_here(request: HttpRequest, output: RunFile) -> HttpResponseBase | None:
    """The portal's own copy, if it has one."""
    if not output.is_copied:
        return None
    try:
        content = output.file.open("rb")
    except FileNotFoundError:
        return None
    is_inline = output.is_picture and not request.GET.get("download")
    return _stored(
        request, content, output.sha256[:32] or str(output.pk), content_type=output.content_type or "application/octet-stream",
        as_attachment=not is_inline, filename=output.download_name,
    )  # fmt: skip


def _stored(request: HttpRequest, content: IO[bytes], version: str, **options: Any) -> HttpResponseBase:
    """A file that the portal stores, or that the browser has this version of it."""
    tag = quote_etag(version)
    if unchanged := get_conditional_response(request, etag=tag):
        content.close()
        response: HttpResponseBase = unchanged
    else:
        response = FileResponse(content, **options)
    response["ETag"] = tag
    # A browser keeps it and asks each time: who sees the run may change, and so may who sits at the browser.
    response["Cache-Control"] = "private, no-cache"
    return response


def _from_reana(request: HttpRequest, output: RunFile) -> HttpResponseBase:
    """Straight from REANA, for the person who launched the run and with their own token; what breaks off never looks complete."""
    if reason := why_not_from_reana(request.user, output):
        raise Http404(reason)
    server = service(ServiceKind.REANA, output.run.server)
    token = access_token(current_user(request), server, purpose=(_("download a file of %(run)s") % {"run": output.run.name})[:200])
    body = copying.pieces(output, server, token)
    first = next(body, b"")  # one that REANA does not hand out at all is still a page with a reason
    response = StreamingHttpResponse(chain([first], body), content_type="application/octet-stream")
    if output.size is not None:
        response["Content-Length"] = str(output.size)
    response["Content-Disposition"] = content_disposition_header(True, output.download_name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@login_not_required
@public_page("projects", "people", "runs")
def keeps(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A fragment: how far the kept results are."""
    run = run_for(request, slug, number)
    run_keeps = kept_of(request, run)
    page = project_context(request, run.project, TAB, run=run, keeps=run_keeps, keeping=any(not item.ended for item in run_keeps))
    return render(request, "workflows/keeps.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@rate_limited(UPLOAD)
def keep(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Choose files to keep as a dataset in the project's scope."""
    run = run_for(request, slug, number, Permission.KEEP)
    user = current_user(request)
    try:
        place = keep_places.chosen(user, run, request.POST.get("lake") or request.GET.get("lake", ""))
    except UnknownService as error:
        raise Http404(str(error)) from None
    lake, target, reason = place.lake, place.target, place.why_not
    shown: dict[str, Any] = {"run": run, "lake": lake, "places": keep_places.places(user, run, place)}
    if reason or not run.can_be_kept:
        page = project_context(request, run.project, TAB, form=None, why_not_keep=reason, **shown)
        refused = 403 if reason else 409
        return render(request, "workflows/keep.html", page, status=refused if request.method == "POST" else 200)
    form = KeepForm(
        request.POST or None,
        run=run,
        may_copy=may_copy(request.user, run),
        copy_rses=place.copy_sites,
        becomes_public=audience.is_public(target),
        initial={"dataset": suggested_name(lake, run)},
        lake=lake,
        scope=run.project.scope,
    )
    if form.is_bound and not run.project.scope:
        form.add_error("dataset", _("This project has no scope in the Data Lake yet. A project lead can request one."))
    is_stopped = False
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.keep(
                by=user,
                run=run,
                key=values["key"],
                lake=lake.name,
                scope=run.project.scope,
                dataset=values["dataset"],
                paths=form.paths,
                rse=place.site,
                copy_rse=values["copy_rse"],
            )
        except ServiceStopped as stopped:
            form.add_error(None, str(stopped))
            is_stopped = True
        except IntegrityError:
            form.add_error("dataset", _("A result with this name is already kept. Choose another name."))
        else:
            messages.success(request, _("Your files are being stored in the Data Lake."))
            return redirect(f"{reverse('workflows:run', args=[slug, number])}#kept")
    status = (503 if is_stopped else 422) if form.is_bound and form.errors else 200
    not_here = run.outputs.not_here().order_by("pk")
    page = project_context(
        request, run.project, TAB, form=form, **shown, not_here=not_here[:5], not_here_count=not_here.count(),
        can_copy=may_copy(request.user, run), scope_is_public=audience.is_public(target), scope_is_restricted=audience.is_restricted(target),
    )  # fmt: skip
    return render(request, "workflows/keep.html", page, status=status)
