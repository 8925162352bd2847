"""Whether the data that a run is to read can be read: there, missing, without a copy, restricted, or on tape; with type and size."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from datalake import rucio
from datalake.index.did_facts import DidFacts, DidKey, facts_of
from datalake.reads import scopes
from datalake.reads.reader import LakeReader
from datalake.rucio.types import COLLECTIONS
from projects.workflows.inputs.copies import BeganCopies, Copies
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Service, ServiceKind, UnknownService, service

LOOKUP_SECONDS = 3.0  # for all data of one launch together
MAX_ASKED = 50  # DIDs that the lakes are asked about for one launch; the others are told as not looked at


class State(StrEnum):
    """What is known of an input; the values are for programs."""

    THERE = "there"
    MISSING = "missing"
    NO_COPY = "no copy"
    RESTRICTED = "restricted"
    WRONG_TYPE = "wrong type"
    ON_TAPE = "on tape"
    NOT_LOOKED_AT = "not looked at"


@dataclass(frozen=True)
class Readiness:
    """An input and what is known of it. Data that a person may not know of are told as missing."""

    path: str
    lake: str
    did: str
    type: str | None = None  # FILE, DATASET, CONTAINER
    files: int | None = None
    bytes: int | None = None
    state: str = State.NOT_LOOKED_AT
    words: str = ""
    sized_at: datetime | None = None  # when number and size of the files were so in the lake; None where that is not known
    copies: int | None = None  # storage elements with a readable copy of all of it; None where nobody looked

    @property
    def is_collection(self) -> bool:
        return self.type in COLLECTIONS

    @property
    def is_wrong(self) -> bool:
        """Whether a run would fail for it."""
        return self.state in (State.MISSING, State.RESTRICTED, State.NO_COPY, State.WRONG_TYPE)

    @property
    def key(self) -> DidKey:
        scope, _colon, name = self.did.partition(":")
        return DidKey(self.lake, scope, name)


def readiness(
    person: User,
    inputs: Mapping[str, Mapping[str, str]],
    *,
    with_copies: bool = False,
    only_index: bool = False,
    seconds: float = LOOKUP_SECONDS,
) -> list[Readiness]:
    """What is known of each input (path -> {"lake", "did"}), in their order.

    Access is asked of the portal's own rules, type and size of its index. The lake is asked, as the person and within a few seconds, only for
    what the index does not know: a new file, or a typing error. `with_copies` asks it also where the copies are; with `only_index` it is not
    asked at all. What is not known then, or in time, is "not looked at", and the run finds out.
    """
    end = time.monotonic() + seconds
    rows = {path: _known_access(person, Readiness(path, source["lake"], source["did"])) for path, source in inputs.items()}
    is_open = [row for row in rows.values() if row.state == State.NOT_LOOKED_AT]
    facts = facts_of(row.key for row in is_open)
    for row in is_open:
        rows[row.path] = _indexed(row, facts.get(row.key))
    if only_index:
        return list(rows.values())
    is_due = [row for row in rows.values() if row.state in (State.NOT_LOOKED_AT, State.THERE) and (with_copies or row.type is None)]
    for row in _from_lakes(person, is_due[:MAX_ASKED], with_copies, end):
        rows[row.path] = row
    return list(rows.values())


def not_looked_at(rows: Iterable[Readiness]) -> str:
    """That some data are looked for only when the run starts; empty where all are known."""
    names = [row.did for row in rows if row.state == State.NOT_LOOKED_AT]
    if not names:
        return ""
    text = ngettext(
        "%(names)s is not in the index of the Data Lake yet.", "%(names)s are not in the index of the Data Lake yet.", len(names)
    )
    return text % {"names": ", ".join(names[:5])}


def _known_access(person: User, row: Readiness) -> Readiness:
    """The row, told as restricted or missing where the person may not read it or its lake is not configured."""
    try:
        scopes.require_scope_access(service(ServiceKind.RUCIO, row.lake), row.key.scope, person.groups)
    except UnknownService as error:
        return replace(row, state=State.MISSING, words=f"{error}.")
    except RemoteRefused as error:
        return _refused(row, error)
    return row


def _indexed(row: Readiness, facts: DidFacts | None) -> Readiness:
    """The row with what the index has of it; one that it misses may be new, so the lake is asked."""
    if facts is None or not facts.type:
        return replace(row, words=_("Not in the index of the Data Lake yet."))
    return _there(replace(row, type=facts.type, files=facts.files, bytes=facts.bytes, sized_at=facts.sized_at))


def _there(row: Readiness) -> Readiness:
    return replace(row, state=State.THERE, words=_("In the Data Lake."))


def _from_lakes(person: User, rows: list[Readiness], with_copies: bool, end: float) -> list[Readiness]:
    """The rows with what their lakes say: all is asked at once, each answer is its own."""
    questions = []
    for name in dict.fromkeys(row.lake for row in rows):
        lake = service(ServiceKind.RUCIO, name)
        reader = LakeReader(person, lake, purpose=_("look up inputs"), seconds=max(end - time.monotonic(), 0.01))
        questions.append(_Questions(reader, [row for row in rows if row.lake == name], with_copies))
    return [row for item in questions for row in item.answers()]


class _Questions:
    """What one lake is asked about its data, under way."""

    def __init__(self, reader: LakeReader, rows: list[Readiness], with_copies: bool) -> None:
        self._reader, self._rows = reader, rows
        self._dids = {row.path: reader.fetch(rucio.get_did, row.key.scope, row.key.name) for row in rows if row.type is None}
        self._copies = BeganCopies(reader) if with_copies else None
        self._begin_copies(rows)

    def _begin_copies(self, rows: list[Readiness]) -> None:
        for row in rows:
            if self._copies and row.state == State.THERE:
                self._copies.begin(row.key, row.type)

    def answers(self) -> list[Readiness]:
        """The rows with what is known now; waits until the reader's end at most."""
        rows = [self._identified(row) for row in self._rows]
        self._begin_copies(rows)
        copies = self._copies
        return [_with_copies(row, copies.result(row.key)) if copies and row.state == State.THERE else row for row in rows]

    def _identified(self, row: Readiness) -> Readiness:
        """The row as the lake knows it; as it was where the lake cannot be asked as the person, or does not answer."""
        if row.path not in self._dids:
            return row
        result = self._dids[row.path].result
        if result.is_known:
            did = result.required()
            files = did.length if did.type != "FILE" else None
            return _there(replace(row, type=did.type, files=files, bytes=did.bytes, sized_at=timezone.now()))
        is_about_token = self._reader.refusal is not None or isinstance(result.error, SignInAgain)
        if isinstance(result.error, RemoteRefused) and not is_about_token:
            return _refused(row, result.error, self._reader.lake)
        return row


def _with_copies(row: Readiness, copies: Copies | None) -> Readiness:
    """The row with where it lies; as it was where that is not known."""
    if copies is None:
        return replace(row, words=_("In the Data Lake; its copies were not looked at."))
    if not copies.readable and not copies.partial:
        return replace(row, state=State.NO_COPY, copies=0, words=_("No storage element has a readable copy."))
    if copies.missing_files:
        text = ngettext("%(n)s of its files has no readable copy.", "%(n)s of its files have no readable copy.", copies.missing_files)
        return replace(row, state=State.NO_COPY, copies=0, words=text % {"n": copies.missing_files})
    if copies.is_on_tape:
        words = _("On tape: it has to be staged to disk first, which can take hours.")
        return replace(row, state=State.ON_TAPE, copies=len(copies.readable), words=words)
    if not copies.readable:
        return replace(row, copies=0, words=_("In the Data Lake, spread over several storage elements."))
    text = ngettext("%(n)s copy.", "%(n)s copies.", len(copies.readable))
    return replace(row, copies=len(copies.readable), words=text % {"n": len(copies.readable)})


def _refused(row: Readiness, error: RemoteRefused, lake: Service | None = None) -> Readiness:
    """What is said of data: the same where there are none and where nobody may know that there are some."""
    asked = error.service or lake
    if error.status == 404:
        text = _("Input %(did)s not found in %(lake)s.") if asked else _("Input %(did)s not found.")
        return replace(row, state=State.MISSING, words=text % {"did": row.did, "lake": asked.title if asked else ""})
    text = _("Input %(did)s cannot be read: %(reason)s")
    state = State.RESTRICTED if error.status in (401, 403) else State.MISSING
    return replace(row, state=state, words=text % {"did": row.did, "reason": error})
