"""Encryption at rest: each secret is bound to the row that it belongs to."""

from collections.abc import Callable
from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

_rotations: list[Callable[[], int]] = []


class CannotDecrypt(Exception):
    """Encrypted with a key that is gone, or for another row."""


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def encrypt(secret: str, *, owner: str) -> str:
    """The secret under the newest key, or nothing for nothing; `owner` is encrypted with it, so that a copied value opens nowhere else."""
    return _box(tuple(settings.VAULT_KEYS)).encrypt(f"{owner}\n{secret}".encode()).decode() if secret else ""


def decrypt(sealed: str, *, owner: str) -> str:
    """The secret; raises CannotDecrypt where the key is gone, or another owner is sealed in."""
    if not sealed:
        return ""
    try:
        bound, _, secret = _box(tuple(settings.VAULT_KEYS)).decrypt(sealed).decode().partition("\n")
    except InvalidToken:
        raise CannotDecrypt from None
    if bound != owner:
        raise CannotDecrypt
    return secret


def register_rotation(rotate: Callable[[], int]) -> None:
    """Let an application encrypt its secrets with the newest key when keys are changed; `rotate` returns how many rows that were."""
    _rotations.append(rotate)


def rotate_registered() -> int:
    """Encrypt the secrets of all applications that registered with the newest key; how many rows that were."""
    return sum(rotate() for rotate in _rotations)


def reencrypt(sealed: str) -> str:
    """The same secret under the newest key."""
    return _box(tuple(settings.VAULT_KEYS)).rotate(sealed).decode() if sealed else ""
