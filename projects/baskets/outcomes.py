"""The result of adding things, in words."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.baskets.services import Added
from vre_portal.text import plain


def tell(request: HttpRequest, outcome: Added, *, name: str, limit: int) -> None:
    """Say it as messages on the next page; a sign-in by a program has none."""
    for level, text in _lines(outcome, name, limit):
        messages.add_message(request, level, text, fail_silently=True)


def _lines(outcome: Added, name: str, limit: int) -> Iterator[tuple[int, str]]:
    words = {"title": plain(outcome.first), "name": plain(name), "limit": limit}
    is_named = outcome.total == 1 and bool(outcome.first)
    if is_named and outcome.added:
        yield messages.SUCCESS, _("“%(title)s” was added to the basket “%(name)s”.") % words
    elif outcome.added:
        text = ngettext("%(n)s item was added to the basket “%(name)s”.", "%(n)s items were added to the basket “%(name)s”.", outcome.added)
        yield messages.SUCCESS, text % {**words, "n": outcome.added}
    if is_named and outcome.present:
        yield messages.INFO, _("“%(title)s” is already in the basket “%(name)s”.") % words
    elif outcome.present:
        text = ngettext(
            "%(n)s item was already in the basket “%(name)s”.", "%(n)s items were already in the basket “%(name)s”.", outcome.present
        )
        yield messages.INFO, text % {**words, "n": outcome.present}
    if outcome.unseen:
        text = ngettext(
            "%(n)s item was left out: it no longer exists, or you don't have access.",
            "%(n)s items were left out: they no longer exist, or you don't have access.",
            outcome.unseen,
        )
        yield messages.WARNING, text % {"n": outcome.unseen}
    if outcome.beyond:
        text = ngettext(
            "%(n)s item was not added: the basket holds at most %(limit)s. Remove some items first.",
            "%(n)s items were not added: the basket holds at most %(limit)s. Remove some items first.",
            outcome.beyond,
        )
        yield messages.WARNING, text % {"n": outcome.beyond, "limit": limit}
    if not outcome.total:
        yield messages.INFO, _("Nothing was added. Select items first.")
