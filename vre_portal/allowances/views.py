"""What I may use: one page, of which parts that ask a remote service are loaded by themselves."""

import logging
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from vre_portal.allowances.parts import Allowance, AllowancePart, PartAnswer, parts_for
from vre_portal.http import RemoteError
from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.iam.stored.services import NO_TOKEN, WRONG_TOKEN

logger = logging.getLogger(__name__)


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """All parts; as JSON with the remote ones, which are then asked one after the other."""
    user = current_user(request)
    parts, failures = parts_for(user)
    if request.GET.get("format") == "json":
        return JsonResponse({"items": [as_json(part, read(part, user)) for part in parts], "next": None})
    shown = [(part, None if part.is_remote else context_of(read(part, user))) for part in parts]
    return render(request, "allowances/index.html", {"parts": shown, "failures": failures})


@never_cache
@require_safe
def part(request: HttpRequest, key: str) -> HttpResponse:
    """One part: a fragment of the page, and a page of its own without JavaScript."""
    user = current_user(request)
    chosen = next((item for item in parts_for(user)[0] if item.key == key), None)
    if chosen is None:
        raise Http404(_("There is no such part of this page."))
    answer = read(chosen, user)
    if request.GET.get("format") == "json":
        return JsonResponse(as_json(chosen, answer))
    template = "allowances/part.html" if getattr(request, "htmx", False) else "allowances/part_page.html"
    return render(request, template, {"part": chosen, "answer": context_of(answer)})


def read(part: AllowancePart, user: User) -> PartAnswer:
    """What the part says; one that fails says why, and costs no other."""
    try:
        return part.read(user)
    except RemoteError as error:
        return PartAnswer(problem=str(error), needs_token=getattr(error, "code", "") in (NO_TOKEN, WRONG_TOKEN))
    except Exception:
        logger.exception("the allowances %s could not be read", part.key)
        return PartAnswer(problem=_("These figures could not be read because of an internal error of the portal."))


def context_of(answer: PartAnswer) -> dict[str, Any]:
    """The answer with the address at which more of each row can be asked for."""
    ask_url = request_page(answer.request, {}) if answer.request else ""
    return {"answer": answer, "rows": [(row, address_for_more(row)) for row in answer.rows], "ask_url": ask_url}


def address_for_more(row: Allowance) -> str:
    """The form that asks for more of it, filled in; the operators' e-mail where there is no such form; else nothing."""
    has_limit = row.limit is not None or bool(row.limit_text)
    return request_page(*row.request) if row.request and has_limit else ""


def request_page(kind: str, values: Mapping[str, str]) -> str:
    """The form of a kind of request, filled in; the operators' e-mail where there is no such form; else nothing."""
    try:
        return f"{reverse('requests:new', args=[kind])}?{urlencode(values)}".rstrip("?")
    except NoReverseMatch:
        return f"mailto:{settings.SITE['contact']}" if settings.SITE["contact"] else ""


def as_json(part: AllowancePart, answer: PartAnswer) -> dict[str, Any]:
    rows = [{**row.as_row(), "more": address_for_more(row) or None} for row in answer.rows]
    return {"part": part.key, "title": str(part.title), "as_of": answer.as_of, "problem": answer.problem, "rows": rows}
