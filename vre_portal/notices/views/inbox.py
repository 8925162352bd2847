"""The inbox: its list, what is done with notices, and the way to what a notice is about."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from vre_portal.iam.current_user import current_user
from vre_portal.notices import bell, grouping, inbox
from vre_portal.notices.forms import InboxFilterForm
from vre_portal.notices.inbox import Done, Verb
from vre_portal.notices.models import Notice
from vre_portal.notices.visibility import VisibleNotices
from vre_portal.tables import Row, listing, page_size
from vre_portal.text import moment, number_of, plain

PAGE, MAX_NUMBERS = 50, 200
UNDO = "notices_undo"  # in the session, what was done last, until a page has offered to undo it


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """The notices that the reader may know of now, the newest first; also as JSON and CSV."""
    counted, visible = bell.with_notices(current_user(request))
    form = InboxFilterForm(request.GET, inbox.kinds_of(visible, counted.version))
    rows, following = page_of(request, filtered(visible, form), form.chosen)
    if made := listing(request, [row_of(notice) for notice in rows], following=following, filename="notices"):
        return made
    before = number_of(request.GET.get("before", ""))
    context = {
        "lines": grouping.lines(rows),
        "form": form,
        "chosen": form.chosen,
        "hides_some": visible.hides_some,
        "unread": counted.unread,
        "newest": (before - 1) if before else (rows[0].pk if rows else 0),
        "next_url": following,
        "previous_url": address(form.chosen) if before else "",
        "before": before,
        "undo": request.session.pop(UNDO, None) if UNDO in request.session else None,
    }
    return render(request, "notices/index.html", context)


def filtered(visible: VisibleNotices, form: InboxFilterForm) -> QuerySet[Notice]:
    """The notices that the filter leaves."""
    notices = visible.unread() if form.chosen.get("state") == "unread" else visible.all()
    return notices if form.kinds is None else notices.filter(event__kind__in=form.kinds)


def page_of(request: HttpRequest, notices: QuerySet[Notice], chosen: dict[str, str]) -> tuple[list[Notice], str | None]:
    """One page, and the address of the next."""
    size, before = page_size(request, PAGE), number_of(request.GET.get("before", ""))
    if before:
        notices = notices.filter(pk__lt=before)
    rows = list(notices.select_related("event")[: size + 1])
    return rows[:size], address(chosen, before=rows[size - 1].pk) if len(rows) > size else None


def address(chosen: dict[str, str], **more: object) -> str:
    """The inbox with a filter."""
    query = urlencode({**chosen, **more})
    return reverse("notices:index") + (f"?{query}" if query else "")


def row_of(notice: Notice) -> Row:
    """A notice for programs; `page` marks it as read and leads on."""
    event = notice.event
    return {
        "id": notice.pk, "kind": event.kind, "title": plain(event.title), "text": plain(event.text), "group": plain(event.group),
        "at": notice.at, "read_at": notice.read_at, "url": event.url, "page": reverse("notices:notice", args=[notice.pk]),
    }  # fmt: skip


@never_cache
@require_safe
def notice(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark a notice as read and go to what it is about, which is always a page of this portal."""
    found = inbox.read_one(pk, by=current_user(request))
    if found is None:
        raise Http404(_("Notice not found."))
    url = found.event.url
    if not url.startswith("/") or not url_has_allowed_host_and_scheme(url, allowed_hosts=None):
        messages.info(request, _("This notice has no page of its own."))
        return redirect("notices:index")
    return redirect(url)


@require_POST
def mark(request: HttpRequest) -> HttpResponse:
    """Mark notices as read or unread, or delete them: those that were chosen, one line, or all that the filter leaves."""
    user, form = current_user(request), InboxFilterForm(request.POST)
    verb, notices = requested_action(request, VisibleNotices.of(user), form)
    before = number_of(request.POST.get("before", ""))
    back = redirect(address(form.chosen, **({"before": before} if before else {})))
    if verb is None or notices is None:
        messages.error(request, _("Nothing was changed. Select notices first, then choose what to do with them."))
        return back
    done = inbox.apply(verb, notices, by=user)
    request.session[UNDO] = {"text": words_of(done), **done._asdict(), "numbers": ",".join(map(str, done.numbers))} if done.number else None
    if not done.number:
        messages.info(request, _("Nothing to change: this was done in another window, or the notices are gone."))
    return back


def requested_action(request: HttpRequest, visible: VisibleNotices, form: InboxFilterForm) -> tuple[Verb | None, QuerySet[Notice] | None]:
    """What is to be done, and with which notices; None for what no form of this portal sends."""
    line, text = request.POST.get("line", ""), request.POST.get("verb", "")
    numbers: Sequence[int] = [number_of(item) for item in request.POST.getlist("notice")]
    if line:
        text, _, its = line.partition(":")
        numbers = [number_of(item) for item in its.split(",")]
    if text == "read-all":  # not what came after the page was made
        return Verb.READ, filtered(visible, form).filter(pk__lte=number_of(request.POST.get("newest", "")))
    verb = Verb(text) if text in Verb else None
    chosen = [number for number in numbers[:MAX_NUMBERS] if number]
    return verb, visible.all().filter(pk__in=chosen) if chosen else None


def words_of(done: Done) -> str:
    """What was done, in words."""
    texts = {
        Verb.READ: ngettext("%(count)s notice marked as read.", "%(count)s notices marked as read.", done.number),
        Verb.UNREAD: ngettext("%(count)s notice marked as unread.", "%(count)s notices marked as unread.", done.number),
        Verb.DELETE: ngettext("%(count)s notice deleted.", "%(count)s notices deleted.", done.number),
    }
    return texts[done.verb] % {"count": done.number}


@require_POST
def undo(request: HttpRequest) -> HttpResponse:
    """Take back what was done last in this window."""
    text, numbers = request.POST.get("verb", ""), request.POST.get("numbers", "").split(",")
    when: datetime | None = moment(request.POST.get("moment", ""))
    count = 0
    if text in Verb and when is not None:
        count = inbox.undo(Verb(text), when, [number_of(item) for item in numbers[:MAX_NUMBERS]], by=current_user(request))
    if count:
        messages.success(request, _("Undone."))
    else:
        messages.info(request, _("This can no longer be undone."))
    return redirect("notices:index")


@never_cache
@require_safe
def unread(request: HttpRequest) -> HttpResponse:
    """For the bell of an open page: the number of unread notices, as text and in words."""
    found: Any = bell.of(current_user(request))
    words = ngettext("Notices: %(count)s unread", "Notices: %(count)s unread", found.unread) % {"count": found.unread}
    response = HttpResponse(f"{found.shown if found.unread else ''}\n{found.unread}\n{words}", content_type="text/plain; charset=utf-8")
    if found.tag:
        response["ETag"] = f'"{found.tag}"'
    return response
