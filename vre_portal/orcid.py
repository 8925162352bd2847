"""ORCID iDs: their form and their check digit (ISO 7064 MOD 11-2)."""

import re

FORM = re.compile(r"(?:https?://(?:www\.)?orcid\.org/)?(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dXx])/?", re.ASCII)


def check_digit(digits: str) -> str:
    """The last character that belongs to the first fifteen digits."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    result = (12 - total % 11) % 11
    return "X" if result == 10 else str(result)


def normal_orcid(text: object) -> str:
    """The iD as 0000-0002-1825-0097, from it or from its address; empty where the text is none, or its check digit is wrong."""
    match = FORM.fullmatch(text.strip()) if isinstance(text, str) else None
    if match is None:
        return ""
    orcid = "-".join(match.groups()).upper()
    return orcid if check_digit(orcid.replace("-", "")[:15]) == orcid[-1] else ""
