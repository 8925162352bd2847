"""Kinds of notices: each application registers its own, with how people are told unless they choose otherwise."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from vre_portal.iam.models import User


class Delivery(models.TextChoices):
    """How a person is told of events of one kind. Every choice but `none` also puts them into the inbox."""

    NONE = "none", _("none")
    INBOX = "inbox", _("inbox only")
    MAIL = "mail", _("e-mail at once")
    DIGEST = "digest", _("daily e-mail")
    WEBHOOK = "webhook", _("webhook")


@dataclass(frozen=True)
class NoticeKind:
    """What can happen, such as that a run ended."""

    key: str  # "runs.finished": never changed, it is stored
    title: Any  # lazy text for the page of settings: "A run finished"
    section: Any  # lazy heading under which the settings show it: "Workflows"
    default: Delivery = Delivery.INBOX
    icon: str = "bell"
    followers: Delivery = Delivery.INBOX  # the same for those whom it does not concern, and who only follow one of its topics
    # The words for some notices of one group shown as one line, of their number and the title of the newest; None for a general sentence.
    group_title: Callable[[int, str], str] | None = None
    can_turn_off: bool = True  # False: at least the inbox, such as for a decision about one's own request
    is_chosen: bool = True  # False: people do not choose how they are told, such as of the test e-mail that they ask for
    is_of_project: bool = False  # True: its events have a project as topic, so that webhooks of projects can send them
    project_title: Any = None  # lazy title where a project chooses, if that reads otherwise: "The project was published"


class UnknownKind(LookupError):
    """No application has registered this kind."""


_kinds: dict[str, NoticeKind] = {}


def register(kind: NoticeKind) -> NoticeKind:
    """Make a kind known; a key is registered once."""
    if _kinds.setdefault(kind.key, kind) != kind:
        raise ValueError(f"two kinds of notices are called {kind.key}")
    return kind


def kind_of(key: str) -> NoticeKind:
    """The kind with this key. Raises UnknownKind."""
    try:
        return _kinds[key]
    except KeyError:
        raise UnknownKind(key) from None


def title_of(key: str) -> str:
    """The kind in words; its key where no application registers it any more."""
    try:
        return str(kind_of(key).title)
    except UnknownKind:
        return key


def all_kinds() -> list[NoticeKind]:
    """All kinds in the order in which they were registered."""
    return list(_kinds.values())


_deliveries = [Delivery.NONE, Delivery.INBOX, Delivery.MAIL, Delivery.DIGEST]


@dataclass(frozen=True)
class NotSent:
    """Why nothing is sent to a person in some way, and the page where they change that."""

    text: str
    url: str
    action: str


_checks: dict[Delivery, Callable[[User], NotSent | None]] = {}


def offer(delivery: Delivery, not_sent: Callable[[User], NotSent | None]) -> None:
    """Let people choose this way of being told, which something delivers; it says to whom nothing is sent."""
    if delivery not in _deliveries:
        _deliveries.append(delivery)
    _checks[delivery] = not_sent


def not_sent_to(user: User) -> dict[Delivery, NotSent]:
    """The ways in which nothing is sent to a person at present."""
    found = {delivery: check(user) for delivery, check in _checks.items()}
    return {delivery: why for delivery, why in found.items() if why is not None}


def deliveries(kind: NoticeKind) -> list[Delivery]:
    """The ways of being told that people may choose for a kind."""
    return [item for item in _deliveries if kind.can_turn_off or item != Delivery.NONE]


def sections() -> dict[str, list[NoticeKind]]:
    """The kinds under the headings of their sections: longer sections first, as the portal is mostly about these."""
    found: dict[str, list[NoticeKind]] = {}
    for kind in _kinds.values():
        found.setdefault(str(kind.section), []).append(kind)
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


def project_kinds() -> list[NoticeKind]:
    """The kinds whose events webhooks of projects can send, in the order of the settings."""
    return [kind for kinds in sections().values() for kind in kinds if kind.is_of_project]
