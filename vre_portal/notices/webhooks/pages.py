"""The pages of webhooks, the same for those of a project and of a person."""

import time
import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from vre_portal.iam.current_user import current_user
from vre_portal.notices.kinds import project_kinds
from vre_portal.notices.webhooks import services
from vre_portal.notices.webhooks.forms import WebhookForm
from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.notices.webhooks.owners import OwnerClosed
from vre_portal.notices.webhooks.places import Place, hide_unknown, webhook_of
from vre_portal.notices.webhooks.presentation import delivery_row, webhook_row
from vre_portal.notices.webhooks.services import WebhookRefused
from vre_portal.tables import listing, page_size
from vre_portal.text import number_of

DELIVERIES = 25
UNDO, UNDO_SECONDS = "webhook_undo", 600


def index(request: HttpRequest, place: Place) -> HttpResponse:
    """All webhooks of the place."""
    rows = list(Webhook.objects.present().filter(owner=place.owner.topic))
    if document := listing(request, [webhook_row(row) for row in rows], following=None, filename="webhooks"):
        return document
    undo = _deleted_last(request, place)
    return place.render(
        request,
        "webhooks/index.html",
        at_index=True,
        webhooks=[(row, place.url("show", row.pk)) for row in rows],
        new_url=place.url("new"),
        limit=services.MAX_WEBHOOKS,
        is_full=len(rows) >= services.MAX_WEBHOOKS,
        undo_url=place.url("restore", undo.pk) if undo else "",
    )


def new(request: HttpRequest, place: Place) -> HttpResponse:
    """The form of a new webhook; a POST makes it, and shows its secret this once."""
    if request.method != "POST":
        return _form(request, place, None, WebhookForm.of(None, has_kinds=place.has_kinds))
    form = WebhookForm(request.POST, has_kinds=place.has_kinds)
    if not form.is_valid():
        return _form(request, place, None, form, 400)
    try:
        webhook = services.create(by=current_user(request), owner=place.owner, key=form.cleaned_data["key"], **form.facts())
    except (OwnerClosed, WebhookRefused) as refused:
        form.add_error(None, str(refused))
        return _form(request, place, None, form, 409)
    return _show_secret(request, place, webhook)


def edit(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """The form of a webhook that there is."""
    webhook = webhook_of(place, pk)
    if request.method != "POST":
        return _form(request, place, webhook, WebhookForm.of(webhook, has_kinds=place.has_kinds))
    form = WebhookForm(request.POST, has_kinds=place.has_kinds)
    if not form.is_valid():
        return _form(request, place, webhook, form, 400)
    try:
        seen = form.cleaned_data["version"]
        services.edit(by=current_user(request), owner=place.owner, webhook=webhook, seen=seen, **form.facts())
    except services.ChangedMeanwhile as conflict:
        typed = request.POST.copy()
        typed["version"] = str(conflict.webhook.version)
        again = WebhookForm(typed, has_kinds=place.has_kinds)
        return _form(request, place, conflict.webhook, again, 409, saved_kinds=_kind_titles(place, conflict.webhook))
    except OwnerClosed as closed:
        form.add_error(None, str(closed))
        return _form(request, place, webhook, form, 409)
    messages.success(request, _("Webhook saved."))
    return redirect(place.url("show", pk))


def _form(
    request: HttpRequest, place: Place, webhook: Webhook | None, form: WebhookForm, status: int = 200, saved_kinds: list[str] | None = None
) -> HttpResponse:
    """The form; with `saved_kinds` also the webhook as somebody else saved it meanwhile."""
    action = place.url("edit", webhook.pk) if webhook else place.url("new")
    back = place.url("show", webhook.pk) if webhook else place.url("index")
    facts = {"webhook": webhook, "form": form, "action": action, "back": back, "is_conflict": saved_kinds is not None, "kinds": saved_kinds}
    return place.render(request, "webhooks/edit.html", status=status, **facts)


def _show_secret(request: HttpRequest, place: Place, webhook: Webhook) -> HttpResponse:
    """The page that shows a secret; once its time is over, the webhook's own page."""
    secret = services.shown_secret(webhook)
    if not secret:
        messages.info(request, _("The secret is shown only once. Renew it if you have lost it."))
        return redirect(place.url("show", webhook.pk))
    return place.render(request, "webhooks/secret.html", webhook=webhook, secret=secret, show_url=place.url("show", webhook.pk))


def show(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """A webhook with its deliveries, the newest first; `?state=` leaves those in one state."""
    webhook = webhook_of(place, pk)
    deliveries = webhook.deliveries.select_related("event__audience")
    state = request.GET.get("state", "")
    if state in Delivery.State.values:
        deliveries = deliveries.filter(state=state)
    page = Paginator(deliveries, page_size(request, DELIVERIES)).get_page(request.GET.get("page"))
    kept = {"state": state} if state in Delivery.State.values else {}
    rows = hide_unknown(place, list(page))
    next_url = f"?{urlencode({**kept, 'page': page.next_page_number()})}" if page.has_next() else None
    if document := listing(request, [delivery_row(row) for row in rows], following=next_url, filename=f"webhook-{pk}"):
        return document
    names = ("edit", "secret", "test", "switch", "delete", "again")
    return place.render(
        request,
        "webhooks/show.html",
        webhook=webhook,
        kinds=_kind_titles(place, webhook),
        urls={name: place.url(name, pk) for name in names},
        key=uuid.uuid4(),
        deliveries=[(row, place.url("delivery", pk, row.pk)) for row in rows],
        failed=webhook.deliveries.filter(state=Delivery.State.FAILED).count(),
        state=state,
        states=Delivery.State.choices,
        previous_url=f"?{urlencode({**kept, 'page': page.previous_page_number()})}" if page.has_previous() else "",
        next_url=next_url,
        where=_("Page %(number)s of %(count)s") % {"number": page.number, "count": page.paginator.num_pages},
    )


def _kind_titles(place: Place, webhook: Webhook) -> list[str]:
    return [str(kind.project_title or kind.title) for kind in project_kinds() if kind.key in webhook.kinds] if place.has_kinds else []


def secret(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Renew the secret, and show the new one this once."""
    webhook = webhook_of(place, pk)
    seen = number_of(request.POST.get("version", ""))
    try:
        services.renew_secret(by=current_user(request), owner=place.owner, webhook=webhook, seen=seen)
    except OwnerClosed as closed:
        messages.error(request, str(closed))
        return redirect(place.url("show", pk))
    return _show_secret(request, place, webhook_of(place, pk))


def switch(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """On or off."""
    webhook, is_on = webhook_of(place, pk), request.POST.get("on") == "yes"
    try:
        services.switch(by=current_user(request), owner=place.owner, webhook=webhook, on=is_on)
    except OwnerClosed as closed:
        messages.error(request, str(closed))
    else:
        messages.success(request, _("The webhook is on.") if is_on else _("The webhook is off. Nothing more is sent."))
    return redirect(place.url("show", pk))


def delete(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Delete it, and offer an undo."""
    webhook = webhook_of(place, pk)
    try:
        services.delete(by=current_user(request), owner=place.owner, webhook=webhook)
    except OwnerClosed as closed:
        messages.error(request, str(closed))
        return redirect(place.url("show", pk))
    request.session[UNDO] = {"pk": pk, "at": time.time()}
    return redirect(place.url("index"))


def restore(request: HttpRequest, place: Place, pk: int) -> HttpResponse:
    """Undo a deletion."""
    webhook = webhook_of(place, pk, is_deleted=True)
    try:
        services.restore(by=current_user(request), owner=place.owner, webhook=webhook)
    except (OwnerClosed, WebhookRefused) as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The webhook was restored."))
    return redirect(place.url("index"))


def _deleted_last(request: HttpRequest, place: Place) -> Webhook | None:
    """What the reader deleted here a moment ago."""
    note = request.session.get(UNDO)
    if not isinstance(note, dict) or time.time() - note["at"] > UNDO_SECONDS:
        return None
    return Webhook.objects.filter(pk=note["pk"], owner=place.owner.topic).exclude(deleted_at=None).first()
