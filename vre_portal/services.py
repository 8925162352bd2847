"""The registry of remote services, read from services.toml: several of one kind may stand side by side."""

import os
import re
import tomllib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,59}")


class ServiceKind(StrEnum):
    """What a service speaks."""

    IAM = "iam"
    RUCIO = "rucio"
    REANA = "reana"
    JUPYTERHUB = "jupyterhub"
    ZENODO = "zenodo"
    TAP = "tap"
    GIT = "git"
    WEBHOOK = "webhook"


class Dialect(StrEnum):
    """How a REANA takes the token of a person: the IAM's in the header, or one that it gave out itself in the address (version 0.9)."""

    BEARER = "bearer"
    QUERY = "query"


class UnknownService(LookupError):
    """No service of that kind and name is configured."""


@dataclass(frozen=True)
class Service:
    """One instance of a remote service, as services.toml describes it."""

    kind: ServiceKind
    name: str
    title: str
    url: str  # without a trailing slash, save for an IAM, whose issuer counts to the character
    audience: str = ""
    options: Mapping[str, Any] = field(default_factory=dict, hash=False)

    def __str__(self) -> str:
        return self.title

    @property
    def is_for_people(self) -> bool:
        """Whether it is one that people use; a host that webhooks may name is none."""
        return self.kind is not ServiceKind.WEBHOOK

    @property
    def dialect(self) -> Dialect | None:
        """What the option `dialect` says; None where it says nothing, or something that nobody knows."""
        told = self.options.get("dialect")
        return Dialect(told) if told in tuple(Dialect) else None


def substitute(text: Any, values: Mapping[str, str]) -> Any:
    """Replace ${NAME} in every text by the environment's value; a missing one is a mistake that is named."""
    if isinstance(text, list):
        return [substitute(item, values) for item in text]
    if isinstance(text, dict):
        return {key: substitute(item, values) for key, item in text.items()}
    if not isinstance(text, str):
        return text

    def value(match: re.Match[str]) -> str:
        try:
            return values[match[1]]
        except KeyError:
            raise ValueError(f"services.toml wants ${{{match[1]}}}, which the environment does not have") from None

    return re.sub(r"\$\{(\w+)\}", value, text)


def read(path: Path, values: Mapping[str, str]) -> tuple[Service, ...]:
    """The services that one file lists. Values are put in after parsing, so that none of them can change the file's shape.

    Raises ValueError with every faulty entry and what is wrong with it. None is left out: the first of a kind is the default, and groups
    are told apart by the order of the IAMs, so that a portal without one of its entries would be another portal.
    """
    # Names of groups are compared to the character: an é is one, however the editor of the file spelt it.
    entries = tomllib.loads(unicodedata.normalize("NFC", path.read_text())).get("service", [])
    found: list[Service] = []
    faults: list[str] = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [entries], start=1):
        try:
            made = entered(entry, values)
            if any((made.kind, made.name) == (item.kind, item.name) for item in found):
                raise ValueError(f"there is a {made.kind} called {made.name} already")
            found.append(made)
        except ValueError as error:
            name = entry.get("name") if isinstance(entry, dict) else None
            faults.append(f"entry {number} ({name or 'without a name'}): {error}")
    if faults:
        raise ValueError(f"{path.name} cannot be used: " + "; ".join(faults))
    return tuple(found)


def entered(entry: Any, values: Mapping[str, str]) -> Service:
    """One entry of the file; raises ValueError in words."""
    if not isinstance(entry, dict):
        raise ValueError("it has to be a [[service]] table")
    texts = substitute(entry, values)
    for name in ("kind", "name", "title", "url"):
        if not isinstance(texts.get(name), str) or not texts[name].strip():
            raise ValueError(f"it needs a text as {name}")
    if unknown := texts.keys() - {"kind", "name", "title", "url", "audience", "options"}:
        raise ValueError(f"it has {', '.join(sorted(unknown))}, which belongs into its options or is misspelt")
    if not isinstance(texts.get("options", {}), dict) or not isinstance(texts.get("audience", ""), str):
        raise ValueError("its options have to be a table, and its audience a text")
    kind = ServiceKind(texts.pop("kind"))
    if not NAME.fullmatch(texts["name"]) or (kind is ServiceKind.RUCIO and "." in texts["name"]):
        raise ValueError("its name becomes part of addresses: up to 60 letters, digits, - and _ (and dots, save for a lake)")
    url = texts.pop("url")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"its url {url!r} is no address that begins with http:// or https://")
    return Service(kind=kind, url=url if kind is ServiceKind.IAM else url.rstrip("/"), **texts)


@cache
def _all() -> tuple[Service, ...]:
    return read(Path(settings.SERVICES_FILE), os.environ)  # noqa: TID251 -- the file names its own variables


def services(kind: ServiceKind | None = None) -> tuple[Service, ...]:
    """The configured services, all or of one kind, in the file's order."""
    return tuple(item for item in _all() if kind is None or item.kind == kind)


def service(kind: ServiceKind, name: str | None = None) -> Service:
    """One service by name, or the first of its kind; raises UnknownService."""
    for item in services(kind):
        if name is None or item.name == name:
            return item
    if name is None:
        raise UnknownService(_("No %(kind)s service is configured.") % {"kind": kind})
    raise UnknownService(_("No %(kind)s service is called “%(name)s”.") % {"kind": kind, "name": name})
