"""Secrets at rest: encrypted, and bound to the row that they belong to."""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class Unreadable(Exception):
    """Sealed with a key that is gone, or for another row."""


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def seal(secret: str, *, owner: str) -> str:
    """Encrypt with the newest key; `owner` is sealed in, so that a copied value opens nowhere else."""
    return _box(tuple(settings.VAULT_KEYS)).encrypt(f"{owner}\n{secret}".encode()).decode() if secret else ""


def unseal(sealed: str, *, owner: str) -> str:
    """The secret; raises Unreadable."""
    if not sealed:
        return ""
    try:
        bound, _, secret = _box(tuple(settings.VAULT_KEYS)).decrypt(sealed).decode().partition("\n")
    except InvalidToken:
        raise Unreadable from None
    if bound != owner:
        raise Unreadable
    return secret


def renew(sealed: str) -> str:
    """The same secret under the newest key."""
    return _box(tuple(settings.VAULT_KEYS)).rotate(sealed).decode() if sealed else ""
