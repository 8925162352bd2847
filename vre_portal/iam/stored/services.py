"""Keeping, using and deleting the tokens that people store."""

import logging

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from vre_portal.audit import record
from vre_portal.encryption import CannotDecrypt, reencrypt
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.stored.models import StoredToken
from vre_portal.services import Dialect, Service, services

logger = logging.getLogger(__name__)
NO_TOKEN, WRONG_TOKEN = "no-token", "wrong-token"


def takes_one(service: Service) -> bool:
    """Whether the service wants a token that it gives out itself, in the address, as REANA 0.9 does."""
    return service.dialect is Dialect.QUERY


def key_of(service: Service) -> str:
    return f"{service.kind}/{service.name}"


def page_address() -> str:
    """The full address of the page where tokens are stored, for a text that a person reads elsewhere."""
    return f"{settings.PORTAL_URL}{reverse('stored:tokens')}"


def missing(service: Service) -> RemoteRefused:
    """The refusal where a person has stored no token for a service that wants one."""
    return RemoteRefused(
        _("%(service)s needs a token of its own, and you have not stored one. Store your token at %(address)s")
        % {"service": service.title, "address": page_address()},
        service=service,
        code=NO_TOKEN,
    )


def not_accepted(service: Service, status: int) -> RemoteRefused:
    """The refusal where the service does not take the token that a person has stored."""
    return RemoteRefused(
        _("%(service)s does not accept the token that you stored. Store a valid one at %(address)s")
        % {"service": service.title, "address": page_address()},
        service=service,
        status=status,
        code=WRONG_TOKEN,
    )


def is_missing(user: User, service: Service) -> bool:
    """Whether the service wants a stored token and the person has stored none."""
    return takes_one(service) and not StoredToken.objects.filter(user=user, service=key_of(service)).exists()


def wanted() -> list[Service]:
    """The configured services that take one."""
    return [service for service in services() if takes_one(service)]


@transaction.atomic
def store(*, by: User, service: Service, secret: str) -> None:
    """Keep it sealed, in place of an older one."""
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)  # two forms at once
    token = StoredToken.objects.filter(user=by, service=key_of(service)).first() or StoredToken(user=by, service=key_of(service))
    token.fill(secret)
    token.save()
    record("stored-token.store", by=by, subject=f"service/{key_of(service)}")


@transaction.atomic
def delete(*, by: User, service: str) -> bool:
    """Forget it; the service itself goes on taking it until it is revoked there. True where there was one."""
    deleted, _ = StoredToken.objects.filter(user=by, service=service).delete()
    if deleted:
        record("stored-token.delete", by=by, subject=f"service/{service}")
    return bool(deleted)


def opened(user: User, service: Service) -> str:
    """The value for a request to that service; nothing where none is stored or no key opens it any more."""
    token = StoredToken.objects.filter(user=user, service=key_of(service)).first()
    if token is None:
        return ""
    try:
        return token.open()
    except CannotDecrypt:
        logger.warning("stored token %s is sealed with a key that is gone", token.pk)
        token.delete()
        return ""


def rotate() -> tuple[int, int]:
    """Seal all with the newest key; how many, and how many no key opens."""
    done = lost = 0
    for token in StoredToken.objects.iterator():
        try:
            sealed = reencrypt(token.sealed)
        except InvalidToken:
            StoredToken.objects.filter(pk=token.pk, sealed=token.sealed).delete()
            lost += 1
            continue
        done += StoredToken.objects.filter(pk=token.pk, sealed=token.sealed).update(sealed=sealed)
    return done, lost
