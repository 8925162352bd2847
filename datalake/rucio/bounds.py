"""Names as bounds of a stretch: what Rucio's filters do to a text decides which names can be one.

They turn `true` into `True`, read stars and percents as wildcards and refuse them here, and take numbers, dates and Python for what
they look like. Against the last helps a character that no name has; the others are avoided.
"""

import re
from collections.abc import Sequence

MANGLED = re.compile("true|TRUE|false|FALSE|[*%]")
AFTER = "\x01"


def bound(names: Sequence[str], near: int) -> str | None:
    """The end of a stretch: just behind the usable one of these names that is nearest to a place, or None."""
    for index in sorted(range(len(names)), key=lambda index: abs(index - near)):
        if not MANGLED.search(names[index]):
            return names[index] + AFTER
    return None


def floor(name: str) -> str:
    """A text that is not behind the name and that Rucio takes as it is."""
    found = MANGLED.search(name)
    return name[: found.start()] + AFTER if found and found.start() else "" if found else name + AFTER
