"""The search page, what the palette offers, and a whole identifier, which leads straight to its page."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from psycopg.errors import QueryCanceled

from vre_portal.iam.current_user import current_user
from vre_portal.iam.models import User
from vre_portal.limits import SEARCH, rate_limited
from vre_portal.search import direct, find, history, palette, presentation, query, questions, relaxation, spelling
from vre_portal.search.facets import address
from vre_portal.search.find import SearchHit, SearchPage
from vre_portal.search.forms import DateRangeForm
from vre_portal.search.history_views import deleted_last
from vre_portal.search.query import ParsedQuery
from vre_portal.search.questions import Question
from vre_portal.search.statements import Findable
from vre_portal.tables import listing, page_size

SORTS = ("", "newest")
MAX_ADDRESS = 2_000  # characters
MAX_PEOPLE = 10  # that stand before all else where a question asks for somebody


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
    question = questions.read(parsed)
    page, parsed, notices = results(question, direct.name_in(parsed), findable, request, newest=sort == "newest")
    if _leads_on(request, parsed, page):
        return _lead_to(request, page.named[0], parsed)
    if request.GET.get("format"):
        rows = [presentation.row_of(request, hit, parsed) for hit in page.hits]
        following = address(parsed.text, sort=sort, after=page.following) if page.following else None
        made = listing(request, rows, following=following, filename="search")
        if made is not None:
            return made
    context = presentation.context(parsed, page, sort if sort in SORTS else "", request.user) | {"dates": dates, "notices": notices}
    context["left_out"] = question.left_out
    if not page.hits and page.total == 0 and not notices:
        context |= _instead(parsed, findable)
    return render(request, "search/index.html", context | _own(request, parsed, page))


def results(
    question: Question, name: str, findable: Findable, request: HttpRequest, *, newest: bool
) -> tuple[SearchPage, ParsedQuery, list[str]]:
    """The page of hits; where there are none of the whole words, of those that begin so. And what the reader has to be told."""
    size, after = page_size(request, find.PAGE), request.GET.get("after", "")
    parsed = question.query
    try:
        page = find.search(parsed, findable, newest=newest, size=size, after=after, exact=name)
        if page.total == 0 and not page.named and parsed.search_words and not parsed.search_words[-1].isdecimal():
            starting = parsed.starting()
            page = find.search(starting, findable, newest=newest, size=size, after=after)
            parsed = starting if page.total else parsed
        if not newest:
            people = find.search(replace(question, query=parsed).people, findable, size=MAX_PEOPLE).hits if question.is_about_people else ()
            page = _with_first(page, [*people, *page.named], is_beginning=not after)
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return SearchPage(), parsed, [_("The search took too long and was stopped. Use fewer words, or rarer ones.")]
    return page, parsed, []


def _with_first(page: SearchPage, first: Sequence[SearchHit], *, is_beginning: bool) -> SearchPage:
    """The page with these hits before all others, and on no later one."""
    if not first:
        return page
    urls = {hit.url for hit in first}
    others = [hit for hit in page.hits if hit.url not in urls]
    hits = [*dict.fromkeys(hit.url for hit in first)] if is_beginning else []
    by_url = {hit.url: hit for hit in reversed(first)}
    return replace(page, hits=[*(by_url[url] for url in hits), *others], total=max(page.total, len(first)))


def _leads_on(request: HttpRequest, parsed: ParsedQuery, page: SearchPage) -> bool:
    """Whether the search is the identifier of one thing, and nothing but that thing was asked for."""
    hit = page.exact if set(request.GET) == {"q"} else None
    return hit is not None and direct.leads_to(parsed, hit) and url_has_allowed_host_and_scheme(hit.url, allowed_hosts=None)


def _instead(parsed: ParsedQuery, findable: Findable) -> dict[str, Any]:
    """What to try where nothing was found: another spelling, or the search without one of its conditions."""
    try:
        return {"suggestion": spelling.suggestion(parsed, findable), "relaxed": relaxation.relaxed(parsed, findable)}
    except OperationalError as error:
        if not isinstance(error.__cause__, QueryCanceled):
            raise
        return {}


def _lead_to(request: HttpRequest, hit: SearchHit, parsed: ParsedQuery) -> HttpResponse:
    """The way to the one thing that is called as the search is, and back."""
    back = reverse("search:index") + address(parsed.text, exact="no")
    text = _("Your search is the identifier of “{title}”. {link_start}Show search results instead{link_end}")
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
    return {"recent": history.recent(request.user), "saved": history.saved(request.user), "undo": deleted_last(request)}


@require_safe
def saved(request: HttpRequest, pk: int) -> HttpResponse:
    """A saved search of the person, the newest hits first: links to it are short, and search as it is saved now."""
    item = history.saved_one(pk, current_user(request))
    if item is None:
        raise Http404(_("Page not found."))
    parts = address(item.query, sort="newest", exact="no")
    if len(parts) <= MAX_ADDRESS:
        return redirect(reverse("search:index") + parts)
    request.GET = QueryDict(parts.removeprefix("?"))  # servers and browsers refuse so long an address
    return index(request)


@require_safe
@login_not_required
@rate_limited(SEARCH)
def complete(request: HttpRequest) -> HttpResponse:
    """What the typed text may become: actions, titles that lead to their pages, and words; before that what was used last. A fragment."""
    parsed = query.read(request.GET.get("q", ""))
    person = request.user if isinstance(request.user, User) else None
    groups = palette.typed(parsed, person, request.user) if parsed.text else palette.opened(person)
    return render(request, "search/completions.html", {"query": parsed, "groups": groups})
