"""How many messages are on their way at once: in all, to one host, and of these to webhooks that fail, so that those delay no others."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings

from vre_portal.notices.webhooks.models import Webhook
from vre_portal.slots import Slot

PER_HOST = 2


@contextmanager
def lane(webhook: Webhook) -> Iterator[None]:
    """A place for sending to a webhook; raises NoSlot where there is none now.

    Half of all places, and half of those of each host, are kept for webhooks whose last attempt did not fail.
    """
    in_all = max(int(settings.WEBHOOKS_AT_ONCE), 1)
    names = [("webhooks", in_all), (f"webhooks:{webhook.host}", PER_HOST)]
    if webhook.failures:
        names += [("webhooks-failing", max(in_all // 2, 1)), (f"webhooks-failing:{webhook.host}", max(PER_HOST // 2, 1))]
    with ExitStack() as places:
        for name, limit in reversed(names):
            places.enter_context(Slot(name, limit))
        yield
