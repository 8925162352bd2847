"""Notices of one page as lines: those of a kind with the same group as one line that opens, where there are several."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import ngettext

from vre_portal.notices.kinds import NoticeKind, UnknownKind, kind_of
from vre_portal.notices.models import Notice

SHOWN_AS_ONE = 3  # so many, or more


@dataclass(frozen=True)
class InboxLine:
    """One notice, or several of a group."""

    notices: Sequence[Notice]

    @property
    def newest(self) -> Notice:
        return self.notices[0]

    @property
    def is_group(self) -> bool:
        return len(self.notices) > 1

    @property
    def is_unread(self) -> bool:
        return any(notice.read_at is None for notice in self.notices)

    @property
    def numbers(self) -> str:
        """The notices, as the value of a button."""
        return ",".join(str(notice.pk) for notice in self.notices)

    @property
    def kind(self) -> NoticeKind | None:
        return known_kind(self.newest.event.kind)

    @property
    def icon(self) -> str:
        """The icon of the kind."""
        return self.kind.icon if self.kind else "bell"

    @property
    def title(self) -> str:
        """The title of the only notice, or the words for all of them."""
        title, count = self.newest.event.title, len(self.notices)
        if not self.is_group:
            return title
        if self.kind is not None and self.kind.group_title is not None:
            return self.kind.group_title(count, title)
        text = ngettext("%(title)s, and %(count)s more", "%(title)s, and %(count)s more", count - 1)
        return text % {"title": title, "count": count - 1}


def known_kind(key: str) -> NoticeKind | None:
    """The kind; None where no application registers it any more."""
    try:
        return kind_of(key)
    except UnknownKind:
        return None


def lines(notices: Sequence[Notice]) -> list[InboxLine]:
    """In the order of the newest notice of each line."""
    groups: dict[tuple[str, str], list[Notice]] = {}
    for notice in notices:
        if notice.event.group:
            groups.setdefault((notice.event.kind, notice.event.group), []).append(notice)
    made: list[InboxLine] = []
    for notice in notices:
        group = groups.get((notice.event.kind, notice.event.group), [])
        if len(group) < SHOWN_AS_ONE:
            made.append(InboxLine([notice]))
        elif notice is group[0]:
            made.append(InboxLine(group))
    return made
