"""Where a file may be fetched from its storage without the portal between: copies behind doors that services.toml names, and no others."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from datalake.reads.scopes import is_restricted
from datalake.rucio import Replica
from vre_portal.iam.models import User
from vre_portal.iam.vault import storage_token
from vre_portal.services import Service

SECONDS = 300  # a token in an address lives no longer
PLAIN = "/~:@!$&'()*+,;="  # may stand in a path as it is, and in an OAuth scope


@dataclass(frozen=True)
class Door:
    """One entry of a lake's option `direct`: a storage that takes tokens for one path, also in an address."""

    host: str  # with its port, as addresses have it
    audience: str  # what the storage calls itself
    prefix: str = ""  # the beginning of its addresses' paths that its tokens leave out
    seconds: int = SECONDS

    @property
    def root(self) -> str:
        return self.prefix.rstrip("/")


@dataclass(frozen=True)
class Target:
    """A copy that can be fetched directly."""

    rse: str
    path: str  # as it is read, without percent signs
    door: Door

    @property
    def address(self) -> str:
        """Where the file is."""
        return f"https://{self.door.host}{quote(self.path, safe=PLAIN)}"

    @property
    def scope(self) -> str:
        """What opens this file and nothing else."""
        return f"storage.read:{quote(self.path.removeprefix(self.door.root), safe=PLAIN)}"


def doors(lake: Service) -> list[Door]:
    """The storages of a lake that its operators opened for this."""
    return [Door(**entry) for entry in lake.options.get("direct") or ()]


def targets(lake: Service, copies: Iterable[Replica]) -> list[Target]:
    """The good copies behind such doors, in the order of the copies; none of restricted data, because anybody who has the address can open it."""
    known = {door.host: door for door in doors(lake)}
    return [target for copy in copies if known and not is_restricted(lake, copy.scope) for target in _of(copy, known)]


def _of(copy: Replica, known: dict[str, Door]) -> Iterator[Target]:
    for pfn in copy.pfns if copy.state == "AVAILABLE" else ():
        parts = urlsplit(pfn)
        door, path = known.get(parts.netloc), unquote(parts.path)
        if door and parts.scheme in ("https", "davs") and not (parts.query or parts.fragment) and _is_plain(path, door):
            yield Target(copy.rse, path, door)
            return


def _is_plain(path: str, door: Door) -> bool:
    """Whether two readers of a path must read the same: no steps up or to nowhere, nothing that some take for a slash."""
    steps = path.removeprefix(door.root).split("/")
    within = path.startswith(f"{door.root}/") and len(steps) > 1
    return within and all(step.strip(".") for step in steps[1:]) and path.isprintable() and not set(path) & set("\\%\ufffd")


def address_with_token(user: User, lake: Service, target: Target, *, purpose: str) -> str:
    """The address of the file with a token in it, as storages of the field take it: for one answer, and to be written down nowhere."""
    audience, seconds = target.door.audience, min(target.door.seconds, SECONDS)
    token = storage_token.path_token(user, lake, audience=audience, scope=target.scope, seconds=seconds, purpose=purpose)
    return f"{target.address}?authz=Bearer%20{token}"
