"""Tokens for one path of a storage (WLCG's profile), got by exchange alone, as INDIGO IAM's exchange and scope policies would have it."""

import re
from urllib.parse import unquote

from oauthlib.oauth2.rfc6749 import errors

from devstack.address import STORAGE_URL

SECONDS = 300  # such a token may stand in an address, so that it lives no longer
READERS = {"portal"}  # clients that may ask
STORAGES, PUBLIC_SCOPES = ("annecy", "bologna", "erlangen"), ("KM3NET_ECAP_SP", "MAGIC_IFAE_SP")
# All that the portal's own account may read: the folders of public scopes, in a token that names some of them.
PUBLIC = [f"storage.read:/{storage}/{scope}" for storage in STORAGES for scope in PUBLIC_SCOPES]
SCOPE = re.compile(r"storage\.read:/([!#-\[\]-~]+)")


def are_in(scopes: list[str]) -> bool:
    """Whether a storage's paths are among the scopes."""
    return any(scope.startswith("storage.") for scope in scopes)


def granted(asked: list[str], held: list[str], client: str, audience: list[str]) -> list[str]:
    """The one path that was asked for; refused is whatever would open more than that, and a path for the holder of another one."""
    match = SCOPE.fullmatch(asked[0]) if len(asked) == 1 else None
    if match is None or audience != [STORAGE_URL]:
        raise errors.InvalidScopeError(description="Reading one path of one storage is all that can be asked for.")
    parts = unquote(match[1]).split("/")
    if client not in READERS or are_in(held) or not all(part.strip(".") for part in parts):
        raise errors.InvalidScopeError(description="That path cannot be asked for.")
    return asked
