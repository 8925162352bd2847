"""The search page, what it offers while somebody types, and one exact hit, which leads straight to its page."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from vre_portal.iam.models import User
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.search import find, history, presenting, query, sources, spelling
from vre_portal.search.facets import address
from vre_portal.search.find import SearchHit, SearchPage
from vre_portal.search.forms import DateRangeForm
from vre_portal.search.query import ParsedQuery
from vre_portal.search.statements import Findable
from vre_portal.tables import listing, page_size

SORTS = ("", "newest")
RECENT_SHOWN = 5


@require_safe
@login_not_required
@rate_limited(SEARCH)
def index(request: HttpRequest) -> HttpResponse:
    """What matches the search; without one what can be searched."""
    parsed, sort = query.read(request.GET.get("q", "")), request.GET.get("sort", "")
    dates = DateRangeForm(request.GET)
    if dates.is_valid() and ("since" in request.GET or "until" in request.GET):
        text = parsed.with_dates(dates.cleaned_data["since"], dates.cleaned_data["until"])
        return redirect(reverse("search:index") + address(text, sort=sort))
    findable = find.findable_by(request.user)
    page, parsed, notices = results(parsed, findable, request, newest=sort == "newest")
    if page.exact is not None and url_has_allowed_host_and_scheme(page.exact.url, allowed_hosts=None):
        return _lead_to(request, page.exact, parsed)
    if request.GET.get("format"):
        rows = [presenting.row_of(request, hit, parsed) for hit in page.hits]
        following = address(parsed.text, sort=sort, after=page.following) if page.following else None
        made = listing(request, rows, following=following, filename="search")
        if made is not None:
            return made
    context = presenting.context(parsed, page, sort if sort in SORTS else "") | {"dates": dates, "notices": notices}
    if not page.hits and page.total == 0 and parsed.search_words and not notices:
        context["suggestion"] = spelling.suggestion(parsed, findable)
    return render(request, "search/index.html", context | _own(request, parsed, page))


def results(parsed: ParsedQuery, findable: Findable, request: HttpRequest, *, newest: bool) -> tuple[SearchPage, ParsedQuery, list[str]]:
    """The page of hits; where there are none of the whole words, of those that begin so. And what the reader has to be told."""
    size, after = page_size(request, find.PAGE), request.GET.get("after", "")
    try:
        page = find.search(parsed, findable, newest=newest, size=size, after=after, exact=_name(request, parsed))
        if page.total == 0 and page.exact is None and parsed.search_words and not parsed.search_words[-1].isdecimal():
            starting = parsed.starting()
            page = find.search(starting, findable, newest=newest, size=size, after=after)
            parsed = starting if page.total else parsed
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return SearchPage(), parsed, [_("The search took too long and was stopped. Use fewer words, or rarer ones.")]
    return page, parsed, []


def _name(request: HttpRequest, parsed: ParsedQuery) -> str:
    """What may be the whole name of one thing; empty where a list is asked for."""
    return parsed.text.strip('"') if set(request.GET) == {"q"} and not parsed.hints and not parsed.filters else ""


def _lead_to(request: HttpRequest, hit: SearchHit, parsed: ParsedQuery) -> HttpResponse:
    """The way to the one thing that is called as the search is, and back."""
    back = reverse("search:index") + address(parsed.text, exact="no")
    text = _("“{title}” is the only exact match for your search. {link_start}Show all results instead{link_end}")
    parts = {"title": hit.title, "link_start": format_html('<a href="{}">', back), "link_end": SafeString("</a>")}
    messages.info(request, format_html(text, **parts))
    _remember(request, parsed)
    return redirect(hit.url)


def _remember(request: HttpRequest, parsed: ParsedQuery) -> None:
    if isinstance(request.user, User) and parsed.text and request.method == "GET":
        history.remember(parsed.text, by=request.user)


def _own(request: HttpRequest, parsed: ParsedQuery, page: SearchPage) -> dict[str, Any]:
    """The person's own searches, on the page without one; a search that found something is one of them from now on."""
    if not isinstance(request.user, User):
        return {}
    if parsed.text:
        if "after" not in request.GET and page.total:
            _remember(request, parsed)
        return {}
    return {"recent": history.recent(request.user), "saved": history.saved(request.user)}


@require_safe
@login_not_required
@rate_limited(SEARCH)
def complete(request: HttpRequest) -> HttpResponse:
    """What the typed text may become: titles that lead to their pages, words, recent searches and actions; a fragment."""
    parsed = query.read(request.GET.get("q", ""))
    findable = find.findable_by(request.user)
    try:
        hits = find.titles(parsed, findable)
        last = parsed.search_words[-1] if parsed.search_words else ""
        offered = find.completions(last, findable)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        hits, offered = [], []
    person = request.user if isinstance(request.user, User) else None
    recent = history.recent(person, RECENT_SHOWN) if person and not parsed.text else []
    actions = sources.actions_for(person, parsed.text) if person else []
    context = {"query": parsed, "options": presenting.options(parsed, hits, offered, recent, actions)}
    return render(request, "search/completions.html", context)
