"""A dataset or a container that somebody opened to choose one of its files: read from the Data Lake, as the person, a page at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake import rucio
from datalake.pages.addresses import did_address
from datalake.reads import scopes
from datalake.reads.reader import LakeReader
from projects.workflows.inputs.choices import Choice, Choices, Question, of_did
from projects.workflows.inputs.readiness import Readiness, State
from projects.workflows.inputs.sources import DID
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.services import Service, ServiceKind, UnknownService, service
from vre_portal.text import is_storable

PAGE = 100


@dataclass(frozen=True)
class Opened:
    """A collection of a lake."""

    lake: Service
    did: str

    @classmethod
    def of(cls, value: str) -> "Opened | None":
        """What a button “Open” sends: the lake and the DID; None where it is not that."""
        name, _space, did = value.partition(" ")
        if not DID.fullmatch(did) or not is_storable(did):
            return None
        try:
            return cls(service(ServiceKind.RUCIO, name), did)
        except UnknownService:
            return None

    @property
    def address(self) -> str:
        """The page of the data."""
        return did_address("did", self.lake.name, *self.did.split(":", 1))

    def __str__(self) -> str:
        return f"{self.lake.name} {self.did}"


def choices_in(opened: Opened, question: Question) -> Choices:
    """What is directly in the collection; why it cannot be listed where the lake does not say."""
    scope, _colon, name = opened.did.partition(":")
    try:
        scopes.require_scope_access(opened.lake, scope, question.person.groups)
    except RemoteRefused as error:
        return Choices(note=str(error))
    reader = LakeReader(question.person, opened.lake, purpose=_("choose data"))
    result = reader.fetch(rucio.list_content_page, scope, name, question.offset, PAGE).result
    page = result.value or rucio.ListingPage[rucio.Did]()
    following = question.after_page(PAGE) if page.more else ""
    return Choices([_choice(question, opened.lake, did) for did in page.rows], following, _note(result.error, result.withheld))


def _choice(question: Question, lake: Service, did: rucio.Did) -> Choice:
    words = _("In the Data Lake.")
    return of_did(question, Readiness("", lake.name, str(did), did.type, did.length, did.bytes, State.THERE, words))


def _note(error: RemoteError | None, withheld: int) -> str:
    left_out: Sequence[str] = ()
    if withheld:
        text = ngettext("%(n)s entry is not shown: you may not see it.", "%(n)s entries are not shown: you may not see them.", withheld)
        left_out = [text % {"n": withheld}]
    return " ".join([str(error) if error else "", *left_out]).strip()
