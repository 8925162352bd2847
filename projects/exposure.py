"""What of a project everybody would see if it were public, and what would stay closed: shown before it is made public, and recorded."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Prefetch, prefetch_related_objects
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from projects import audience
from projects.audience import Origin
from projects.models import FromScope, Membership, Project, Resource, Role, text_label
from vre_portal.iam.models import User

NAMED = 20
TEXTS = (
    "title", "summary", "description", "picture", "theme", "further_themes", "keywords", "stage", "experiments", "institutes", "contact",
    "contacts", "repository", "website", "licence", "citation", "funding",
)  # fmt: skip
KINDS = {  # as the audit record has them
    Resource.Kind.DID: "datasets",
    Resource.Kind.RESULT: "kept results",
    Resource.Kind.SOFTWARE: "software entries",
    Resource.Kind.ENVIRONMENT: "environments",
    Resource.Kind.LINK: "links",
    Resource.Kind.PAPER: "papers and records",
    Resource.Kind.ARXIV: "arXiv preprints",
    Resource.Kind.PERSON: "people referred to",
    Resource.Kind.GIT: "git repositories",
    Resource.Kind.IVO: "VO resources",
}
TITLES = {
    "texts": _("Texts"),
    "people": _("People"),
    "datasets": _("Datasets"),
    "kept results": _("Kept results"),
    "software entries": _("Software entries"),
    "environments": _("Container images"),
    "links": _("Web addresses"),
    "papers and records": _("Papers and records"),
    "arXiv preprints": _("arXiv preprints"),
    "people referred to": _("People in references"),
    "git repositories": _("Git repositories"),
    "VO resources": _("VO resources"),
    "published runs": _("Published runs"),
    "public notebook pages": _("Public notebook pages"),
}


@dataclass(frozen=True)
class Exposure:
    """What a project, or a feature of it, shows to everybody once the project is public, and what of it stays closed."""

    what: str  # a key of TITLES; the audit record has it as it is, in every language
    opens: tuple[str, ...]  # the first of them by title
    count: int  # all of them
    stays_closed: str = ""  # one sentence
    closed: int = 0  # all that stays closed, also what the reader is not told of: for the record

    @property
    def title(self) -> str:
        """What a page calls it."""
        return str(TITLES.get(self.what, self.what))


_features: list[Callable[[User, Project], Exposure]] = []


def register(function: Callable[[User, Project], Exposure]) -> None:
    """A feature says what of a project it shows to everybody; it is told who asks, and names only what that person may see."""
    _features.append(function)


def exposures(reader: User, project: Project) -> list[Exposure]:
    """All that the project and its features would show; names only what the reader may see."""
    return [*own_exposures(reader, project), *(function(reader, project) for function in _features)]


def own_exposures(reader: User | AnonymousUser, project: Project) -> list[Exposure]:
    """What the project itself would show: its texts, its people, and what it binds together."""
    texts = tuple(text_label(name) for name in TEXTS if getattr(project, name))
    return [Exposure("texts", texts, len(texts)), _people(project), *_resources(reader, project)]


def counts(shown: Iterable[Exposure]) -> dict[str, Any]:
    """How many of each open and stay closed, for the audit record."""
    found = list(shown)
    return {"opens": {item.what: item.count for item in found}, "stays_closed": {item.what: item.closed for item in found if item.closed}}


def version(shown: Iterable[Exposure]) -> str:
    """Changes when what would open does."""
    return hashlib.sha256(json.dumps([(item.what, item.count, item.opens, item.closed) for item in shown]).encode()).hexdigest()[:24]


def _people(project: Project) -> Exposure:
    """The leads and the groups, as strangers see them on the page of its people."""
    prefetch_related_objects([project], Prefetch("memberships", Membership.objects.select_related("user")))
    lines = project.memberships.all()
    named = [item for item in lines if item.user]
    leads = [str(item.user) for item in named if item.role == Role.LEAD]
    groups = [gettext("everyone in %(group)s") % {"group": item.group} for item in lines if item.group]
    others = len(named) - len(leads)
    closed = gettext("E-mail addresses.")
    if others:
        closed = ngettext(
            "The name of %(n)s other person, and all e-mail addresses.",
            "The names of %(n)s other people, and all e-mail addresses.",
            others,
        ) % {"n": others}
    return Exposure("people", tuple((*leads, *groups)[:NAMED]), len(leads) + len(groups), closed, others)


def _resources(reader: User | AnonymousUser, project: Project) -> Iterator[Exposure]:
    """What of each kind visitors would see."""
    counted: dict[str, list[FromScope]] = {kind: [] for kind in Resource.Kind}
    for kind, lake, scope, count in project.resources.counts_by_kind():
        counted[kind].append(FromScope(project.pk, Origin(lake, scope), count))
    visitor = AnonymousUser()
    shown = [project.resources.filter(kind=kind).visible_to(visitor, origins)[:NAMED] for kind, origins in counted.items() if origins]
    named = sorted(shown[0].union(*shown[1:], all=True), key=lambda item: item.identifier) if shown else []
    for kind in Resource.Kind:
        origins = counted[kind]
        closed = [item for item in origins if kind in Resource.IN_LAKES and not audience.is_public(item.origin)]
        names = tuple(str(item) for item in named if item.kind == kind)
        reasons = [_reason(reader, item.origin, item.count) for item in closed]
        hidden = sum(item.count for item in closed)
        yield Exposure(KINDS[kind], names, sum(item.count for item in origins) - hidden, " ".join(filter(None, reasons)), hidden)


def _reason(reader: User | AnonymousUser, origin: Origin, count: int) -> str:
    """Why things of one scope stay closed; empty where the reader is not to know of them."""
    lake = origin.service
    if lake is None:
        return gettext("%(n)s: the Data Lake %(lake)s is not configured in this portal.") % {"n": count, "lake": origin.lake}
    if not audience.is_restricted(origin):
        facts = {"n": count, "scope": origin.scope, "lake": lake.title}
        return gettext("%(n)s in %(scope)s: only for people with an account at %(lake)s.") % facts
    if audience.can_read(reader, origin) or audience.is_announced(origin):
        return gettext("%(n)s in %(scope)s: restricted, only for people with access to these data.") % {
            "n": count,
            "scope": audience.title_of(origin),
        }
    return ""
