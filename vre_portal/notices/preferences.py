"""How a person wants to be told of each kind: what differs from the default of the kind is stored."""

from collections.abc import Mapping

from django.db import transaction

from vre_portal.iam.models import User
from vre_portal.notices.kinds import Delivery, NoticeKind, all_kinds, deliveries
from vre_portal.notices.models import Preference


def chosen(user: User) -> dict[str, Delivery]:
    """By kind how the person is told now."""
    stored = dict(Preference.objects.filter(user=user).values_list("kind", "delivery"))
    return {kind.key: _shown(kind, stored.get(kind.key, kind.default)) for kind in all_kinds()}


def _shown(kind: NoticeKind, delivery: str) -> Delivery:
    """A choice that is not offered any more is the inbox, into which every notice comes."""
    found = Delivery(delivery)
    return found if found in deliveries(kind) else Delivery.INBOX


@transaction.atomic
def save(choices: Mapping[str, Delivery], *, by: User) -> None:
    """Store how the person wants to be told of these kinds."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # two forms at once: the later one as a whole
    for kind in all_kinds():
        delivery = choices.get(kind.key)
        if delivery is None or delivery not in deliveries(kind):
            continue
        if delivery == kind.default:
            Preference.objects.filter(user=by, kind=kind.key).delete()
        else:
            Preference.objects.update_or_create(user=by, kind=kind.key, defaults={"delivery": delivery})


def reset(*, by: User) -> None:
    """Be told again as each kind has it."""
    Preference.objects.filter(user=by).delete()
