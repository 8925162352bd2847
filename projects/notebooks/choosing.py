"""Data of a lake that a notebook shall begin with: how an address names them, and whether somebody may have them."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from datalake import rucio, scopes
from datalake.addresses import did_address
from datalake.reading import Reading
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.text import size, storable

DID = re.compile(r"(?P<scope>[^\s:/]{1,64}):(?P<name>[^\0]{1,500})")
GIGABYTE = 10**9


@dataclass(frozen=True)
class Chosen:
    """A file, dataset or container; a name may hold anything that a lake takes."""

    lake: Service
    scope: str
    name: str

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"

    @property
    def query(self) -> str:
        """As an address names it."""
        return urlencode({"lake": self.lake.name, "did": str(self)})

    @property
    def page(self) -> str:
        """Its page in the lake."""
        return did_address("did", self.lake.name, self.scope, self.name)

    def demand(self, user: User) -> None:
        """Raise Restricted where its scope is closed to the person; nothing is asked."""
        scopes.demand(self.lake, self.scope, user.groups)

    def seen_by(self, user: User) -> rucio.Did:
        """What the lake says of it to the person, within a page's time; raises RemoteError."""
        self.demand(user)
        return Reading(user, self.lake, purpose=f"a notebook with {self}"[:200]).ask(rucio.get_did, self.scope, self.name).answer.required()

    def had_by(self, user: User) -> rucio.Did:
        """The same for a worker, which is in no hurry and takes nothing from memory; raises RemoteError that names the data."""
        try:
            self.demand(user)
            token = access_token(user, self.lake, purpose=f"a notebook with {self}"[:200])
            return rucio.get_did(self.lake, token, self.scope, self.name)
        except RemoteRefused as error:
            raise RemoteRefused(f"{storable(self)} could not be fetched: {error}", service=self.lake, status=error.status) from None


def read(lake: str, did: str) -> Chosen | None:
    """What the two words name; None where no lake here could have it."""
    found = DID.fullmatch(did) if did == storable(did) else None
    try:
        return Chosen(service(ServiceKind.RUCIO, lake), found["scope"], found["name"]) if found else None
    except UnknownService:
        return None


def lake_of(hub: Service) -> Service:
    """The lake that the hub's sessions are signed in to: the one that its option names, else the first."""
    return service(ServiceKind.RUCIO, hub.options.get("lake"))


def too_large(hub: Service, did: rucio.Did) -> str:
    """A sentence where it is more than a session's disk is meant for, as far as the hub's option `session_gigabytes` and the lake tell."""
    most = float(hub.options.get("session_gigabytes") or 0)
    if not most or (did.bytes or 0) <= most * GIGABYTE:
        return ""
    return f"These data are {size(did.bytes or 0)}; the disk of a session is meant for {most:g} GB."
