"""Whose webhooks a page shows and how it is framed, and what is there."""

from collections.abc import Sequence
from typing import Any, Protocol

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from vre_portal.notices.webhooks.models import Delivery, Webhook
from vre_portal.notices.webhooks.owners import Owner


class Place(Protocol):
    """Whose webhooks a page shows."""

    owner: Owner
    has_kinds: bool  # whether each webhook chooses its kinds of events

    def render(self, request: HttpRequest, template: str, *, status: int = 200, **context: Any) -> HttpResponse:
        """The page, framed as the place has it."""

    def url(self, name: str, *args: int) -> str:
        """The address of another page of the place."""


def webhook_of(place: Place, pk: int, *, is_deleted: bool = False) -> Webhook:
    """A webhook of the place; raises Http404."""
    found = Webhook.objects.filter(pk=pk, owner=place.owner.topic, deleted_at__isnull=not is_deleted).select_related("created_by").first()
    if found is None:
        raise Http404(_("This webhook does not exist."))
    return found


def delivery_of(webhook: Webhook, number: int) -> Delivery:
    """A delivery of the webhook; raises Http404."""
    found = webhook.deliveries.filter(pk=number).select_related("event__audience").first()
    if found is None:
        raise Http404(_("This delivery does not exist. Deliveries are kept for 30 days."))
    return found


def hide_unknown(place: Place, deliveries: Sequence[Delivery]) -> Sequence[Delivery]:
    """The deliveries, marked where what happened is nothing for the owner any more; one question for all."""
    rules = {row.event.audience.rule for row in deliveries if row.event}
    known = set(place.owner.known_rules(rules)) if rules else set()
    for row in deliveries:
        row.is_hidden = row.event is not None and row.event.audience.rule not in known
    return deliveries
