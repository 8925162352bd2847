"""How a person wants to be told of each kind: what they chose is stored, so that it stays where the default of the kind changes."""

from collections.abc import Mapping

from django.db import transaction

from vre_portal.iam.models import User
from vre_portal.notices.kinds import Delivery, NoticeKind, all_kinds, deliveries
from vre_portal.notices.models import Preference


def chosen(user: User) -> dict[str, Delivery]:
    """By kind what the person chose; kinds are left out that have their default."""
    stored = dict(Preference.objects.filter(user=user).values_list("kind", "delivery"))
    return {kind.key: _shown(kind, stored[kind.key]) for kind in all_kinds() if kind.key in stored}


def _shown(kind: NoticeKind, delivery: str) -> Delivery:
    """A choice that is not offered any more is the inbox, into which every notice comes."""
    found = Delivery(delivery)
    return found if found in deliveries(kind) else Delivery.INBOX


@transaction.atomic
def save(choices: Mapping[str, Delivery | None], *, by: User) -> None:
    """Store how the person wants to be told of these kinds; None for the default."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # two forms at once: the later one as a whole
    for kind in all_kinds():
        if kind.key not in choices:
            continue
        delivery = choices[kind.key]
        if delivery is None:
            Preference.objects.filter(user=by, kind=kind.key).delete()
        elif delivery in deliveries(kind):
            Preference.objects.update_or_create(user=by, kind=kind.key, defaults={"delivery": delivery})


def reset(*, by: User) -> None:
    """Be told again as each kind has it."""
    Preference.objects.filter(user=by).delete()
