"""Patterns that operators write, matched within a time: ([a-z]+)*x takes longer than anybody waits for a name that is nearly right."""

import regex

MATCH_SECONDS = 0.1
# Names that are nearly right for most patterns that take very long.
_PROBES = tuple(
    f"{start * (240 // len(start))}{end}" for start in ("a", "A", "0", "aA0", "a_", "a.", "a-", "a/", "A_A.") for end in ("", "!")
)


class PatternTooSlow(Exception):
    """Whether a text matches was not known in time; the text is the pattern."""


def matches(pattern: str, text: str) -> bool:
    """Whether the whole text matches. Raises PatternTooSlow."""
    try:
        return regex.fullmatch(pattern, text, timeout=MATCH_SECONDS) is not None
    except TimeoutError:
        raise PatternTooSlow(pattern) from None


def is_slow(pattern: str) -> bool:
    """Whether there are names for which the pattern takes too long; for use before the start, as it may take a second."""
    try:
        for probe in _PROBES:
            matches(pattern, probe)
    except PatternTooSlow:
        return True
    return False
