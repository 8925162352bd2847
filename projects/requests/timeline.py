"""The thread of a request: comments as formatted Markdown, and between them the steps of its history."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from projects.requests.models import Request, RequestAttachment, RequestComment, RequestEvent
from projects.requests.values import lines
from vre_portal import markdown, markdown_bounds
from vre_portal.iam.models import User
from vre_portal.text import plain

MAX_COST = 5 * markdown_bounds.BUDGET  # of formatting in one page: what people wrote beyond that is shown as they typed it
ICONS = {
    RequestEvent.What.ASSIGNED: "user",
    RequestEvent.What.UNASSIGNED: "user",
    RequestEvent.What.DUE: "calendar",
    RequestEvent.What.NOT_DUE: "calendar",
    RequestEvent.What.LOCKED: "lock",
    RequestEvent.What.UNLOCKED: "lock",
    RequestEvent.What.APPROVED: "circle-check",
    RequestEvent.What.FAILED: "triangle-alert",
    RequestEvent.What.WAITING: "hourglass",
    RequestEvent.What.RETRIED: "refresh-cw",
    RequestEvent.What.DONE: "circle-check",
}


@dataclass(frozen=True)
class TimelineItem:
    """A comment, or a step."""

    at: datetime
    by: User | None
    comment: RequestComment | None = None
    html: str = ""
    files: tuple[RequestAttachment, ...] = ()
    event: RequestEvent | None = None
    sentence: str = ""
    icon: str = ""


class Formatter:
    """Markdown within what one page may spend on it; counted and not timed, so that a thread always looks the same."""

    def __init__(self) -> None:
        self.left = MAX_COST

    def html(self, text: str, prefix: str) -> SafeString:
        """The text as HTML; as it was typed where that is more than what is left."""
        text = plain(lines(text))
        cost = markdown_bounds.cost_of(text)
        if cost > self.left:
            return format_html('<p class="written">{}</p>', text)
        self.left -= cost
        return markdown.render(text, level=4, prefix=prefix, is_message=True)


def timeline(request: Request, attachments: Sequence[RequestAttachment], formatter: Formatter) -> list[TimelineItem]:
    """Everything that happened to a request, the oldest first; two queries."""
    files: dict[int | None, list[RequestAttachment]] = {}
    for file in attachments:
        files.setdefault(file.comment_id, []).append(file)
    items = [
        TimelineItem(
            line.created_at,
            line.by,
            comment=line,
            html=formatter.html(line.text, f"c{line.pk}-"),
            files=tuple(files.get(line.pk, ())),
        )
        for line in request.comments.select_related("by")
    ]
    steps = request.events.select_related("by", "person")
    items += [TimelineItem(step.created_at, step.by, event=step, sentence=sentence_of(step), icon=icon_of(step)) for step in steps]
    return sorted(items, key=lambda item: item.at)


def own_files(attachments: Sequence[RequestAttachment]) -> list[RequestAttachment]:
    """Those that came with the request itself."""
    return [file for file in attachments if file.comment_id is None]


def icon_of(step: RequestEvent) -> str:
    """The icon of a step; a dot for one that this version does not know."""
    return ICONS.get(RequestEvent.What(step.what), "circle-dot") if step.what in RequestEvent.What.values else "circle-dot"


def sentence_of(step: RequestEvent) -> str:
    """A step as a sentence that begins with the person who took it."""
    what = RequestEvent.What
    sentences: dict[str, Any] = {
        what.ASSIGNED: _("%(name)s assigned %(person)s") if step.person_id != step.by_id else _("%(name)s took on the request"),
        what.UNASSIGNED: _("%(name)s removed the assignment of %(person)s"),
        what.DUE: _("%(name)s set the due date to %(text)s"),
        what.NOT_DUE: _("%(name)s removed the due date"),
        what.LOCKED: _("%(name)s locked the thread"),
        what.UNLOCKED: _("%(name)s unlocked the thread"),
        what.APPROVED: _("%(name)s approved the request"),
        what.FAILED: _("It was not carried out: %(text)s"),
        what.WAITING: _("It waits until %(person)s signs in again: the portal acts with their rights"),
        what.RETRIED: _("%(name)s had it tried again"),
        what.DONE: _done(step),
    }
    nobody = _("the approver") if step.what == what.WAITING else _("somebody")
    facts = {"name": plain(step.by or _("The portal")), "person": plain(step.person or nobody), "text": plain(step.text)}
    return str(sentences.get(step.what, "%(name)s") % facts).strip().removesuffix(".")  # the time follows


def _done(step: RequestEvent) -> str:
    """What was done, where more was to be done than to grant the request."""
    if not step.text:
        return _("%(name)s granted the request")
    return _("It was carried out: %(text)s") if step.by_id is None else _("%(name)s carried out the request: %(text)s")


def quoted(request: Request, number: str) -> str:
    """A comment as a Markdown quotation, with whose words they are; empty for what is no comment of this request."""
    if number == "reason":
        return _quotation(str(request.by), request.text)
    if not (number.isascii() and number.isdecimal() and len(number) < 19):
        return ""
    line = request.comments.select_related("by").filter(pk=int(number)).first()
    return _quotation(str(line.by or _("The portal")), line.text) if line else ""


def _quotation(name: str, text: str) -> str:
    lines = "\n".join(f"> {line}" for line in text.splitlines())
    return f"> **{plain(name)}:**\n{lines}\n\n"[:3500]
