"""Offers to lead a project, which wait for the person who may accept."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.lifecycle import transfer
from vre_portal.attention import AttentionItem
from vre_portal.iam.models import User


def offers(user: User) -> Iterator[AttentionItem]:
    """The open ones to this person."""
    for offer in transfer.waiting_for(user):
        if offer.to_id != user.pk:
            continue  # their own offer
        title = _("%(person)s offers you to lead %(project)s") % {"person": offer.by, "project": offer.project}
        where = reverse("lifecycle:transfer", args=[offer.project.slug])
        yield AttentionItem(title, where, since=offer.created_at, icon="send", kind="transfer")
