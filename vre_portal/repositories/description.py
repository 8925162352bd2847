"""What a repository says of itself, offered with its source: each file is read for itself, and one that is broken costs only itself."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from vre_portal.bounded_yaml import BadYaml, load
from vre_portal.repositories import readme
from vre_portal.repositories.licences import GNU, licence_of
from vre_portal.repositories.models import Snapshot
from vre_portal.secret_addresses import holds_secret
from vre_portal.text import plain, storable
from vre_portal.text_encoding import decode_text
from vre_portal.vocabularies import spdx

LARGEST = 256 * 1024  # bytes of one file
MAX_KEYWORDS, MAX_SPECIFICATIONS = 30, 20
MAX_WORDS = 1_000  # that are looked at for keywords
LENGTHS = {"title": 200, "summary": 300, "description": 50_000, "licence": 100, "contact": 200, "website": 500, "repository": 500}
READMES = ("README.md", "README.markdown", "README.rst", "README.txt", "README")
LICENCES = tuple(f"{name}{suffix}" for name in ("LICENSE", "LICENCE", "COPYING") for suffix in ("", ".txt", ".md", ".rst"))
LICENCE_ADDRESS = re.compile(
    r"https?://(?:(?:www\.)?spdx\.org/licenses|(?:www\.)?opensource\.org/licenses?)/(.+?)(?:\.html|\.json)?/?", re.I
)
EMAIL = re.compile(r"[^\s@<>]{1,100}@[^\s@<>]{1,100}\.[^\s@<>.]{2,30}")
SPECIFICATION = re.compile(r"(?:[^/]+/){0,2}reana[\w.-]*\.ya?ml")
Offer = dict[str, Any]


class Unreadable(Exception):
    """A file that cannot be used; the text says why."""


class Undecided(Exception):
    """A file that leaves a choice; the text is a sentence about it."""


def describe(snapshot: Snapshot) -> tuple[list[Offer], list[str]]:
    """The offers, those of the better source first, and a sentence for each file that could not be read."""
    names = {file.path.lower(): file for file in snapshot.files()}
    offers: list[Offer] = []
    notes: list[str] = []
    readers: list[tuple[tuple[str, ...], Callable[[str, str], Iterator[Offer]]]] = [
        (("codemeta.json",), _codemeta),
        (("CITATION.cff",), _citation),
        (READMES, _readme),
        (LICENCES, _licence),
    ]
    for candidates, reader in readers:
        file = next((names[name.lower()] for name in candidates if name.lower() in names), None)
        if file is None:
            continue
        try:
            if file.size > LARGEST or file.is_pointer:
                raise Unreadable(_("it is larger than %(limit)s kB") % {"limit": LARGEST // 1024})
            offers += reader(decode_text(snapshot.read(file.path)).text.replace("\r\n", "\n"), file.path)
        except Undecided as remark:
            notes += [] if any(offer["field"] == "licence" for offer in offers) else [str(remark)]
        except (Unreadable, BadYaml) as error:
            notes.append(_("%(file)s was not read: %(reason)s.") % {"file": plain(file.path), "reason": plain(error)[:200]})
        except Exception as error:  # noqa: BLE001 -- whatever a file of others does to its reader costs that file only
            notes.append(_("%(file)s was not read: %(reason)s.") % {"file": plain(file.path), "reason": type(error).__name__})
    if name := snapshot.address.rstrip("/").rpartition("/")[2].removesuffix(".git"):
        offers += _offer("title", name, snapshot.address)
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


def _plain_value(value: Any) -> Any:
    """What JSON-LD wraps: the first of several values, the text of a value with a language, the address of a thing."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        value = next((value[name] for name in ("@value", "@id", "id", "url", "name") if isinstance(value.get(name), str)), "")
    return value


def _web(value: Any) -> str:
    value = _plain_value(value)
    address = value.strip() if isinstance(value, str) else ""
    return address if re.match("https?://", address, re.I) and not holds_secret(address) else ""


def _keywords(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    words: list[str] = []
    for item in items[:MAX_WORDS]:
        word = _plain_value({**item, "@id": None, "url": None} if isinstance(item, dict) else item)
        words += re.split("[,;]", word) if isinstance(word, str) else []
    plainly = [plain(" ".join(word.split()))[:60] for word in words[:MAX_WORDS] if word.strip()]
    return list(dict.fromkeys(plainly))[:MAX_KEYWORDS]


def _expression(value: Any) -> str:
    """A licence as SPDX writes it; several of which any may be chosen as one expression; empty where one is told in another way."""
    if isinstance(value, list) and len(value) > spdx.MAX_LENGTH:
        return ""  # the expression would be longer than any that is read
    items = [_plain_value(item) for item in (value if isinstance(value, list) else [value])]
    texts = [item.strip() for item in items if isinstance(item, str)]
    known = [spdx.canonical(match[1] if (match := LICENCE_ADDRESS.fullmatch(text)) else text) for text in texts]
    return spdx.canonical(" OR ".join(known)) if known and all(known) else ""


def _contact(value: Any) -> str:
    """A name with an address of e-mail, as the file gives it for questions; empty where it gives no address."""
    first = value[0] if isinstance(value, list) and value else value
    if not isinstance(first, dict) or not isinstance(first.get("email"), str):
        return ""
    address = first["email"].strip().removeprefix("mailto:")
    parts = [first.get(name) for name in ("given-names", "givenName", "name-particle", "family-names", "familyName")]
    name = first.get("name") if isinstance(first.get("name"), str) else " ".join(part for part in parts if isinstance(part, str))
    if not EMAIL.fullmatch(address):
        return ""
    return f"{name} <{address}>" if name else address


def _codemeta(text: str, source: str) -> Iterator[Offer]:
    try:
        facts = json.loads(text)
    except (ValueError, RecursionError):
        raise Unreadable(_("it is not valid JSON")) from None
    if isinstance(facts, dict) and isinstance(facts.get("@graph"), list):
        described = [item for item in facts["@graph"] if isinstance(item, dict) and {"name", "description"} & item.keys()]
        facts = next((item for item in described if "Software" in str(item.get("@type", item.get("type")))), facts)
    if not isinstance(facts, dict):
        raise Unreadable(_("it is not a JSON object"))
    yield from _offer("title", _plain_value(facts.get("name")), source)
    yield from _offer("summary", _plain_value(facts.get("description")), source)
    yield from _offer("keywords", _keywords(facts.get("keywords")), source)
    yield from _offer("licence", _expression(facts.get("license")), source)
    yield from _offer("website", _web(facts.get("url")), source)
    yield from _offer("contact", _contact(facts.get("maintainer")), source)


def _citation(text: str, source: str) -> Iterator[Offer]:
    facts = load(text).value
    if not isinstance(facts, dict):
        raise Unreadable(_("it is not a citation file"))
    yield from _offer("title", facts.get("title"), source)
    yield from _offer("summary", facts.get("abstract"), source)
    yield from _offer("keywords", _keywords(facts.get("keywords")), source)
    yield from _offer("licence", _expression(facts.get("license")), source)
    yield from _offer("website", _web(facts.get("url")), source)
    yield from _offer("contact", _contact(facts.get("contact")), source)


def _readme(text: str, source: str) -> Iterator[Offer]:
    """Its title, its first paragraph, and the whole as Markdown."""
    said = readme.read(storable(text), is_restructured=source.lower().endswith(".rst"))
    yield from _offer("title", said.title, source)
    yield from _offer("summary", said.summary, source)
    yield from _offer("description", said.description, source)


def _licence(text: str, source: str) -> Iterator[Offer]:
    licence = licence_of(text)
    if licence in GNU:
        message = _(
            "%(file)s is the licence %(licence)s, which does not say whether later versions may be used."
            " Choose %(licence)s-only or %(licence)s-or-later."
        )
        raise Undecided(message % {"file": plain(source), "licence": licence})
    yield from _offer("licence", licence, source)
