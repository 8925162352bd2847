"""The page of uploads: the form, the list, and the questions that its script asks."""

import json
import uuid
from typing import Any, cast

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from datalake.pages.addresses import did_address
from datalake.pages.decorators import lake_page, lake_view
from datalake.rucio.name_lookup import find_existing
from datalake.uploads import capacity, names, permissions, receiving, services, spool
from datalake.uploads.forms import UploadForm
from datalake.uploads.models import Upload
from vre_portal import deadlines
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.limits import UPLOAD_PARTS, rate_limited
from vre_portal.services import Service
from vre_portal.stop_switches.present import ServiceStopped
from vre_portal.tables import listing
from vre_portal.text import storable

SHOWN = 100
MAX_NAMES = 500  # names in one question
CHECK_SECONDS = 20.0  # for all of them


def mine(request: HttpRequest, lake: Service) -> list[dict[str, Any]]:
    """The person's uploads, the last first."""
    own_uploads = Upload.objects.filter(by=request.user, lake=lake.name)[:SHOWN]  # type: ignore[misc]
    return [{"upload": item, "did": did_address("did", lake.name, item.scope, item.name)} for item in own_uploads]


@require_http_methods(["GET", "HEAD", "POST"])
@lake_view
def upload(request: HttpRequest, lake: Service) -> HttpResponse:
    """The form; without JavaScript it takes one small file."""
    scopes = permissions.scopes(request.user, lake, fresh=request.method == "GET")  # type: ignore[arg-type]
    wanted = {"scope": request.GET.get("scope"), "dataset": request.GET.get("dataset", "")}
    form = UploadForm(
        request.POST or None, request.FILES or None, initial=wanted, scopes=scopes, rses=permissions.targets(lake), auto_id="upload-%s"
    )
    if request.method == "POST" and form.is_valid() and take(request, lake, form):
        return redirect("lake_uploads:upload", lake=lake.name)
    context = {
        "lake": lake,
        "form": form,
        "uploads": mine(request, lake),
        "file_limit": settings.UPLOAD_FILE_BYTES,
        "form_limit": settings.UPLOAD_MEGABYTES * 10**6,
        "hours": settings.UPLOAD_HOURS,
        "no_target": not permissions.targets(lake),
        **room_of(request, lake, form["rse"].value() or next(iter(permissions.targets(lake)), ""), 0),
    }
    return render(request, "lake_uploads/upload.html", context, status=(503 if form.is_stopped else 400) if form.errors else 200)


def take(request: HttpRequest, lake: Service, form: UploadForm) -> bool:
    """The plain form's file goes the same way as a resumable one."""
    values, sent = form.cleaned_data, form.cleaned_data.get("file")
    if sent is None:
        form.add_error("file", _("Choose a file."))
        return False
    name = names.proposed(lake, sent.name or "")
    if (words := names.renamed(lake, sent.name or "", name)) and not values["rename"]:
        form.offer_rename(words)
        return False
    try:
        wish = services.UploadRequest(
            values["scope"], name, values["rse"], sent.size, dataset=values["dataset"], metadata=values["metadata"]
        )
        made = services.begin(lake, request.user, wish)  # type: ignore[arg-type]
    except ServiceStopped as stopped:
        form.add_error(None, str(stopped))
        form.is_stopped = True
        return False
    except (services.UploadRejected, services.AlreadyUploading, spool.Full) as error:
        form.add_error("file", str(error))
        return False
    receiving.receive(made, sent, 0)
    services.whole(made)
    messages.success(request, _("%(name)s was received. It is now checked and moved to the Data Lake.") % {"name": name})
    return True


@lake_page
def uploads(request: HttpRequest, lake: Service) -> HttpResponse:
    """The list of the person's uploads, for the page to renew, and as data."""
    own_uploads = mine(request, lake)
    rows = [
        {
            "id": str(item["upload"].pk),
            "did": str(item["upload"]),
            "rse": item["upload"].rse,
            "bytes": item["upload"].size,
            "received": item["upload"].received,
            "state": item["upload"].state,
            "reason": item["upload"].reason,
            "adler32": item["upload"].checksum,
            "sha256": item["upload"].sha256,
            "page": item["did"],
        }
        for item in own_uploads
    ]
    document = listing(request, rows, following=None, filename="uploads")
    return document or render(request, "lake_uploads/list.html", {"lake": lake, "uploads": own_uploads})


def room_of(request: HttpRequest, lake: Service, rse: str, count: int) -> dict[str, Any]:
    """What fits where, the chosen storage element first looked at; for the form, and for the piece that renews itself."""
    user, targets = cast(User, request.user), permissions.targets(lake)
    checks = capacity.fits(user, lake, targets, count)
    if any(item.rse == rse and item.problem for item in checks):  # a no is never given from memory
        checks = capacity.fits(user, lake, targets, count, fresh=True)
    return {
        "lake": lake,
        "fits": checks,
        "chosen": next((item for item in checks if item.rse == rse), None),
        "elsewhere": [item.rse for item in checks if item.rse != rse and item.fits],
        "bytes": count,
        "support": lake.options.get("support", ""),
    }


@lake_page
def room(request: HttpRequest, lake: Service) -> HttpResponse:
    """Whether so many bytes fit at a storage element, for the form to ask whenever files are added or another one is chosen."""
    rse, text = request.GET.get("rse", ""), request.GET.get("bytes", "0")
    context = room_of(request, lake, rse, int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else 0)
    if request.GET.get("format") != "json":
        return render(request, "lake_uploads/room.html", context)
    rows = [
        {"rse": item.rse, "left_bytes": item.left, "free_bytes": item.free, "under_way_bytes": item.under_way}
        | {"known": item.room is not None, "fits": item.fits, "problem": item.problem}
        for item in context["fits"]
    ]
    return JsonResponse({"bytes": context["bytes"], "items": rows, "next": None})


@require_POST
@lake_view
@rate_limited(UPLOAD_PARTS)
def check(request: HttpRequest, lake: Service) -> HttpResponse:
    """What each file would be called, and whether that name is taken: said before anything is sent."""
    try:
        body = json.loads(request.body)
        scope = storable(body["scope"])
        wanted = [(storable(item["path"])[:1000], storable(item.get("name") or "")[:300]) for item in body["files"]]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return JsonResponse({"error": _("The request must have a scope and files.")}, status=400)
    if len(wanted) > MAX_NAMES:
        return JsonResponse({"error": _("Too many files. At most %(count)s can be checked at once.") % {"count": MAX_NAMES}}, status=413)
    try:
        permissions.require(request.user, lake, scope)  # type: ignore[arg-type]
    except permissions.NotYours as error:
        return JsonResponse({"error": str(error)}, status=403)
    called = [name or names.proposed(lake, path) for path, name in wanted]
    good = {name: why for name in called if not (why := _why_not(lake, name))}
    token = vault.access_token(request.user, lake, purpose=_("check which names are taken"))  # type: ignore[arg-type]
    with deadlines.within(CHECK_SECONDS, lake.kind):
        taken = find_existing(lake, token, scope, good)
    mine_now = Upload.objects.filter(by=request.user, lake=lake.name, scope=scope, name__in=good)  # type: ignore[misc]
    going = {item.name: item for item in mine_now if item.is_open}
    times = {name: called.count(name) for name in called} if len(set(called)) < len(called) else {}
    answers = []
    for (path, typed), name in zip(wanted, called, strict=True):
        there = taken.get(name)
        twice = times.get(name, 1) > 1
        answers.append(
            {
                "path": path,
                "name": name,
                "renamed": "" if typed else names.renamed(lake, path, name),
                "problem": _("Two of these files would get this name. Change one of the names.") if twice else _why_not(lake, name),
                "there": {"type": there.type, "bytes": there.bytes, "adler32": there.adler32} if there else None,
                "going": going[name].get_absolute_url() if name in going else None,
            }
        )
    return JsonResponse({"files": answers})


def _why_not(lake: Service, name: str) -> str:
    try:
        names.check(lake, name)
    except names.BadName as error:
        return str(error)
    return ""


@require_POST
@lake_view
def act(request: HttpRequest, lake: Service, upload: uuid.UUID, verb: str) -> HttpResponse:
    """Cancel an upload or try it again, by a button."""
    own_upload = Upload.objects.filter(pk=upload, by=request.user, lake=lake.name).first()  # type: ignore[misc]
    if own_upload is None:
        raise Http404(_("Upload not found."))
    if verb == "again":
        try:
            permissions.require(request.user, lake, own_upload.scope)  # type: ignore[arg-type]
        except permissions.NotYours as error:
            messages.error(request, str(error))
            return redirect("lake_uploads:upload", lake=lake.name)
    done = services.cancel(own_upload) if verb == "cancel" else services.retry(own_upload)
    if not done:
        messages.warning(request, _("%(file)s has changed in the meantime. See its status in the list.") % {"file": own_upload})
    elif verb == "again" and not own_upload.sha256:
        messages.info(request, _("Choose %(name)s again: it must be uploaded from the start.") % {"name": own_upload.name})
    return redirect("lake_uploads:upload", lake=lake.name)
