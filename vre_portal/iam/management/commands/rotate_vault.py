"""Encrypt all tokens with the newest key, after which the older ones can be dropped."""

from typing import Any, override

from cryptography.fernet import InvalidToken
from django.core.management.base import BaseCommand
from django.db import transaction

from vre_portal.encryption import reencrypt, rotate_registered
from vre_portal.iam.models import Token
from vre_portal.iam.stored import services as stored


class Command(BaseCommand):
    """`manage.py rotate_vault`, once a new key stands first in VAULT_KEYS and all processes know it."""

    help = "Encrypt all tokens with the newest key of VAULT_KEYS; what no key opens is deleted."

    @override
    def handle(self, *args: Any, **options: Any) -> None:
        done = lost = 0
        for pk in list(Token.objects.values_list("pk", flat=True)):
            with transaction.atomic():
                token = Token.objects.select_for_update(of=("self",)).filter(pk=pk).first()
                if token is None:
                    continue
                try:
                    token.access, token.refresh = reencrypt(token.access), reencrypt(token.refresh)
                except InvalidToken:
                    token.delete()
                    lost += 1
                    continue
                token.save(update_fields=["access", "refresh"])
                done += 1
        sealed, unreadable = stored.rotate()
        done, lost = done + sealed + rotate_registered(), lost + unreadable
        self.stdout.write(f"{done} encrypted anew, {lost} could be opened by no key and were deleted")
