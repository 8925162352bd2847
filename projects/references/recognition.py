"""What pasted lines name: the kind of each and its identifier, with a title where our own catalogue or index has one.

No remote is asked what a line names. Where lines name scopes that are not public, a lake that has not said so within the last minutes is asked
once whether it knows the person.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from catalog.software.lookup import entries_by_doi, entry_by_number
from catalog.software.models import Entry
from datalake.index import visitors
from datalake.index.did_facts import DidFacts, DidKey, facts_of, has_scope
from projects import audience
from projects.audience import Origin
from projects.models import Resource
from projects.references.did_text import DidText, did_of_address, did_of_name, lakes, own_page
from projects.resource_access import refusal
from vre_portal.iam.models import User
from vre_portal.identifiers import Identifier, IdentifierKind, NotAnIdentifier, cleaned, identify

KINDS = {
    IdentifierKind.DOI: Resource.Kind.PAPER,
    IdentifierKind.ARXIV: Resource.Kind.ARXIV,
    IdentifierKind.ORCID: Resource.Kind.PERSON,
    IdentifierKind.GIT: Resource.Kind.GIT,
    IdentifierKind.IMAGE: Resource.Kind.ENVIRONMENT,
    IdentifierKind.IVO: Resource.Kind.IVO,
    IdentifierKind.WEB: Resource.Kind.LINK,
}


@dataclass(frozen=True)
class Recognition:
    """One line: what it was taken for, or the reason why it cannot be added."""

    number: int
    text: str
    kind: str = ""
    service: str = ""
    identifier: str = ""
    title: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


type Parsed = DidText | Entry | Identifier | NotAnIdentifier


def recognise(lines: Iterable[str], *, user: User, host: str) -> list[Recognition]:
    """The answer to each line that is not empty, in order; `host` is the portal's own, whose addresses name data and software."""
    texts = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    parsed = [(number, text, _parsed(text, host)) for number, text in texts]
    dids = _DidReader(user, [item for _, _, item in parsed if isinstance(item, DidText)])
    software = entries_by_doi(item.value for _, _, item in parsed if isinstance(item, Identifier) and item.kind is IdentifierKind.DOI)
    return [_recognition(number, text.strip(), item, dids, software) for number, text, item in parsed]


def _parsed(line: str, host: str) -> Parsed:
    """What the line says by itself."""
    try:
        text = cleaned(line)
        if did := did_of_address(text, host):
            return did
        page = own_page(text, host)
        if page is not None and page.view_name == "software:entry" and (entry := entry_by_number(page.kwargs["concept"])):
            return entry
        if page is not None and page.view_name == "software:by-doi":
            text = page.kwargs["doi"]
        if identifier := identify(text):
            return identifier
        if did := did_of_name(text):
            return did
    except NotAnIdentifier as reason:
        return reason
    return NotAnIdentifier(_("Not recognised."))


def _recognition(number: int, text: str, item: Parsed, dids: "_DidReader", software: dict[str, Entry]) -> Recognition:
    if isinstance(item, DidText):
        return dids.recognition(number, text, item)
    if isinstance(item, Identifier) and item.kind is IdentifierKind.DOI:
        item = software.get(item.value, item)
    if isinstance(item, Entry):
        facts = {"entry": item.concept}
        return Recognition(number, text, Resource.Kind.SOFTWARE, item.service, item.identifier, item.title[:300], facts)
    if isinstance(item, Identifier):
        return Recognition(number, text, KINDS[item.kind], "", item.value)
    return Recognition(number, text, reason=str(item))


def _unknown_scope(did: DidText) -> str:
    """Why "name:more" is not taken as data, with how to write it if it is a container image."""
    try:
        image = identify(f"docker://{did}")
    except NotAnIdentifier:
        image = None
    if image is None:
        return _("Not recognised: there is no scope %(scope)s in the Data Lake.") % {"scope": did.scope}
    message = _("Not recognised: there is no scope %(scope)s in the Data Lake. For a container image, write docker://%(text)s.")
    return message % {"scope": did.scope, "text": did}


class _DidReader:
    """The DIDs of all lines, looked up in the index together."""

    def __init__(self, user: User, dids: list[DidText]) -> None:
        self.user = user
        self.scopes = {lake.name: set(self._visible(lake.name, {did.scope for did in dids})) for lake in lakes()} if dids else {}
        self.facts = self._facts(dids)

    def _visible(self, lake: str, names: set[str]) -> Iterator[str]:
        """Those of the names that are scopes of which the person may know."""
        listed = has_scope(lake, names)
        if any(not audience.is_public(Origin(lake, name)) for name in listed):
            visitors.has_account(self.user, lake)  # asks the lake once, where it has not said so within the last minutes
        return (name for name in listed if audience.can_see_facts(self.user, Origin(lake, name)))

    def _facts(self, dids: list[DidText]) -> dict[DidKey, DidFacts]:
        keys = [DidKey(lake, did.scope, did.name) for did in dids for lake in ([did.lake] if did.lake else self.scopes)]
        return facts_of(key for key in keys if key.scope in self.scopes.get(key.lake, ()))

    def recognition(self, number: int, text: str, did: DidText) -> Recognition:
        """The data that the line names, or why it cannot be added."""
        lake = did.lake or self._lake(did)
        if lake not in self.scopes:
            return Recognition(number, text, reason=_("This Data Lake is not configured in this portal."))
        if not did.is_unmistakable and did.scope not in self.scopes[lake]:
            return Recognition(number, text, reason=_unknown_scope(did))
        if reason := refusal(self.user, Origin(lake, did.scope)):
            return Recognition(number, text, reason=reason)
        facts = self.facts.get(DidKey(lake, did.scope, did.name))
        is_there = facts is not None and facts.missing_at is None
        more = {"type": facts.type} if is_there and facts else {}
        return Recognition(number, text, Resource.Kind.DID, lake, str(did), facts.title if is_there and facts else "", more)

    def _lake(self, did: DidText) -> str:
        """The lake that has the DID, else the one that has the scope, else the first."""
        names = list(self.scopes)
        having = [name for name in names if (facts := self.facts.get(DidKey(name, did.scope, did.name))) and facts.missing_at is None]
        return next(iter([*having, *(name for name in names if did.scope in self.scopes[name]), *names]), "")
