"""Pages of the software catalogue, open to everyone."""

from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Page, Paginator
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from catalog.software.citation import reference
from catalog.software.linked_data import head_of
from catalog.software.models import Entry, Harvest
from vre_portal import usage
from vre_portal.citation_formats import citation_response, written
from vre_portal.iam.models import User
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.page_head import PageHead
from vre_portal.pages import part_version, public_page
from vre_portal.recent import services as recent
from vre_portal.services import ServiceKind, services
from vre_portal.tables import listing, page_size

PAGE = 25
FACETS = {"keyword": gettext_lazy("Keyword"), "resource_type": gettext_lazy("Type"), "licence": gettext_lazy("Licence")}


def as_dict(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    """An entry as `?format=json` gives it."""
    return {
        "id": entry.concept,
        "service": entry.service,
        "title": entry.title,
        "version": entry.version or None,
        "doi": entry.doi or None,
        "concept_doi": entry.concept_doi or None,
        "creators": entry.creators,
        "keywords": entry.keywords,
        "licence": entry.licence or None,
        "resource_type": entry.resource_type or None,
        "published": entry.published or None,
        "repository": entry.repository or None,
        "record": entry.address or None,
        "harvested_at": entry.harvested_at,
        "url": request.build_absolute_uri(entry.get_absolute_url()),
    }


def asked(request: HttpRequest) -> dict[str, str]:
    """What the reader looks for; NUL cannot be asked of PostgreSQL."""
    return {name: request.GET.get(name, "").strip()[:200] for name in ("q", *FACETS)}


def address(query: dict[str, str], **changes: str) -> str:
    """The same page with other parameters; empty ones are left out."""
    return "?" + urlencode({name: value for name, value in {**query, **changes}.items() if value})


def facets(found: Any, query: dict[str, str]) -> list[dict[str, Any]]:
    """Each facet with its values, their counts, and the address that chooses or drops them."""
    return [
        {
            "title": title,
            "values": [
                {
                    "value": value,
                    "count": count,
                    "chosen": query[name] == value,
                    "url": address(query, **{name: "" if query[name] == value else value}),
                }
                for value, count in found.counts(name)
            ],
        }
        for name, title in FACETS.items()
    ]


def sources() -> list[dict[str, Any]]:
    """Each source with its last good harvest, and what went wrong since."""
    found = []
    for source in services(ServiceKind.ZENODO):
        harvests = Harvest.objects.filter(service=source.name).exclude(state=Harvest.State.RUNNING)
        last = harvests.first()
        found.append({"service": source, "good": harvests.done().first(), "error": last.error if last and last.error else ""})
    return found


@require_GET
@login_not_required
@public_page("software")
@rate_limited(SEARCH)
def index(request: HttpRequest) -> HttpResponse:
    """The list: searched, narrowed by facets, a page at a time."""
    query = asked(request)
    if request.GET.get("format"):
        page = page_of_entries(request, query)
        following = request.build_absolute_uri(address(query, page=str(page.next_page_number()))) if page.has_next() else None
        made = listing(request, [as_dict(request, entry) for entry in page], following=following, filename="software")
        if made is not None:
            return made
    version, body = part_version("software"), partial(list_context, request, query)
    head = PageHead(title=_("Software"), description=_("Open software with its versions and how to cite it."), path=request.path)
    context = {"query": query, "version": version, "asked": request.GET.urlencode(), "body": body, "head": head}
    return render(request, "software/index.html", context)


def page_of_entries(request: HttpRequest, query: dict[str, str]) -> Page[Entry]:
    """The entries that match, a page of them."""
    found = Entry.objects.listed().with_facets(**query).matching(query["q"])
    return Paginator(found, page_size(request, PAGE)).get_page(request.GET.get("page"))


def list_context(request: HttpRequest, query: dict[str, str]) -> dict[str, Any]:
    """What the list shows, to everybody the same."""
    page = page_of_entries(request, query)
    return {
        "page": page,
        "facets": facets(Entry.objects.listed().with_facets(**query).matching(query["q"]), query),
        "sources": sources(),
        "filtered": any(query.values()),
        "where": _("Page %(number)s of %(count)s") % {"number": page.number, "count": page.paginator.num_pages},
        "previous_url": address(query, page=str(page.previous_page_number())) if page.has_previous() else "",
        "next_url": address(query, page=str(page.next_page_number())) if page.has_next() else "",
        "json_url": address(query, format="json"),
        "csv_url": address(query, format="csv"),
    }


@require_GET
@login_not_required
def by_doi(request: HttpRequest, doi: str) -> HttpResponse:
    """The entry that has this DOI, as a whole or as one of its versions."""
    named = (
        Entry.objects.filter(Q(concept_doi__iexact=doi) | Q(doi__iexact=doi) | Q(versions__doi__iexact=doi))
        .order_by("deleted", "service")
        .first()
    )
    if named is None:
        raise Http404(_("No software in the catalogue has this DOI."))
    return redirect(named)


def entry_for(request: HttpRequest, concept: str) -> Entry:
    """The entry with this number; raises Http404 where there is none. The same number at two sources is told apart by `?service=`."""
    named = {"service": request.GET["service"]} if "service" in request.GET else {}
    found = Entry.objects.filter(concept=concept, **named).order_by("deleted", "service").first()
    if found is None:
        raise Http404(_("Entry not found in the catalogue."))
    return found


@require_GET
@login_not_required
def cite(request: HttpRequest, concept: str, style: str) -> HttpResponse:
    """How to cite an entry, in one style, as a file."""
    return citation_response(reference(entry_for(request, concept)), style)


@require_GET
@login_not_required
def uses(request: HttpRequest, concept: str) -> HttpResponse:
    """The projects that use the software, as the reader may see them: a fragment of its page, or a page, JSON or CSV."""
    named = entry_for(request, concept)
    thing = usage.Thing("software", named.service, named.concept, (named.identifier,))
    result = usage.uses(request.user, thing)
    if (document := usage.json_of(request, result, "uses")) is not None:
        return document
    query = address({"service": request.GET.get("service", "")})
    context = {"entry": named, "uses": result, "all_url": request.path + query.removesuffix("?"), "joint": "&" if query != "?" else "?"}
    return render(request, "software/uses.html" + ("#body" if request.htmx else ""), context)  # type: ignore[attr-defined]


@require_GET
@login_not_required
@public_page("software")
def entry(request: HttpRequest, concept: str) -> HttpResponse:
    """One piece of software."""
    found = entry_for(request, concept)
    if request.GET.get("format") == "json":
        versions = list(found.versions.values("record", "doi", "name", "published", "address"))
        body = as_dict(request, found) | {"description": found.description, "versions": versions, "deleted": found.deleted}
        return JsonResponse(body, status=410 if found.deleted else 200)
    if isinstance(request.user, User) and request.method == "GET":
        recent.note(
            request.user, kind="software", service=found.service, identifier=found.concept, title=found.title, url=request.get_full_path()
        )
    ordered = sorted(found.versions.all(), key=lambda one: (one.record.isdigit() and int(one.record), one.record), reverse=True)
    context = {"entry": found, "versions": ordered, "citations": written(reference(found)), "source": sources()}
    context["source_query"] = address({"service": found.service})
    context["head"] = head_of(found)
    own_query = address({"service": request.GET.get("service", "")[:60]}).removesuffix("?")
    context["uses_url"] = reverse("software:uses", args=[found.concept]) + own_query
    context["description"] = mark_safe(found.description)  # noqa: S308 -- stored by clean.description only
    return render(request, "software/entry.html", context, status=410 if found.deleted else 200)
