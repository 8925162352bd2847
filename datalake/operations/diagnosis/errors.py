"""What the error texts of Rucio and of the transfer services mean: the first pattern that matches counts."""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Meaning:
    """The meaning of an error text."""

    code: str
    place: str = ""  # the storage element that it names


# The order matters: a lost source is often named inside a longer text about a failed transfer.
PATTERNS: tuple[tuple[str, str], ...] = (
    ("quota", r"insufficientaccountlimit|account limit|not enough quota|insufficient quota|quota (?:is )?(?:exceeded|used up)|over.?quota"),
    ("nothing-matches", r"empty set|expression is considered invalid|invalidrseexpression|expression (?:describes|matches|resulted in) no"),
    ("too-few-places", r"insufficienttargetrses|not enough (?:target )?rses|no rse (?:left|available)"),
    ("checksum", r"checksum|bytes instead of|size mismatch|wrong size"),
    ("full", r"no space left|enospc|disk (?:is )?full|out of disk space|referenced rse is exceeded|insufficient storage|\b507\b"),
    (
        "destination",
        r"rsewriteblocked|not available for writing|destination .{0,300}cannot be (?:written|made)|destination.{0,200}(?:permission denied|read-only|refused|403|error)",
    ),
    ("source-lost", r"source file is lost|source.{0,80}(?:no such file|not found|404|does not exist|enoent)|lost_?source|no such file"),
    ("source-unreadable", r"source .{0,300}cannot be read|source.{0,200}(?:permission denied|refused|403|error)"),
    ("no-source", r"no_?sources?|source replicas are missing|no sources? (?:found|available)"),
    ("only-tape", r"only_?tape_?sources?"),
    (
        "credential",
        r"certificate|credential|proxy expired|token (?:has )?expired|unauthorized|\b401\b|not authori[sz]ed|permission denied|\b403\b",
    ),
    (
        "unreachable",
        r"timed? ?out|timeout|unreachable|connection (?:refused|reset)|does not answer|serviceunavailable|\b50[234]\b|name or service",
    ),
    ("no-way", r"distance between"),
    ("interrupted", r"was stopped during|interrupted|cancelled|canceled"),
)
COMPILED = tuple((code, re.compile(pattern, re.IGNORECASE | re.DOTALL)) for code, pattern in PATTERNS)
PLACE = re.compile(r"\bat ([A-Za-z0-9][A-Za-z0-9_.-]{1,59})\b")
MAX_ERROR_LENGTH = 4000


def meaning(text: str, known: frozenset[str] | set[str] = frozenset()) -> Meaning:
    """The meaning of an error text; its place only where it is a known storage element."""
    text = text[:MAX_ERROR_LENGTH]
    code = next((code for code, pattern in COMPILED if pattern.search(text)), "other" if text.strip() else "")
    place = next((name for name in PLACE.findall(text) if name in known), "")
    return Meaning(code, place)
