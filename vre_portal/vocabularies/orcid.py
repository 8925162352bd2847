"""ORCID iDs: sixteen characters of which the last is a check digit."""

import re

PATTERN = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", re.ASCII)
_WRITTEN = re.compile(
    r"(?:(?:https?://)?(?:www\.)?orcid\.org/|orcid:\s*)?(\d{4})[- ]?(\d{4})[- ]?(\d{4})[- ]?(\d{3}[\dXx])/?", re.ASCII | re.I
)


def check_digit(digits: str) -> str:
    """The check digit after fifteen digits (ISO 7064, MOD 11-2)."""
    total = 0
    for digit in digits:
        total = (total + int(digit)) * 2
    rest = (12 - total % 11) % 11
    return "X" if rest == 10 else str(rest)


def is_valid(orcid: str) -> bool:
    """Whether it is an ORCID iD in its usual form, with the right check digit."""
    return bool(PATTERN.fullmatch(orcid)) and check_digit(orcid.replace("-", "")[:15]) == orcid[-1]


def parse(text: str) -> str:
    """The ORCID iD that a text or an address is, in its usual form; empty where it is none or its check digit is wrong."""
    match = _WRITTEN.fullmatch(text.strip())
    orcid = "-".join(match.groups()).upper() if match else ""
    return orcid if is_valid(orcid) else ""


def address(orcid: str) -> str:
    """The page of an ORCID iD."""
    return f"https://orcid.org/{orcid}"
