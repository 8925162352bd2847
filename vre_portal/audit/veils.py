"""Names that a reader of the record may not know are taken out of what is shown to them; the record itself stays whole."""

from collections.abc import Callable
from typing import Any

from vre_portal.iam.models import User

type Facts = dict[str, Any]
_veils: list[Callable[[User, Facts], Facts]] = []


def add(veil: Callable[[User, Facts], Facts]) -> None:
    """An application knows of closed things: its function gives the facts of an entry as a person may read them."""
    _veils.append(veil)


def shown(reader: User, facts: Facts) -> Facts:
    """The facts of an entry as the reader may know them."""
    for veil in _veils:
        facts = veil(reader, facts)
    return facts
