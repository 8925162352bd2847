"""Pages of what a run made: its files, each of them, and keeping some in the Data Lake."""

from itertools import chain

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, quote_etag
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from projects import audience
from projects.audience import Origin
from projects.permissions import Permission
from projects.workflows import copying, services
from projects.workflows.collecting import MAX_COPIED_BYTES
from projects.workflows.forms import KeepForm
from projects.workflows.models import Run, RunFile
from projects.workflows.pages import context, kept_of, run_for
from projects.workflows.permissions import may_copy, why_not_from_reana, why_not_keep
from projects.workflows.presenting import described_file
from projects.workflows.reana import names
from vre_portal.iam.sign_in import person
from vre_portal.iam.vault import access_token
from vre_portal.services import ServiceKind, service
from vre_portal.tables import listing, page_size

FILES_ON_A_PAGE = 100


@require_safe
@login_not_required
def files(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """All files of a run's workspace that the portal knows of, by keyset pages; as CSV the whole list."""
    run = run_for(request, slug, number)
    found = run.outputs.order_by("pk")
    if request.GET.get("state") == "not-here":
        found = found.exclude(state=RunFile.State.COPIED)
    size, after = page_size(request, FILES_ON_A_PAGE), request.GET.get("after", "")
    rows = list(found.filter(pk__gt=int(after[:18]) if after.isdecimal() else 0)[: size + 1])
    shown, query = rows[:size], request.GET.copy()
    query["after"] = str(shown[-1].pk) if shown else ""
    next_url = f"?{query.urlencode()}" if len(rows) > size else ""
    if made := listing(request, [described_file(file) for file in shown], following=next_url, filename=f"{slug}-run-{number}-files"):
        return made
    for file in shown:
        file.run, file.can_be_asked_for = run, not names.unspeakable(file.path)
    page = context(
        request, run.project, run=run, files=shown, next_url=next_url, first_page=not after, total=run.outputs.count(),
        can_copy=may_copy(request.user, run), has_failed=run.outputs.filter(state=RunFile.State.FAILED).exists(),
        not_here=run.outputs.exclude(state=RunFile.State.COPIED).count(), max_copied_bytes=MAX_COPIED_BYTES, only_not_here=request.GET.get("state") == "not-here",
    )  # fmt: skip
    return render(request, "workflows/files.html", page)


@require_POST
def copy_files(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Ask for files that are at REANA only to be copied here: one, or all whose copying failed."""
    run = run_for(request, slug, number, Permission.LAUNCH)
    if not may_copy(request.user, run):
        raise PermissionDenied("Files are copied from REANA in the name of whoever launched the run: only they can ask for it.")
    chosen, left = request.POST.get("file", ""), run.outputs.not_copied()
    asked = left.filter(pk=int(chosen[:18])) if chosen.isdecimal() else left.filter(state=RunFile.State.FAILED)
    try:
        count = services.copy_files(by=person(request), run=run, files=asked)
    except services.NotNow as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Copying {count} file{'' if count == 1 else 's'} from REANA.")
    return redirect("workflows:files", slug, number)


@require_safe
@login_not_required
def file(request: HttpRequest, slug: str, number: int, pk: int) -> HttpResponseBase:
    """A file of a run by its number."""
    return _sent(request, run_for(request, slug, number), pk=pk)


@require_safe
@login_not_required
def file_by_name(request: HttpRequest, slug: str, number: int, name: str) -> HttpResponseBase:
    """The same by its path, for those who know it."""
    return _sent(request, run_for(request, slug, number), path=name)


def _sent(request: HttpRequest, run: Run, **which: object) -> HttpResponseBase:
    """Pictures are shown, everything else is downloaded; nothing of it is ever active here."""
    found = get_object_or_404(run.outputs, **which)
    found.run = run
    response = _copy_here(request, found) or _from_reana(request, found)
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _copy_here(request: HttpRequest, found: RunFile) -> HttpResponseBase | None:
    """The portal's own copy, if it has one."""
    if not found.is_copied:
        return None
    try:
        content = found.file.open("rb")
    except FileNotFoundError:
        return None
    tag = quote_etag(found.sha256[:32] or str(found.pk))
    if unchanged := get_conditional_response(request, etag=tag):
        content.close()
        response: HttpResponseBase = unchanged
    else:
        shown = found.is_picture and not request.GET.get("download")
        response = FileResponse(content, as_attachment=not shown, filename=found.download_name)
        response["Content-Type"] = "image/png" if found.is_picture else "application/octet-stream"
    response["ETag"] = tag
    # A browser keeps it and asks each time: who sees the run may change, and so may who sits at the browser.
    response["Cache-Control"] = "private, no-cache"
    return response


def _from_reana(request: HttpRequest, found: RunFile) -> HttpResponseBase:
    """Straight from REANA, for whoever launched the run and with their own token; what breaks off never looks complete."""
    if reason := why_not_from_reana(request.user, found):
        raise Http404(reason)
    server = service(ServiceKind.REANA, found.run.server)
    token = access_token(person(request), server, purpose=f"download a file of {found.run.name}"[:200])
    body = copying.pieces(found, server, token)
    first = next(body, b"")  # one that REANA does not hand out at all is still a page with a reason
    response = StreamingHttpResponse(chain([first], body), content_type="application/octet-stream")
    if found.size is not None:
        response["Content-Length"] = str(found.size)
    response["Content-Disposition"] = content_disposition_header(True, found.download_name) or "attachment"
    response["Cache-Control"] = "private, no-store"
    return response


@require_safe
@login_not_required
def keeps(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """A fragment: how far the kept results are."""
    found = run_for(request, slug, number)
    kept = kept_of(request, found)
    page = context(request, found.project, run=found, keeps=kept, keeping=any(not item.ended for item in kept))
    return render(request, "workflows/keeps.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    """Choose files to keep as a dataset in the project's scope."""
    found = run_for(request, slug, number, Permission.KEEP)
    lake = service(ServiceKind.RUCIO)
    target = Origin(lake.name, found.project.scope)
    if (reason := why_not_keep(person(request), found, target)) or not found.can_be_kept:
        page = context(request, found.project, run=found, form=None, lake=lake, why_not_keep=reason)
        refused = 403 if reason else 409
        return render(request, "workflows/keep.html", page, status=refused if request.method == "POST" else 200)
    suggestion = f"{'DM' if 'dark' in found.project.theme.lower() else 'EU'}.{found.specification.name}.run{found.number}"
    form = KeepForm(
        request.POST or None,
        run=found,
        may_copy=may_copy(request.user, found),
        copy_rses=list(lake.options.get("copy_rses", [])),
        becomes_public=audience.is_public(target),
        initial={"dataset": suggestion},
    )
    if form.is_bound and not found.project.scope:
        form.add_error("dataset", "This project has no scope in the Data Lake yet: one of its leads asks for one.")
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.keep(
                by=person(request),
                run=found,
                key=values["key"],
                lake=lake.name,
                scope=found.project.scope,
                dataset=values["dataset"],
                paths=form.paths,
                rse=lake.options["upload_rse"],
                copy_rse=values["copy_rse"],
            )
        except IntegrityError:
            form.add_error("dataset", "A result was already kept under this name. Choose another.")
        else:
            messages.success(request, "Your files are on their way into the Data Lake.")
            return redirect(f"{reverse('workflows:run', args=[slug, number])}#kept")
    status = 422 if form.is_bound and form.errors else 200
    not_here = found.outputs.not_here().order_by("pk")
    page = context(
        request, found.project, run=found, form=form, lake=lake, not_here=not_here[:5], not_here_count=not_here.count(),
        can_copy=may_copy(request.user, found), scope_is_public=audience.is_public(target), scope_is_restricted=audience.is_restricted(target),
    )  # fmt: skip
    return render(request, "workflows/keep.html", page, status=status)
