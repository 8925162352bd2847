"""All that is looked at before a launch, as one list: from what the portal knows, or asked now."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.utils.translation import gettext as _

from projects.workflows.launching.offers import Offer
from projects.workflows.preflight import images, inputs, person, quota, server
from projects.workflows.preflight.items import Item, ordered
from projects.workflows.preflight.plan import Plan
from projects.workflows.preflight.servers import Load
from vre_portal.http import RemoteError
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.models import ServiceState
from vre_portal.services import Service

AT_THE_PRESS = frozenset({"engine", "images", "quota-cpu", "quota-disk"})  # the others are refused by the launch itself, with rows locked


@dataclass(frozen=True)
class Known:
    """What was read of the database for the page."""

    service: Service
    offer: Offer
    states: Mapping[str, ServiceState]
    load: Mapping[str, Load]

    @property
    def active(self) -> int:
        """Active runs of the person, on all servers."""
        return sum(item.mine for item in self.load.values())


def known_items(plan: Plan, known: Known) -> list[Item]:
    """The list as the portal knows it; nothing is asked."""
    found = quota.known(plan.person, known.service)
    later = Item("quota", _("Quota"), "not checked", (_("Not checked yet."),))
    unseen = Item("inputs", _("Input files"), "not checked", (_("Not checked yet."),))
    return ordered(
        [
            *_local(plan, known),
            *(quota.items(known.service, found) if found else [later]),
            *([unseen] if plan.inputs else []),
            *images.known(plan.images),
        ]
    )


def asked_items(plan: Plan, known: Known) -> list[Item]:
    """The same with what servers, lakes and registries say now; what one of them does not say is no other's failure."""
    parts: Iterable[Callable[[], list[Item]]] = (
        lambda: _quota(plan, known.service),
        lambda: inputs.items(plan),
        lambda: images.look_up(plan.images),
        lambda: images.since(plan.images_before, plan.images),
    )
    return ordered([*_local(plan, known), *(item for part in parts for item in part())])


def errors_at_the_press(plan: Plan, service: Service, offer: Offer) -> list[Item]:
    """What is known to make the run fail, besides what the launch itself refuses; nothing is asked."""
    found = quota.known(plan.person, service)
    items = [server.needs(plan, offer), *(quota.items(service, found) if found else []), *images.known(plan.images)]
    return [item for item in items if item.state == "error" and item.key in AT_THE_PRESS]


def _local(plan: Plan, known: Known) -> list[Item]:
    lines = [
        person.role(plan),
        person.token(plan, known.service),
        person.room(known.active),
        server.answers(known.service, known.states.get(known.service.name)),
        server.stopped(known.service),
        server.needs(plan, known.offer),
        server.gpu(plan, known.offer),
    ]
    return [line for line in lines if line]


def _quota(plan: Plan, service: Service) -> list[Item]:
    """Asked as the person, unless it was within the last minute."""
    try:
        found = quota.known(plan.person, service) or quota.ask(
            plan.person, service, access_token(plan.person, service, purpose=_("look up the quota"))
        )
    except (RemoteError, SignInAgain) as error:
        return [Item("quota", _("Quota"), "not checked", (str(error),))]
    return quota.items(service, found)
