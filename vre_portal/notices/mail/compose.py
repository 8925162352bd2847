"""What a mail says: its subject, its headers, and the same list of notices as text and as HTML."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.dateformat import format as date_format
from django.utils.safestring import mark_safe
from django.utils.text import Truncator
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from vre_portal.iam.models import User
from vre_portal.notices import grouping
from vre_portal.notices.kinds import title_of
from vre_portal.notices.mail import queue, unsubscribe_links
from vre_portal.notices.mail.letter import Letter, header_text, mailbox
from vre_portal.notices.mail.models import Mail, Schedule
from vre_portal.notices.models import Event, Notice
from vre_portal.portable_gettext import grouped
from vre_portal.text import plain

MAX_SHOWN = 20
MAX_READ = 200  # of which those that belong together are one line
SUBJECT_CHARS, SUBJECT_KINDS = 150, 3
INBOX = "/notices/"
BODY_STYLE = mark_safe(' style="font-family: sans-serif; line-height: 1.5; max-width: 40em"')


@dataclass
class MailLine:
    """One line of the list: an event, or several that belong together, as one line of the inbox."""

    title: str
    text: str
    url: str
    at: datetime

    @property
    def time(self) -> str:
        return f"{date_format(self.at.astimezone(UTC), 'j M Y, H:i')} UTC"


@dataclass
class MailSection:
    """The lines of one kind."""

    title: str
    lines: list[MailLine] = field(default_factory=list)


def one_line(text: object, length: int) -> str:
    """Text from anywhere in one line, with every control character visible: for headers and lists."""
    return str(Truncator(" ".join(plain(text).split())).chars(length))


def message(user: User, mail: Mail, *, hidden: set[int]) -> Letter:
    """The mail with its notices; of those whose audience is in `hidden` only the number is told."""
    notices = list(queue.notices(mail.queued.all()).order_by("-at", "-pk").values_list("pk", "event", "audience"))
    kind_of = dict(Event.objects.filter(pk__in=[event for _pk, event, _audience in notices]).values_list("pk", "kind"))
    kinds = Counter(kind_of[event] for _pk, event, _audience in notices)
    named = Counter(kind_of[event] for _pk, event, audience in notices if audience not in hidden)
    shown = [pk for pk, _event, audience in notices if audience not in hidden][:MAX_READ]
    sections, listed = _sections(list(Notice.objects.filter(pk__in=shown).order_by("-at", "-pk").select_related("event")))
    total = len(notices)
    kind = next(iter(kinds)) if len(kinds) == 1 else ""
    unsubscribe = settings.PORTAL_URL + reverse("notices_mail:unsubscribe", args=[unsubscribe_links.make_token(user, kind)])
    context = {
        "site": settings.SITE["name"],
        "name": one_line(user, 80),
        "sections": sections,
        "total": total,
        "more": total - listed,
        "more_shown": grouped(total - listed),
        "language": get_language(),
        "body_style": BODY_STYLE,
        "is_digest": mail.schedule == Schedule.DIGEST,
        "kind": _kind_title(kind) if kind else "",
        "inbox": settings.PORTAL_URL + INBOX,
        "settings_url": settings.PORTAL_URL + reverse("notices_mail:settings"),
        "unsubscribe": unsubscribe,
        "portal": settings.PORTAL_URL + "/",
    }
    letter = Letter(
        subject=_subject(mail, total, sections, named),
        body=render_to_string("notices_mail/mail.txt", context).strip() + "\n",
        from_email=settings.MAIL_FROM,
        to=[mailbox(one_line(user, 80), user.email)],
        headers=_headers(mail, unsubscribe),
    )
    letter.attach_alternative(render_to_string("notices_mail/mail.html", context), "text/html")
    return letter


def _headers(mail: Mail, unsubscribe: str) -> dict[str, str]:
    portal = urlsplit(settings.PORTAL_URL)
    one_click = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} if portal.scheme == "https" else {}  # RFC 8058, 3.1
    return {
        "Message-ID": f"<{mail.key}@{portal.hostname}>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "List-Id": f"<notices.{portal.hostname}>",
        "List-Unsubscribe": f"<{unsubscribe}>",
        **one_click,
    }


def _subject(mail: Mail, total: int, sections: list[MailSection], kinds: dict[str, int]) -> str:
    """The portal, and the event where it is one; otherwise the most frequent kinds of those that may be named, and how many others."""
    site = settings.SITE["name"]
    if total == 1 and sections and mail.schedule == Schedule.AT_ONCE:
        what = sections[0].lines[0].title
    else:
        most = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[:SUBJECT_KINDS]
        parts = [f"{_kind_title(key)} ({grouped(count)})" if count > 1 else _kind_title(key) for key, count in most]
        if others := total - sum(count for _key, count in most):
            text = (
                ngettext("%(count)s more", "%(count)s more", others)
                if parts
                else ngettext("%(count)s new notice", "%(count)s new notices", others)
            )
            parts.append(text % {"count": grouped(others)})
        what = ", ".join(parts)
    text = _("%(site)s, daily summary: %(what)s") if mail.schedule == Schedule.DIGEST else _("%(site)s: %(what)s")
    return header_text(one_line(text % {"site": site, "what": what}, SUBJECT_CHARS))


def _sections(notices: list[Notice]) -> tuple[list[MailSection], int]:
    """The lines of the inbox by kind, at most MAX_SHOWN, and how many notices they stand for."""
    sections: dict[str, MailSection] = {}
    lines = grouping.lines(notices)[:MAX_SHOWN]
    for line in lines:
        event = line.newest.event
        text = "" if line.is_group else one_line(event.text, 300)
        shown = MailLine(one_line(line.title, 150), text, _address(event.url), event.at)
        sections.setdefault(event.kind, MailSection(_kind_title(event.kind))).lines.append(shown)
    return list(sections.values()), sum(len(line.notices) for line in lines)


def _kind_title(key: str) -> str:
    return one_line(title_of(key), 100)


def _address(path: str) -> str:
    """The whole address of a page of the portal; the inbox for anything that is none."""
    is_path = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable() and " " not in path
    return f"{settings.PORTAL_URL}{path if is_path else INBOX}"
