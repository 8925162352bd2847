"""One DID: what it is, what it holds, what is said of it, where its copies are, which rules keep them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.urls import reverse

from datalake import bundles, copying, direct, linked, nearest, previews, rucio, scopes
from datalake.access import restrictions
from datalake.acts.presenting import Shown
from datalake.addresses import asked_name, did_address
from datalake.reading import Reading
from datalake.rucio.copies import MOST_NAMES
from datalake.rucio.describing import Description, describe
from datalake.rucio.types import COLLECTIONS
from datalake.views import did_metadata, did_parts
from datalake.views.shared import lake_page, open_page, page
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.services import Service
from vre_portal.tables import listing, row, with_exact

MANY = 200  # parents and rules that are shown
PIECES: dict[str, Callable[[HttpRequest, Reading, str, str], HttpResponse]] = {
    "content": did_parts.content,
    "metadata": did_metadata.metadata,
    "history": did_parts.history,
}
CHECKSUMS = (("adler32", "Adler-32"), ("md5", "MD5"))


class Parts:
    """Everything about one DID, asked at once; each part has its own fate."""

    def __init__(self, look: Reading, scope: str, name: str, shown: int) -> None:
        self._look = look
        facts = look.ask(rucio.get_did, scope, name)
        self.about = look.ask(describe, scope, name)
        self.rules = look.ask(rucio.list_rules, scope, name, limit=MANY)
        self.parents = look.ask(rucio.list_parents, scope, name, limit=MANY)
        self.rses = look.ask(rucio.list_rses)
        self.inside = look.ask(rucio.content_from, scope, name, 0, shown)
        self.did = facts.answer.required() if facts.answer.known else self._unsummed(scope, name, facts.answer.error)
        self.replicas = look.ask(rucio.list_replicas, scope, name, type=self.did.type)

    def _unsummed(self, scope: str, name: str, error: RemoteError | None) -> rucio.Did:
        """The DID without the sum of what is inside: Rucio may be too slow to add up very much."""
        about = self.about.answer.value
        if about is None or about.type not in COLLECTIONS or not isinstance(error, RemoteUnavailable):
            raise error or Http404()
        return rucio.Did(scope, name, about.type, account=about.account, open=about.open)

    @property
    def described(self) -> Description:
        return self.about.answer.value or Description()


def address_of(view: str, lake: Service, did: rucio.Did) -> str:
    return did_address(view, lake.name, did.scope, did.name)


@login_not_required
@lake_page
def did(request: HttpRequest, lake: Service, scope: str, name: str) -> HttpResponseBase:
    """The DID's page, its permanent address, or its data; `part=` is a piece of it. What is public needs no sign-in."""
    name = asked_name(name, request.GET.get("name"))
    return open_page(request, lake, scope, f"show {scope}:{name}", lambda look: answer(request, look, scope, name))


def answer(request: HttpRequest, look: Reading, scope: str, name: str) -> HttpResponse:
    """The piece or form that was asked for."""
    piece = PIECES.get(request.GET.get("part", ""))
    if piece is not None:
        return piece(request, look, scope, name)
    moving = did_metadata.under_way(request, look, scope, name)
    parts = Parts(look, scope, name, did_parts.shown_before(request))
    wanted = request.GET.get("format")
    if wanted == "json":
        response: HttpResponse = as_object(look, parts)
    elif wanted == "jsonld":
        response = JsonResponse(schema_org(look, parts), content_type="application/ld+json")
    elif wanted == "csv":
        copies = [row(item) for item in parts.replicas.answer.required()]
        response = listing(request, copies, following=None, filename="replicas") or HttpResponse(status=406)
    else:
        response = whole(request, look, parts, moving)
        nearest.remember(request, response, look.lake)
    response["Link"] = linked.signposts(parts.described, addresses(look, parts))
    return response


def whole(request: HttpRequest, look: Reading, parts: Parts, moving: list[Shown]) -> HttpResponse:
    """The page for people."""
    lake, found = look.lake, parts.did
    is_file = found.type == "FILE"
    context = {
        "did": found,
        "is_file": is_file,
        "text": str(found),
        "signed_in": look.is_personal,
        "is_restricted": scopes.is_restricted(lake, found.scope),
        "restriction": restrictions.of_row(lake.name, found.scope),
        "checksums": [(label, getattr(found, name)) for name, label in CHECKSUMS if getattr(found, name)],
        "download": address_of("download", lake, found),
        "zip": address_of("zip", lake, found),
        "metalink": address_of("metalink", lake, found),
        "zip_is_too_large": not look.is_personal and (found.bytes or 0) > settings.PUBLIC_ZIP_GIGABYTES * bundles.GIGABYTE,
        "zip_limit": settings.PUBLIC_ZIP_GIGABYTES * bundles.GIGABYTE,
        "zip_is_too_small": (found.length or 0) > bundles.MOST_FILES,
        "metalink_is_too_small": (found.length or 0) > MOST_NAMES,
        "preview": address_of("preview", lake, found) if is_file and previews.kind_of(found.name) else "",
        "commands": copying.commands(found.scope, found.name, is_file=is_file),
        "python": copying.code(found.scope, found.name, is_file=is_file),
        "parents": [(item, address_of("did", lake, item)) for item in parts.parents.answer.value or ()],
        "rules": [(item, item.locks_ok + item.locks_replicating + item.locks_stuck) for item in parts.rules.answer.value or ()],
        "rules_known": parts.rules.answer.known,
        "history": did_parts.piece(look, found.scope, found.name, "history"),
        "linked_data": linked.in_page(schema_org(look, parts)),
        "input": urlencode({"lake": lake.name, "did": str(found)}),
        **did_metadata.metadata_of(look, found, parts.about.answer.known, parts.described, moving),
        **copies_of(request, look, parts),
    }
    context["thing"] = urlencode({"kind": "did", "service": lake.name, "identifier": str(found), "title": context["title"]})
    if not is_file:
        count = did_parts.shown_before(request)
        context |= did_parts.children(look, found.scope, found.name, 0, parts.inside.answer, count=count, is_whole_page=True)
    return page(request, "did.html", look, context)


def copies_of(request: HttpRequest, look: Reading, parts: Parts) -> dict[str, Any]:
    """The copies, each with its site and, for those who said where they are, how far that is; and which come directly."""
    sites, answer = parts.rses.answer.value or [], parts.replicas.answer
    known, far = {item.name: item for item in sites}, nearest.distances(sites, nearest.asked(request))
    copies = sorted(answer.value or (), key=lambda item: nearest.turn(item.rse, far)) if far else answer.value or ()
    return {
        "copies": [(item, known.get(item.rse), far.get(item.rse)) for item in copies],
        "copies_known": answer.known,
        "near": nearest.asked(request) if far else "",
        "near_choices": nearest.placed(sites),
        "direct": [(item.rse, address_of("direct", look.lake, parts.did)) for item in direct.targets(look.lake, copies)],
    }


def as_object(look: Reading, parts: Parts) -> JsonResponse:
    """The DID for scripts; a part that is not known is null."""
    lake, found, about = look.lake, parts.did, parts.about.answer.value
    replicas, rules, parents = parts.replicas.answer.value, parts.rules.answer.value, parts.parents.answer.value
    return JsonResponse(
        {
            "lake": lake.name,
            **with_exact(row(found)),
            "guid": about.guid if about else None,
            "created": about.created if about else None,
            "updated": about.updated if about else None,
            "accessed": about.accessed if about else None,
            "metadata": about.metadata if about else None,
            "replicas": None if replicas is None else [row(item) for item in replicas],
            "rules": None if rules is None else [row(item, page=reverse("datalake:rule", args=[lake.name, item.id])) for item in rules],
            "parents": None if parents is None else [{"scope": item.scope, "name": item.name, "type": item.type} for item in parents],
            "content": None if found.type == "FILE" else did_parts.piece(look, found.scope, found.name, "content", form="json"),
        }
    )


def addresses(look: Reading, parts: Parts) -> linked.Addresses:
    """Where the DID and its bytes are."""
    lake, found = look.lake, parts.did
    views = (
        {"download": "application/octet-stream"}
        if found.type == "FILE"
        else {"zip": "application/zip", "metalink": "application/metalink4+xml"}
    )
    return linked.Addresses(
        page=linked.absolute(address_of("did", lake, found)),
        data=tuple((linked.absolute(address_of(view, lake, found)), media) for view, media in views.items()),
        lake=linked.absolute(reverse("datalake:lake", args=[lake.name])),
    )


def schema_org(look: Reading, parts: Parts) -> dict[str, Any]:
    """The DID in schema.org's words."""
    parents = [linked.absolute(address_of("did", look.lake, item)) for item in parts.parents.answer.value or ()]
    inside = parts.inside.answer.value
    children = [linked.absolute(address_of("did", look.lake, item)) for item in inside.rows] if inside else []
    return linked.dataset(look.lake.title, parts.did, parts.described, addresses(look, parts), parents, children)
