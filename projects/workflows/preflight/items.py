"""What one check before a launch says, with what to do about it."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.conf import settings
from django.utils.translation import gettext as _

from projects.workflows.validation_results import State

ORDER: tuple[State, ...] = ("error", "warning", "ok", "not checked")


@dataclass(frozen=True)
class Remedy:
    """What to do: words and, where it is done on a page, its address."""

    words: str
    url: str = ""


@dataclass(frozen=True)
class Item:
    """One line of the list; "not checked" where nothing was looked at, with the reason as its message."""

    key: str
    name: str
    state: State
    messages: tuple[str, ...]
    remedies: tuple[Remedy, ...] = ()

    @property
    def sentence(self) -> str:
        """All of it in one text, for where a list has no place: messages, then what to do with its full address."""
        return " ".join([*self.messages, *(_spelt(remedy) for remedy in self.remedies)])


def _spelt(remedy: Remedy) -> str:
    if not remedy.url or remedy.url.startswith("#"):  # a place of the launch page
        return f"{remedy.words}."
    address = remedy.url if ":" in remedy.url else f"{settings.PORTAL_URL.rstrip('/')}{remedy.url}"
    return _("%(action)s: %(address)s") % {"action": remedy.words, "address": address}


def ordered(items: Iterable[Item]) -> list[Item]:
    """What stops the launch first, and what nobody looked at last."""
    return sorted(items, key=lambda item: ORDER.index(item.state))
