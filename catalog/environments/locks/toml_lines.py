"""Locks in TOML: uv.lock, poetry.lock and pylock.toml.

They are read by lines: a parser of all of TOML takes seconds and gigabytes for some texts of a few kilobytes.
"""

import re
from collections.abc import Iterator

from catalog.environments.locks.markers import can_hold
from catalog.environments.locks.values import Allowance, Entry, Locked, lines_of

LONGEST_LINE = 4_000
HEADER = re.compile(r"^\[\[packages?\]\][ \t]*$", re.MULTILINE)
_FIELD = re.compile(r"(name|version|source|markers?|resolution-markers)[ \t]*=[ \t]*(.*)")
# Each quotation mark ends a text or the line, so that no part of a line is looked at twice.
_TEXT = re.compile(r""""((?:[^"\\]|\\.)*)\\?(?:"|\Z)|'([^']*)(?:'|\Z)""", re.DOTALL)
_IS_PROJECT = re.compile(r"[{,][ \t]*(?:virtual|editable)[ \t]*=")
_MARKERS = ("marker", "markers", "resolution-markers")


def toml_lock(text: str, python: str) -> Iterator[Entry]:
    """`[[package]]` of uv.lock and poetry.lock, `[[packages]]` of pylock.toml."""
    allowance = Allowance()
    for table in _tables(text):
        yield _package(table, python, allowance)


def _tables(text: str) -> Iterator[dict[str, str]]:
    """The fields of each package as they are written; those of tables in it are left out."""
    table: dict[str, str] | None = None
    is_own, unclosed = False, ""
    for whole in lines_of(text):
        line = whole[:LONGEST_LINE]
        if line.startswith("["):
            is_own, unclosed = bool(HEADER.match(line)), ""
            if is_own:
                if table is not None:
                    yield table
                table = {}
        elif is_own and table is not None:
            if match := _FIELD.match(line):
                table.setdefault(match[1], match[2])
                unclosed = match[1] if match[2].strip() == "[" else ""
            elif unclosed and len(table[unclosed]) < LONGEST_LINE:
                table[unclosed] += line
                unclosed = "" if line.startswith("]") else unclosed
    if table is not None:
        yield table


def _package(table: dict[str, str], python: str, allowance: Allowance) -> Entry:
    if _IS_PROJECT.search(table.get("source", "")):
        return None
    for field in _MARKERS:
        allowance.take(table.get(field, ""))
        markers = _texts(table.get(field, ""))
        if markers and not any(can_hold(marker, python) for marker in markers):
            return None
    name, version = _texts(table.get("name", "")), _texts(table.get("version", ""))
    if not name or ("version" in table and not version):
        return " ".join(table.get(field, "") for field in ("name", "version")).strip() or "?"
    return Locked(name[0].strip(), version[0].strip() if version else "", "pip")


def _texts(value: str) -> list[str]:
    """The texts in a value, alone or in an array or a table of texts."""
    return [re.sub(r"\\(.)", r"\1", double) if double else single for double, single in _TEXT.findall(value)]
