"""How many messages are on their way at once: in all, to one host, for one owner, and to webhooks that fail or are slow."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings

from vre_portal.notices.webhooks.models import Webhook
from vre_portal.slots import Slot

PER_HOST = 2


@contextmanager
def lane(webhook: Webhook) -> Iterator[None]:
    """A place for sending to a webhook; raises NoSlot where there is none now.

    Half of all places, and half of those of each host, are kept for webhooks whose last attempt neither failed nor took long. An owner has
    half of all places at most: webhooks that nobody knows to be slow yet are new, and of one owner.
    """
    in_all = max(int(settings.WEBHOOKS_AT_ONCE), 1)
    half = max(in_all // 2, 1)
    names = [("webhooks", in_all), (f"webhooks:{webhook.host}", PER_HOST), (f"webhooks-of:{webhook.owner}", half)]
    if webhook.holds_others_up:
        names += [("webhooks-failing", half), (f"webhooks-failing:{webhook.host}", max(PER_HOST // 2, 1))]
    with ExitStack() as places:
        for name, limit in reversed(names):
            places.enter_context(Slot(name, limit))
        yield
