"""Rows of Rucio's answers that cannot be read: each is left out with its reason, and the rows around it are read."""

import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from vre_portal.text import plain

UNREADABLE = (ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError)
MAX_SHOWN_CHARS = 200
MAX_COLLECTED_ROWS = 1000
logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class UnreadableRow:
    """One row of an answer, as far as it can be shown, and what is wrong with it."""

    text: str
    reason: str
    scope: str = ""  # where the row names one
    is_named: bool = False  # whether `text` is a DID or an id, and not the row itself


@dataclass(frozen=True)
class NotJson:
    """A line of an answer that is no JSON."""

    text: str


_collected: ContextVar[list[UnreadableRow] | None] = ContextVar("unreadable_rows", default=None)


@contextmanager
def collect_unreadable() -> Iterator[list[UnreadableRow]]:
    """Yields a list to which rows that cannot be read are appended inside the block."""
    rows: list[UnreadableRow] = []
    before = _collected.set(rows)
    try:
        yield rows
    finally:
        _collected.reset(before)


def read_rows[Raw, Row](rows: Iterable[Raw], read: Callable[[Raw], Row]) -> Iterator[Row]:
    """What `read` makes of each row; one that it cannot read is collected and left out.

    Raises ValueError at the end where there are rows and none of them can be read.
    """
    readable = unreadable = 0
    for raw in rows:
        try:
            row = read(raw)
        except UNREADABLE as error:
            unreadable += 1
            collect_row(raw, reason_of(raw, error))
        else:
            readable += 1
            yield row
    if unreadable and not readable:
        raise ValueError("none of the rows of an answer can be read")


def collect_row(raw: Any, reason: str) -> None:
    """Log and collect a row that is left out, or of which a part is."""
    scope = raw.get("scope") if isinstance(raw, dict) else ""
    name = name_of(raw)
    row = UnreadableRow(name or shortened(raw), plain(reason)[:MAX_SHOWN_CHARS], scope if isinstance(scope, str) else "", bool(name))
    logger.warning("A row of Rucio's answer cannot be read: %s (%s)", row.text, row.reason)
    collected = _collected.get()
    if collected is not None and len(collected) < MAX_COLLECTED_ROWS:
        collected.append(row)


def name_of(raw: Any) -> str:
    """What a row is about: a DID, or the id of something else; empty where it does not say."""
    if not isinstance(raw, dict):
        return ""
    words = [raw[key] for key in ("scope", "name") if isinstance(raw.get(key), str)]
    words = words or [raw[key] for key in ("id", "rule_id", "rse") if isinstance(raw.get(key), str)][:1]
    return plain(":".join(words))[:MAX_SHOWN_CHARS]


def shortened(raw: Any) -> str:
    """The row itself, for operators."""
    return plain(raw.text if isinstance(raw, NotJson) else repr(raw))[:MAX_SHOWN_CHARS]


def reason_of(raw: Any, error: Exception) -> str:
    """Why it cannot be read, for a person."""
    if isinstance(raw, NotJson):
        return _("It is not JSON.")
    if not isinstance(raw, dict):
        return _("It is not a JSON object.")
    if isinstance(error, KeyError):
        text = _("The key “%(key)s” is missing.") % {"key": error.args[0] if error.args else "?"}
        return plain(text)[:MAX_SHOWN_CHARS]
    return plain(_("One of the values is not valid: %(reason)s.") % {"reason": error})[:MAX_SHOWN_CHARS]
