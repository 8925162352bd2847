"""One page of a project's references in their order, what there is of each kind, and the same as rows for programs."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest

from projects import audience
from projects.audience import Origin
from projects.models import FromScope, Project, Resource
from projects.permissions import role_of
from projects.references.indexed import with_index
from projects.resource_access import ShownResources
from vre_portal.page_head import absolute
from vre_portal.tables import page_size

PAGE = 50


@dataclass(frozen=True)
class KindCount:
    """How many references of a kind the reader may see."""

    kind: Resource.Kind
    count: int


@dataclass(frozen=True)
class ReferencePage:
    """A page of references, and what the list around it knows."""

    shown: ShownResources
    next_url: str
    counts: list[KindCount]
    origins: list[FromScope]  # of all references of these kinds, also of those that the reader may not see

    @property
    def total(self) -> int:
        return sum(item.count for item in self.counts)


def page_of(request: HttpRequest, project: Project, kinds: Collection[str], **query: str) -> ReferencePage:
    """The references of some kinds after `?after=`; `query` stays in the address of the next page."""
    counted = list(project.resources.counts_by_kind())
    origins = _origins(project, counted, kinds)
    visible = project.resources.filter(kind__in=kinds).visible_to(request.user, origins)
    cursor = visible.filter(pk=after).first() if (after := _number(request.GET.get("after", ""))) else None
    rows = visible.select_related("added_by").order_by("position", "pk")
    if cursor is not None:
        rows = rows.filter(Q(position__gt=cursor.position) | Q(position=cursor.position, pk__gt=cursor.pk))
    size = page_size(request, PAGE)
    listed = list(rows[: size + 1])
    shown, following = ShownResources(listed[:size]), listed[size] if len(listed) > size else None
    _link_neighbours(shown, cursor, following)
    with_index(request.user, shown)
    next_url = f"?{urlencode({**query, 'after': shown[-1].pk})}" if following else ""
    return ReferencePage(shown, next_url, _counts(request, project, counted), origins)


def first_with_data(request: HttpRequest, project: Project) -> tuple[ReferencePage, list[Resource], str]:
    """The first page of all references, the first of the data among them, and the query of the data's next page.

    Both come with one question, so that the whole of a project costs no more than one of its pages.
    """
    counted = list(project.resources.counts_by_kind())
    origins = _origins(project, counted, Resource.Kind.values)
    order = [F("position"), F("pk")]
    placed = project.resources.visible_to(request.user, origins).annotate(
        place=Window(RowNumber(), order_by=order), kind_place=Window(RowNumber(), partition_by=[F("kind")], order_by=order)
    )
    first = placed.filter(Q(place__lte=PAGE + 1) | Q(kind=Resource.Kind.DID, kind_place__lte=PAGE + 1))
    rows = list(first.select_related("added_by").order_by("position", "pk"))
    listed = rows[: PAGE + 1]
    data = [item for item in rows if item.kind == Resource.Kind.DID]
    shown = ShownResources(listed[:PAGE])
    with_index(request.user, shown)
    next_url = f"?after={shown[-1].pk}" if len(listed) > PAGE else ""
    data_next = f"?after={data[PAGE - 1].pk}" if len(data) > PAGE else ""
    return ReferencePage(shown, next_url, _counts(request, project, counted), origins), data[:PAGE], data_next


def _origins(project: Project, counted: Iterable[tuple[str, str, str, int]], kinds: Collection[str]) -> list[FromScope]:
    return [FromScope(project.pk, Origin(lake, scope), n) for kind, lake, scope, n in counted if kind in kinds and lake]


def _number(text: str) -> int:
    return int(text[:18]) if text.isascii() and text.isdecimal() else 0


def _link_neighbours(shown: ShownResources, before: Resource | None, following: Resource | None) -> None:
    """Each reference knows the one above and the one below it, also across pages."""
    ends = [before.pk if before else None, *(item.pk for item in shown), following.pk if following else None]
    for place, item in enumerate(shown):
        item.previous_pk, item.next_pk = ends[place], ends[place + 2]


def _counts(request: HttpRequest, project: Project, counted: Iterable[tuple[str, str, str, int]]) -> list[KindCount]:
    found: dict[str, int] = {}
    for kind, lake, scope, count in counted:
        if not lake or audience.can_see(request.user, Origin(lake, scope), is_member=lambda: role_of(request.user, project) is not None):
            found[kind] = found.get(kind, 0) + count
    return [KindCount(kind, found[kind]) for kind in Resource.Kind if kind in found]


def as_row(item: Resource, *, with_people: bool) -> dict[str, Any]:
    """A reference as a row of a table for programs; people of the project see who added it."""
    indexed = item.indexed
    return {
        "kind": item.kind,
        "service": item.service,
        "identifier": item.identifier,
        "title": item.title,
        "description": item.description,
        "note": item.note,
        "page": absolute(item.address) if item.address else None,
        "type": (indexed.type if indexed else "") or item.facts.get("type"),
        "bytes": item.size,
        "files": item.files,
        "as_of": indexed.as_of if indexed else None,
        "status": item.status,
        "facts": item.facts,
        "added_at": item.added_at,
        **({"added_by": str(item.added_by) if item.added_by else None} if with_people else {}),
    }
