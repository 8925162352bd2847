"""Having a repository fetched: the row is written first, a job fetches it."""

import uuid

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.repositories import tasks
from vre_portal.repositories.addresses import normalised
from vre_portal.repositories.models import Snapshot

MAX_UNDER_WAY = 3  # of one person
MAX_KEPT = 10  # of one person, those under way among them


class TooManyFetches(Exception):
    """The person has as many under way as one may have; the text says so."""


def fetch(*, by: User, address: str, ref: str = "", key: uuid.UUID | None = None) -> Snapshot:
    """A snapshot of the repository, which a job fills; the same key again gives the same one. Raises AddressRefused, TooManyFetches."""
    address, ref = normalised(address, ref.strip())
    key = key or uuid.uuid4()
    if earlier := Snapshot.objects.filter(by=by, key=key).first():
        return earlier
    try:
        with transaction.atomic():
            User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # so that none is counted too few
            if Snapshot.objects.filter(by=by).exclude(key=key).under_way().count() >= MAX_UNDER_WAY:
                text = _("You have %(count)s repositories that are being fetched. Wait until one of them is ready.")
                raise TooManyFetches(text % {"count": MAX_UNDER_WAY})
            snapshot = Snapshot.objects.create(by=by, key=key, address=address, ref=ref)
            enqueue(tasks.fetch, snapshot.pk)
    except IntegrityError:  # the other press of the button was first
        return Snapshot.objects.get(by=by, key=key)
    _forget_oldest(by)
    return snapshot


def _forget_oldest(by: User) -> None:
    """Delete, with their files, what a person had fetched before the last MAX_KEPT; outside a transaction, which could not bring files back."""
    own = Snapshot.objects.filter(by=by)
    for snapshot in own.exclude(state=Snapshot.State.QUEUED).order_by("-pk")[MAX_KEPT - own.under_way().count() :]:
        snapshot.delete()
