"""Groups as an IAM names them, in the way of its profile, made into paths such as `experiment/analysis`."""

import logging
import unicodedata
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from vre_portal.services import Service, ServiceKind, services

logger = logging.getLogger(__name__)
MAX_GROUPS = 10_000
MAX_NAME_LENGTH = 200


class Profile(StrEnum):
    """How an IAM tells groups: the option `profile` of its entry in services.toml."""

    IAM = "iam"  # INDIGO IAM: `groups`, without leading slash
    WLCG = "wlcg"  # WLCG token profile: `wlcg.groups`, with leading slash
    AARC = "aarc"  # AARC-G002 and G069: entitlements, urn:<namespace>:group:<a>:<b>[:role=<role>][#<authority>]


# The claims that may hold them; the first that is there counts.
NAMES: dict[Profile, tuple[str, ...]] = {
    Profile.IAM: ("groups", "wlcg.groups"),
    Profile.WLCG: ("wlcg.groups",),
    Profile.AARC: ("entitlements", "eduperson_entitlement"),
}


def profile_of(iam: Service) -> Profile:
    """The profile of an IAM; raises ValueError for one that does not exist."""
    return Profile(str(iam.options.get("profile", Profile.IAM)))


def prefix_of(iam: Service) -> str:
    """What stands before the groups of this IAM, so that equal names at two IAMs are not the same group."""
    first = services(ServiceKind.IAM)[:1] == (iam,)
    return str(iam.options.get("group_prefix", "" if first else f"{iam.name}:"))


def told_by(iam: Service, claims: dict[str, Any]) -> list[str]:
    """The paths that the IAM itself means, without its prefix."""
    return sorted({path for path in _named(iam, claims) if is_sound(path)})


def groups_of(iam: Service, claims: dict[str, Any]) -> list[str]:
    """The groups as this portal knows them."""
    prefix = prefix_of(iam)
    found = [f"{prefix}{path}" for path in told_by(iam, claims) if len(prefix) + len(path) <= MAX_NAME_LENGTH]
    if count := left_out(iam, claims):
        logger.warning("%d groups that %s tells of one person cannot be used", count, iam.name)
    return found


def left_out(iam: Service, claims: dict[str, Any]) -> int:
    """How many of what the IAM names as groups count for nothing: no text, a name that is too long or not to be shown, or one too many."""
    named = first(claims, *NAMES[profile_of(iam)])
    if not isinstance(named, list):
        return 0 if named is None or isinstance(named, str) else 1
    prefix = prefix_of(iam)
    wrong = sum(not is_sound(path) or len(prefix) + len(path) > MAX_NAME_LENGTH for path in _named(iam, claims))
    return wrong + sum(not isinstance(item, str) for item in named[:MAX_GROUPS]) + max(0, len(named) - MAX_GROUPS)


def _named(iam: Service, claims: dict[str, Any]) -> Iterator[str]:
    """The paths in the spelling in which they are kept, also those that cannot be used; an entitlement to something else is none."""
    return map(normal, READERS[profile_of(iam)](iam, claims))


def normal(group: str) -> str:
    """A group's name in the one spelling in which it is kept and compared (NFC): é may be one character or two."""
    return unicodedata.normalize("NFC", group)


def is_sound(path: str) -> bool:
    """Whether a name can be shown and kept as it is; U+FFFD stands where something could not."""
    return 0 < len(path) <= MAX_NAME_LENGTH and path.isprintable() and "\ufffd" not in path


def first(claims: dict[str, Any], *names: str) -> Any:
    """The first of these claims that is there."""
    return next((claims[name] for name in names if claims.get(name) is not None), None)


def texts(claims: dict[str, Any], *names: str) -> Iterator[str]:
    """The texts in the first of these claims that is there; a lone text is a list of one."""
    named = first(claims, *names)
    for item in ([named] if isinstance(named, str) else named if isinstance(named, list) else [])[:MAX_GROUPS]:
        if isinstance(item, str):
            yield item


def from_iam(_: Service, claims: dict[str, Any]) -> Iterator[str]:
    yield from (name.strip("/") for name in texts(claims, *NAMES[Profile.IAM]))


def from_wlcg(_: Service, claims: dict[str, Any]) -> Iterator[str]:
    yield from (name.strip("/") for name in texts(claims, *NAMES[Profile.WLCG]))


def from_aarc(iam: Service, claims: dict[str, Any]) -> Iterator[str]:
    trusted = iam.options.get("group_authorities")
    for value in texts(claims, *NAMES[Profile.AARC]):
        path, authority = entitled(value)
        if path and (trusted is None or authority in trusted):
            yield path


def entitled(value: str) -> tuple[str, str]:
    """Path and authority of one entitlement, or an empty path for what is no group.

    A role other than member is a group of its own below (`a/b/role=manager`): it says nothing about membership.
    """
    name, _, authority = value.partition("#")
    namespace, mark, rest = name.partition(":group:")
    if not mark or not namespace.lower().startswith("urn:") or len(namespace) < len("urn:x"):
        return "", ""
    parts = [unquote(part) for part in rest.split(":")]
    if parts[-1] == "role=member":
        parts.pop()
    # A slash that was escaped is part of a name, and would make it look like a group below.
    if not parts or not all(parts) or any("/" in part for part in parts) or parts[0].startswith("role="):
        return "", ""
    return "/".join(parts), authority


READERS: dict[Profile, Callable[[Service, dict[str, Any]], Iterator[str]]] = {
    Profile.IAM: from_iam,
    Profile.WLCG: from_wlcg,
    Profile.AARC: from_aarc,
}
