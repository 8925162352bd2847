"""Lists of packages that somebody wrote to do harm, or that a faulty tool wrote: they cost little, and are refused with words."""

import json
import random
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from catalog.environments.locks import BadLock, read
from catalog.environments.locks.values import MAX_ENTRIES

BEGINNINGS = {
    "requirements": "a==1 ", "markers": "a==1 ; ", "explicit": "@EXPLICIT\n/a/", "conda-lock": "package:\n- name: a\n  version: ",
    "toml": '[[package]]\nname = "', "toml array": '[[package]]\nresolution-markers = [\n', "yaml": "dependencies:\n- a", "json": '{"components": [',
}  # fmt: skip
PIECES = (
    " ", "\n", "\t", "a", "-", "- ", "- name: a\n", "package:\n", "package:\n\n", "dependencies: ", "@EXPLICIT ", "[[package]]", "[", '"', '\\"', "\\",
    "'", "=", "==1", "=\n", ":", "::", "a::", "/a/", "/a/a-", "a-a.", ".conda", "#", " #", " --hash=", " --hash=a\n", "pkg:", "1.", "3.1", " name:",
)  # fmt: skip
LENGTH, SECONDS = 60_000, 2


def seconds_of(text: str) -> float:
    """How long reading works on it; whether it is a list does not matter."""
    before = time.process_time()
    with suppress(BadLock):
        read(text)
    return time.process_time() - before


@pytest.mark.parametrize("begin", ["", *BEGINNINGS.values()], ids=["nothing", *BEGINNINGS])
def test_repeated_pieces_are_read_fast(begin: str) -> None:
    for piece in PIECES:
        assert seconds_of(f"{begin}{piece * (LENGTH // len(piece))}\x01") < SECONDS, piece


HUGE = {
    "dotted keys of TOML": "[[package]]\nname = 'a'\n" + "a." * 50_000 + "a = 1\n",
    "dotted tables of TOML": "[[package]]\nname = 'a'\n[" + "a." * 50_000 + "a]\n",
    "quotation marks": ('[[package]]\nname = "' + '\\"' * 1_900 + "\n") * 500,
    "values with spaces": "package:\n" + ("- name: a" + " " * 3_900 + "b\n") * 500,
    "keys of conda-lock": "package:\n" * 100_000,
    "specifiers": ("a==1" + ",==1" * 900 + "\n") * 2_000,
    "markers": "".join(f"p{n} ; python_version < '3.{n}' and os_name == 'x{n}'\n" for n in range(100_000)),
    "markers in TOML": "".join(f'[[package]]\nname = "a"\nmarker = "os_name == \'{n}\'"\n' for n in range(100_000)),
    "open brackets": ("a; " + "(" * 3_000 + "\n") * 2_000,
}


@pytest.mark.parametrize("text", HUGE.values(), ids=HUGE)
def test_large_lists_cost_little(text: str) -> None:
    assert seconds_of(text) < 10


ENDLESS = {
    "requirements of other systems": "a==1 ; os_name == 'nt'\n",
    "comments": "# why\n",
    "unread": "?\n",
    "tables": "[[package]]\nname = 'a'\n",
    "projects": "[[package]]\nsource = { virtual = '.' }\n",
}


@pytest.mark.parametrize("line", ENDLESS.values(), ids=ENDLESS)
def test_entries_are_bounded_whatever_they_are(line: str) -> None:
    with pytest.raises(BadLock, match=r"more than 40,000 entries|are too long"):
        read(line * (MAX_ENTRIES + 1))


def test_records_components_and_lines_are_bounded() -> None:
    with pytest.raises(BadLock, match="more than 40,000 entries"):
        read("package:\n" + "- name: a\n  platform: win-64\n" * (MAX_ENTRIES + 1))
    inner = {"components": [{"name": "a"}] * (MAX_ENTRIES - 1)}
    with pytest.raises(BadLock, match="more than 40,000 entries"):
        read(json.dumps({"components": [inner, inner]}))
    with pytest.raises(BadLock, match="more than 500,000 lines"):
        read("[[package]]\nname = 'a'\n" + "b\n" * 500_000)


CHOSEN = random.Random(7)  # noqa: S311 -- the same each time
KEYS = (
    "components", "bomFormat", "name", "version", "purl", "spdxVersion", "documentDescribes", "relationships", "relationshipType", "packages",
    "externalRefs", "referenceType", "referenceLocator", "versionInfo", "SPDXID", "installed", "metadata", "channel", "build_string",
)  # fmt: skip
VALUES = (
    None, True, 0, -1.5, 10**400, "", "a", "CycloneDX", "SPDX-2.3", "DESCRIBES", "purl", "pkg:pypi/a@1", "NOASSERTION", "\0", "\ud800", "\u202e", [], {},
)  # fmt: skip


def any_value(depth: int) -> Any:
    kind = CHOSEN.randrange(4) if depth else 0
    if kind == 1:
        return [any_value(depth - 1) for _ in range(CHOSEN.randrange(4))]
    if kind > 1:
        return {CHOSEN.choice(KEYS): any_value(depth - 1) for _ in range(CHOSEN.randrange(8))}
    return CHOSEN.choice(VALUES)


def any_lines(pieces: tuple[str, ...]) -> str:
    return "".join(CHOSEN.choice(pieces) for _ in range(CHOSEN.randrange(1, 30)))


TEXTS: dict[str, Callable[[], str]] = {
    "json": lambda: json.dumps([any_value(4), {CHOSEN.choice(KEYS): any_value(4) for _ in range(4)}][CHOSEN.randrange(2)]),
    "spdx": lambda: json.dumps({"spdxVersion": "x", CHOSEN.choice(KEYS): any_value(2), "packages": [any_value(3) for _ in range(3)]}),
    "toml": lambda: any_lines(("[[package]]\n", "[a]\n", "name", " = ", "version", "source", "markers", "[\n", "]", '"', "'", "\\", "a", "1", "\n", "{")),
    "yaml": lambda: "dependencies:\n" + any_lines(("- ", "a", "=1", "pip", ":", "\n", "  ", "!!bool ", "!!int ", "[", "]", "&a ", "*a", "{", "}", "? ")),
    "conda-lock": lambda: "package:\n" + any_lines(("- ", "name: ", "a", "version: ", "1", "\n", "  ", "manager: ", "platform: ", "linux-64", "'", "\ud800")),
    "explicit": lambda: "@EXPLICIT\n" + any_lines(("# pip ", "a", " @ ", "https://x", "/", "linux-64", "-1", "-0", ".conda", "#", "\n", "\0", "\\")),
    "requirements": lambda: any_lines(("a", "==", "1", " ; ", "os_name", "python_version", "platform_machine", "extra", " < ", " in ", "'x'", "'1'", "\n", "(", ")", " @ ", "[b]", ",")),
}  # fmt: skip


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_a_list_is_read_or_refused_whatever_it_holds(text: Callable[[], str]) -> None:
    for _ in range(500):
        written = text()
        try:
            found = read(written)
        except BadLock:
            continue
        shown = "".join((*found.unread_first, *(item.name + item.version + item.source for item in found.packages)))
        assert shown.isprintable(), ascii(written)


@pytest.mark.parametrize(
    "value",
    [
        {"spdxVersion": "x", "documentDescribes": 3}, {"spdxVersion": "x", "packages": {"a": 1}}, {"components": [{"components": 3, "purl": []}]},
        {"spdxVersion": "x", "relationships": [3, {"relationshipType": []}], "packages": [{"SPDXID": [], "externalRefs": [[3]]}]},
        [{"name": {"a": ["b"]}, "channel": []}], {"installed": [{"metadata": []}, 3]},
    ],
    ids=range(6),
)  # fmt: skip
def test_values_of_other_kinds_are_no_packages(value: Any) -> None:
    with pytest.raises(BadLock):
        read(json.dumps(value))
