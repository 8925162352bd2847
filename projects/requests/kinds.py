"""Kinds of requests: each is registered with its form, who decides about it, and what carries it out."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum, auto
from typing import Any

from django.utils.translation import gettext_lazy

from projects.models import Project
from projects.requests.approvers import Approvers
from projects.requests.models import Request
from projects.requests.values import NoValuesForm, RequestValuesForm
from vre_portal.iam.models import User
from vre_portal.jobs.holds import Stoppable
from vre_portal.services import ServiceKind

Values = Mapping[str, Any]
PresentFacts = list[tuple[str, str]]  # labels and texts
REASON = gettext_lazy("Reason")
JOIN = "join"  # the key of the kind that the pages of projects begin


class Scope(StrEnum):
    """Whether a request of a kind is about a project."""

    PROJECT = auto()
    OPTIONAL = auto()
    NONE = auto()


@dataclass(frozen=True)
class ActResult:
    """What carrying out a request came to."""

    text: str = ""  # what there is now, for everybody who reads the request: names nobody, addresses nobody
    url: str = ""  # a path of the portal
    wait_seconds: float = 0  # not done yet: look again after so long, the text says what it waits for


@dataclass(frozen=True)
class AnswerTemplate:
    """Words for an answer, which the person who answers can change before they send them."""

    title: str
    text: str


def _always(_user: User, _project: Project | None) -> str:
    return ""


def _nothing(*_args: Any) -> str:
    return ""


@dataclass(frozen=True)
class RequestKind:
    """Something that people can ask for."""

    key: str  # never changed, it is stored
    title: Any  # "IAM group"
    description: Any  # one line: what it is for
    approvers: Approvers
    icon: str = "send"
    section: Any = ""  # heading on the page on which a kind is chosen
    form: type[RequestValuesForm] = NoValuesForm
    scope: Scope = Scope.NONE
    title_of: Callable[[Values, Project | None], str] = _nothing  # of one request; empty: the kind's title
    subject_of: Callable[[Values, Project | None], str] = _nothing  # a person has one unfinished request about it; empty: any number
    may_open: Callable[[User, Project | None], str] = _always  # empty, or why not, with the next step
    # Carries out an approved request with the approver's rights; it is repeated where it was interrupted. Raises `fates.Refused` with words.
    act: Callable[[Request, User], ActResult] | None = None
    can_act: Callable[[Request], bool] = lambda _request: True  # whether the portal can do it now, or somebody has to
    stoppable: Stoppable | None = None  # what the act does at the service that this value names: while it is stopped, the act waits
    is_local: bool = False  # the act changes nothing but the portal's own rows: done in the transaction of the approval
    instructions: Callable[[Request], str] = _nothing  # Markdown: what the approver does by hand, with the values to copy
    decision_form: type[RequestValuesForm] | None = None  # what the approver has to say; stored in Request.decision
    # For those who decide: how things are now at a remote service, asked with their rights. Raises RemoteError and `fates.Refused` with words.
    present_facts: Callable[[User, Request], PresentFacts] | None = None
    answers: Callable[[], Sequence[AnswerTemplate]] = tuple
    staff_may_read: bool = True
    result_link: Any = ""  # the button that leads to what was made: "Open project"
    new_url: str = ""  # a page that begins such a request, where it is not the usual one
    text_label: Any = REASON  # of the text that every request has
    where: Any = ""  # where a kind without a page of its own is begun: "On the page of the project"
    where_url: Any = ""  # and the page on which to look for it

    def stoppable_action(self, request: Request) -> tuple[ServiceKind, str, str] | None:
        """Kind and name of the service, and the action there that staff can stop; None where nothing stops the act."""
        if self.stoppable is None or not isinstance(request.values, dict):
            return None
        return self.stoppable.kind, str(request.values.get(self.stoppable.column, "")), self.stoppable.action

    def heading(self, request: Request) -> str:
        """What a list and a page call one request."""
        return request.title or str(self.title)


class UnknownKind(LookupError):
    """No kind has this key: the feature or its configuration is gone, its requests are not."""


_kinds: dict[str, RequestKind] = {}
_sources: list[Callable[[], Sequence[RequestKind]]] = []


def register(kind: RequestKind) -> RequestKind:
    """Make a kind known; a key is registered once."""
    if kind.key in _kinds and _kinds[kind.key] is not kind:
        raise ValueError(f"two kinds of requests are called {kind.key}")
    _kinds[kind.key] = kind
    return kind


def register_source(source: Callable[[], Sequence[RequestKind]]) -> None:
    """Let configuration add kinds; asked each time, so that it must be cheap."""
    _sources.append(source)


def registered_kinds() -> list[RequestKind]:
    """Those of the code alone, as far as its applications have registered theirs."""
    return list(_kinds.values())


def all_kinds() -> list[RequestKind]:
    """All kinds in the order in which they were registered; a configured one replaces none."""
    known = dict(_kinds)
    for source in _sources:
        for kind in source():
            known.setdefault(kind.key, kind)
    return list(known.values())


def kind_of(key: str) -> RequestKind:
    """The kind with this key. Raises UnknownKind."""
    for kind in (_kinds[key],) if key in _kinds else all_kinds():
        if kind.key == key:
            return kind
    raise UnknownKind(key)


def heading_of(request: Request) -> str:
    """What lists, pages and notices call one request, also one of a kind that is gone."""
    try:
        return kind_of(request.kind).heading(request)
    except UnknownKind:
        return request.title or request.kind


def kind_title(key: str) -> str:
    """What a kind is called; its key for one that is gone."""
    try:
        return str(kind_of(key).title)
    except UnknownKind:
        return key


def kinds_open_to(user: User, project: Project | None = None) -> list[tuple[RequestKind, str]]:
    """Each kind that can be chosen, with an empty text or the reason why this person cannot."""
    return [(kind, kind.may_open(user, project)) for kind in all_kinds()]
