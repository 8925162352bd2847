"""A new key for what is encrypted: secrets of webhooks are encrypted anew."""

from cryptography.fernet import InvalidToken
from django.db import transaction

from vre_portal.encryption import reencrypt
from vre_portal.notices.webhooks.models import Webhook


def rotate() -> int:
    """Encrypt all secrets with the newest key; how many webhooks that were. One that no key opens is switched off when it is next used."""
    done = 0
    for pk in list(Webhook.objects.values_list("pk", flat=True)):
        with transaction.atomic():
            webhook = Webhook.objects.select_for_update(of=("self",)).filter(pk=pk).first()
            if webhook is None:
                continue
            try:
                sealed = {"secret": reencrypt(webhook.secret), "previous_secret": reencrypt(webhook.previous_secret)}
            except InvalidToken:
                continue
            done += Webhook.objects.filter(pk=pk).update(**sealed)
    return done
