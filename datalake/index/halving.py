"""Process many items at once; on failure halve them until each bad item is alone, so that the others are processed."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.db import DataError
from django.utils.translation import gettext as _

from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable

# What most lakes allow in names. Names beyond it are halved apart from the others, who then need one question in all.
USUAL = re.compile(r"[/A-Za-z0-9][/A-Za-z0-9._-]*")
ABOUT_THE_READER = (401, 403)  # statuses that tell nothing about the items
AGAINST_THE_RULE = re.compile(r"Problem validating dids: (?P<quote>['\"])(?P<name>.*?)(?P=quote) does not match", re.DOTALL)


@dataclass(frozen=True)
class Failed[Item]:
    """An item that fails on its own, and why."""

    item: Item
    reason: str


def halved[Item, Result](
    items: Sequence[Item],
    error: RemoteError | DataError,
    attempt: Callable[[Sequence[Item]], Result],
    *,
    is_answering: Callable[[], bool],
) -> Iterator[tuple[Sequence[Item], Result] | Failed[Item]]:
    """What `attempt` gives for the parts of `items` that pass, after it failed with `error` for all of them.

    Raises the error where the items are not to blame: the reader is refused, a pause is asked for, or the lake answers nothing
    (`is_answering`, asked again after each failure that may be an outage, so that a lake that goes away meanwhile is left alone).
    """
    if isinstance(error, RemoteRefused) and not is_answering():
        raise error
    yield from _halved(items, error, attempt, is_answering)


def _halved[Item, Result](
    items: Sequence[Item], error: Exception, attempt: Callable[[Sequence[Item]], Result], is_answering: Callable[[], bool]
) -> Iterator[tuple[Sequence[Item], Result] | Failed[Item]]:
    if is_about_reader(error) or (isinstance(error, RemoteUnavailable) and not is_answering()):
        raise error
    if len(items) == 1:
        yield Failed(items[0], reason_of(error))
        return
    for part in cut(items):
        try:
            result = attempt(part)
        except (RemoteError, DataError) as again:
            yield from _halved(part, again, attempt, is_answering)
        else:
            yield part, result


def is_about_reader(error: Exception) -> bool:
    """Whether the error is about the reader or the lake and not about one item: asking for fewer items would not help."""
    if isinstance(error, RemoteRefused):
        return error.status in ABOUT_THE_READER
    return isinstance(error, RemoteUnavailable) and error.retry_after is not None


def cut[Item](items: Sequence[Item]) -> list[Sequence[Item]]:
    """Two parts: names that match USUAL and the others, or else the two halves."""
    usual = [item for item in items if USUAL.fullmatch(str(item))]
    if 0 < len(usual) < len(items):
        return [usual, [item for item in items if not USUAL.fullmatch(str(item))]]
    middle = len(items) // 2
    return [items[:middle], items[middle:]]


def reason_of(error: Exception) -> str:
    """Why an item failed, as a text for people."""
    if isinstance(error, DataError):
        reason = str(error).partition("\n")[0]
        return _("The portal's database cannot store this entry: %(reason)s.") % {"reason": reason}
    if isinstance(error, RemoteRefused) and (rule := AGAINST_THE_RULE.search(str(error))):
        text = _("Rucio's rule for names does not allow “%(name)s”, so Rucio gives no further information about it.")
        return text % {"name": rule["name"]}
    return str(error)
