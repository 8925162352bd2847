"""Data of a lake with which a notebook starts: how an address names them, and whether a person may read them."""

import re
from dataclasses import dataclass
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from datalake import rucio
from datalake.pages.addresses import did_address
from datalake.reads import scopes
from datalake.reads.reader import LakeReader
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import access_token
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.text import size, storable

DID = re.compile(r"(?P<scope>[^\s:/]{1,64}):(?P<name>[^\0]{1,500})")
GIGABYTE = 10**9


@dataclass(frozen=True)
class Chosen:
    """A file, dataset or container; its name may contain any character that a lake accepts."""

    lake: Service
    scope: str
    name: str

    def __str__(self) -> str:
        return f"{self.scope}:{self.name}"

    @property
    def query(self) -> str:
        """The query of an address that names it."""
        return urlencode({"lake": self.lake.name, "did": str(self)})

    @property
    def page(self) -> str:
        """Its page in the lake."""
        return did_address("did", self.lake.name, self.scope, self.name)

    @property
    def purpose(self) -> str:
        """What a token is used for, as its person reads it."""
        return (_("open %(did)s in a notebook") % {"did": self})[:200]

    def demand(self, user: User) -> None:
        """Raise Restricted if the person may not read its scope; no service is asked."""
        scopes.require_scope_access(self.lake, self.scope, user.groups)

    def seen_by(self, user: User) -> rucio.Did:
        """The DID as the lake shows it to the person, within a page's deadline; raises RemoteError."""
        self.demand(user)
        return LakeReader(user, self.lake, purpose=self.purpose).fetch(rucio.get_did, self.scope, self.name).result.required()

    def had_by(self, user: User) -> rucio.Did:
        """The same for a worker, without a page's deadline and cache; raises RemoteError whose text names the data."""
        try:
            self.demand(user)
            token = access_token(user, self.lake, purpose=self.purpose)
            return rucio.get_did(self.lake, token, self.scope, self.name)
        except RemoteRefused as error:
            words = _("%(did)s could not be fetched: %(reason)s") % {"did": storable(self), "reason": error}
            raise RemoteRefused(words, service=self.lake, status=error.status) from None


def read(lake: str, did: str) -> Chosen | None:
    """The data that the two parameters name; None if no lake here can have them."""
    parts = DID.fullmatch(did) if did == storable(did) else None
    try:
        return Chosen(service(ServiceKind.RUCIO, lake), parts["scope"], parts["name"]) if parts else None
    except UnknownService:
        return None


def lake_of(hub: Service) -> Service:
    """The lake to which the hub's sessions are signed in: the one in its option, else the first."""
    return service(ServiceKind.RUCIO, hub.options.get("lake"))


def too_large(hub: Service, did: rucio.Did) -> str:
    """A sentence if the data exceed the hub's option `session_gigabytes`; empty if not, or if the option or the size is unknown."""
    most = float(hub.options.get("session_gigabytes") or 0)
    if not most or (did.bytes or 0) <= most * GIGABYTE:
        return ""
    facts = {"size": size(did.bytes or 0), "limit": f"{most:g}"}
    return _("These data are %(size)s; the disk of a session is intended for at most %(limit)s GB.") % facts
