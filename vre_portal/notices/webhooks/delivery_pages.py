"""The pages of deliveries: tests, what was sent and how it went, and sending again."""

import json
import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from vre_portal.iam.current_user import current_user
from vre_portal.notices.webhooks import payload, services
from vre_portal.notices.webhooks.owners import OwnerClosed
from vre_portal.notices.webhooks.places import Place, delivery_of, hide_unknown, webhook_of
from vre_portal.notices.webhooks.presentation import delivery_row
from vre_portal.notices.webhooks.services import WebhookRefused
from vre_portal.text import number_of


def test(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Send a test event, and show how it goes."""
    webhook = webhook_of(place, pk)
    try:
        delivery = services.send_test(by=current_user(request), owner=place.owner, webhook=webhook, key=_key(request))
    except (OwnerClosed, WebhookRefused) as refused:
        messages.error(request, str(refused))
        return redirect(place.url("show", pk))
    return redirect(place.url("delivery", pk, delivery.pk))


def _key(request: HttpRequest) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid.uuid4()


def again(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Send all failed deliveries again."""
    webhook = webhook_of(place, pk)
    try:
        count = services.send_failed_again(by=current_user(request), owner=place.owner, webhook=webhook)
    except (OwnerClosed, WebhookRefused) as refused:
        messages.error(request, str(refused))
    else:
        text = ngettext("%(count)s delivery is sent again.", "%(count)s deliveries are sent again.", count)
        messages.success(request, text % {"count": count})
    return redirect(place.url("show", pk))


def delivery(request: HttpRequest, place: Place, pk: int, number: int) -> HttpResponse:
    """One delivery: what is sent, and all attempts."""
    webhook = webhook_of(place, pk)
    found = delivery_of(webhook, number)
    hide_unknown(place, [found])
    content = None if found.is_hidden else payload.content_of(found, place.owner)
    if request.GET.get("format") == "json":
        return JsonResponse({**delivery_row(found), "log": found.log, "message": content})
    return place.render(
        request,
        "webhooks/delivery.html",
        webhook=webhook,
        delivery=found,
        log=list(reversed(found.log)),
        message=json.dumps(content, ensure_ascii=False, indent=2) if content else "",
        show_url=place.url("show", pk),
        again_url=place.url("delivery-again", pk, number),
    )


def delivery_again(request: HttpRequest, place: Place, pk: int, number: int) -> HttpResponse:
    """Send one delivery again."""
    webhook = webhook_of(place, pk)
    found, seen = delivery_of(webhook, number), number_of(request.POST.get("attempts", ""))
    try:
        is_sent = services.send_again(by=current_user(request), owner=place.owner, webhook=webhook, delivery=found, seen=seen)
    except (OwnerClosed, WebhookRefused) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("It is sent again, with the same message ID.") if is_sent else _("It was sent again already."))
    return redirect(place.url("delivery", pk, number))
