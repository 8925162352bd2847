"""Which names in a repository are kept: those that are plain paths below its root on every machine."""

import unicodedata

from vre_portal.repositories.child import limits

REFUSED = frozenset({"", ".", "..", ".git"})


def part_of(name: bytes) -> str | None:
    """One name of a folder as text; None where it could lead elsewhere, or be read as another one."""
    try:
        text = name.decode("utf-8")
    except UnicodeDecodeError:
        return None
    if text.lower() in REFUSED or len(name) > 255 or any(char in text for char in "/\\:"):
        return None
    # Cc and Cf: control characters, and those that turn the direction of text or are invisible.
    return None if any(unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") for char in text) else text


def shown(name: bytes) -> str:
    """Any name, as a note may show it."""
    text = name.decode("utf-8", errors="replace")[: limits.MAX_PATH]
    return "".join("\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") else char for char in text)
