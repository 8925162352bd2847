"""What a repository says of itself, offered with its source: each file is read for itself, and one that is broken costs only itself."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from vre_portal.bounded_yaml import BadYaml, load
from vre_portal.repositories.licences import licence_of
from vre_portal.repositories.models import Snapshot
from vre_portal.text import plain, storable

LARGEST = 256 * 1024  # bytes of one file
MAX_KEYWORDS, MAX_SPECIFICATIONS = 30, 20
LENGTHS = {"title": 200, "summary": 300, "description": 50_000, "licence": 100, "website": 500, "repository": 500}
READMES = ("README.md", "README.markdown", "README.rst", "README.txt", "README")
SPDX = re.compile(r"(?:https?://spdx\.org/licenses/)?([A-Za-z0-9.+-]{2,60}?)(?:\.html|\.json)?")
SPECIFICATION = re.compile(r"(?:[^/]+/){0,2}reana[\w.-]*\.ya?ml")
Offer = dict[str, Any]


class Unreadable(Exception):
    """A file that cannot be used; the text says why."""


def describe(snapshot: Snapshot) -> tuple[list[Offer], list[str]]:
    """The offers, those of the better source first, and a sentence for each file that could not be read."""
    names = {file.path.lower(): file for file in snapshot.files()}
    offers: list[Offer] = []
    notes: list[str] = []
    readers: list[tuple[tuple[str, ...], Callable[[str, str], Iterator[Offer]]]] = [
        (("codemeta.json",), _codemeta),
        (("CITATION.cff",), _citation),
        (READMES, _readme),
        (("LICENSE", "LICENSE.txt", "LICENSE.md", "LICENCE", "LICENCE.txt", "LICENCE.md", "COPYING"), _licence),
    ]
    for candidates, reader in readers:
        file = next((names[name.lower()] for name in candidates if name.lower() in names), None)
        if file is None:
            continue
        try:
            if file.size > LARGEST or file.is_pointer:
                raise Unreadable(_("it is larger than %(limit)s kB") % {"limit": LARGEST // 1024})
            offers += reader(snapshot.read(file.path).decode("utf-8", errors="replace"), file.path)
        except (Unreadable, BadYaml) as error:
            notes.append(_("%(file)s was not read: %(reason)s.") % {"file": plain(file.path), "reason": plain(error)[:200]})
        except Exception as error:  # noqa: BLE001 -- whatever a file of others does to its reader costs that file only
            notes.append(_("%(file)s was not read: %(reason)s.") % {"file": plain(file.path), "reason": type(error).__name__})
    specifications = [file.path for file in snapshot.files() if SPECIFICATION.fullmatch(file.path)][:MAX_SPECIFICATIONS]
    if specifications:
        offers.append({"field": "specifications", "value": specifications, "source": specifications[0]})
        steps = {path: count for path in specifications if (count := _step_count(snapshot, path))}
        offers.append({"field": "specification_steps", "value": steps, "source": specifications[0]})
    return offers, notes


def _step_count(snapshot: Snapshot, path: str) -> int:
    """How many steps a serial specification lists; 0 where it lists none, or cannot be read."""
    try:
        facts = load(snapshot.read(path)[: LARGEST + 1].decode("utf-8", errors="replace")).value
        steps = facts["workflow"]["specification"]["steps"]
    except Exception:  # noqa: BLE001 -- whatever a file of others does to its reader costs that number only
        return 0
    return len(steps) if isinstance(steps, list) else 0


def _offer(field: str, value: Any, source: str) -> Iterator[Offer]:
    """An offer, where there is a value that fits the field."""
    if isinstance(value, str):
        text = storable(value).strip()
        value = text if field == "description" else plain(" ".join(text.split()))
        value = _cut(value, LENGTHS.get(field, 200))
    if value and isinstance(value, str | list):
        yield {"field": field, "value": value, "source": source}


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1].rsplit(' ', 1)[0][: limit - 1]}…"


def _web(value: Any) -> str:
    return value if isinstance(value, str) and re.match("https?://", value) else ""


def _keywords(value: Any) -> list[str]:
    words = value.split(",") if isinstance(value, str) else value if isinstance(value, list) else []
    plainly = [plain(" ".join(word.split()))[:60] for word in words if isinstance(word, str) and word.strip()]
    return list(dict.fromkeys(plainly))[:MAX_KEYWORDS]


def _identifier(value: Any) -> str:
    """A licence as its SPDX identifier; empty where it is told in another way."""
    first = value[0] if isinstance(value, list) and value else value
    if isinstance(first, dict):
        first = first.get("url") or first.get("name")
    found = SPDX.fullmatch(first.strip()) if isinstance(first, str) else None
    return found[1] if found else ""


def _codemeta(text: str, source: str) -> Iterator[Offer]:
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(_("it is not valid JSON")) from None
    if not isinstance(facts, dict):
        raise Unreadable(_("it is not a JSON object"))
    yield from _offer("title", facts.get("name"), source)
    yield from _offer("summary", facts.get("description"), source)
    yield from _offer("keywords", _keywords(facts.get("keywords")), source)
    yield from _offer("licence", _identifier(facts.get("license")), source)
    yield from _offer("website", _web(facts.get("url")), source)


def _citation(text: str, source: str) -> Iterator[Offer]:
    facts = load(text).value
    if not isinstance(facts, dict):
        raise Unreadable(_("it is not a citation file"))
    yield from _offer("title", facts.get("title"), source)
    yield from _offer("summary", facts.get("abstract"), source)
    yield from _offer("keywords", _keywords(facts.get("keywords")), source)
    yield from _offer("licence", _identifier(facts.get("license")), source)
    yield from _offer("website", _web(facts.get("url")), source)


def _readme(text: str, source: str) -> Iterator[Offer]:
    """Its first heading, its first paragraph, and the whole as text."""
    lines = storable(text).replace("\r\n", "\n").strip("\n").split("\n")
    underlined = len(lines) > 1 and len(lines[1]) >= 3 and not lines[1].strip("=-~#*^\"'")
    heading = lines[0].lstrip("# ").strip() if lines[0].startswith("#") or underlined else ""
    rest = lines[2 if underlined else 1 :] if heading else lines
    yield from _offer("title", heading, source)
    paragraphs = (part for part in "\n".join(rest).split("\n\n") if re.match(r"\s*[\w*_\"']", part))
    yield from _offer("summary", next(paragraphs, ""), source)
    yield from _offer("description", "\n".join(rest).strip("\n"), source)


def _licence(text: str, source: str) -> Iterator[Offer]:
    yield from _offer("licence", licence_of(text), source)
