"""Environments that services.toml names: they come and change with it, and are marked as old when they are no longer there.

A REANA's or a JupyterHub's `environments` are tables with at least `image`; the same `name` at both is one environment. A plain list
`images` of a REANA names images without more.
"""

import hashlib
import json
import logging
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import connection, transaction
from django.utils.translation import gettext as _

from catalog.environments import lists, storing
from catalog.environments.configured_names import slug_of, title_of
from catalog.environments.locks import MAX_BYTES, BadLock
from catalog.environments.models import Environment, PackageList
from catalog.environments.storing import EnvironmentValues
from vre_portal.container_images.names import LONGEST, names_gpu
from vre_portal.environment_tests import MAX_MODULES, MODULE
from vre_portal.services import Service, ServiceKind, services

logger = logging.getLogger(__name__)
LOCK = 7_300_911  # of the database, for one collection at a time
PROBLEMS, PROBLEMS_SECONDS = "environments-configured-problems", 3 * 3600  # in the cache; each hour's collection notes them anew
# What a row's mark says once its entry is gone; the first where that made it old, the second where people had already taken it out of use.
GONE, GONE_UNCHANGED = "gone", "gone-unchanged"
SUBJECTS = {ServiceKind.REANA: "for_workflows", ServiceKind.JUPYTERHUB: "for_notebooks"}
TEXTS = {"title": 120, "summary": 300, "contact": 200, "session_kind": 60, "python": 20}
LISTS = {"languages": 40, "imports": 100}
MARKS = ("has_gpu", "has_cvmfs")


class BadEntry(ValueError):
    """An entry of services.toml is no environment; the message says why."""


def entries() -> Iterator[tuple[Service, Any]]:
    """Each environment that a service names, as it stands in the file."""
    for kind in SUBJECTS:
        for service in services(kind):
            for option in ("environments", "images"):
                named = service.options.get(option)
                for entry in named if isinstance(named, list | tuple) else ():
                    yield service, entry


def values_of(service: Service, entry: Any) -> tuple[str, EnvironmentValues]:
    """The name in addresses and the facts of an entry. Raises BadEntry."""
    if isinstance(entry, str):
        entry = {"image": entry}
    if not isinstance(entry, Mapping) or not isinstance(image := entry.get("image"), str) or not 0 < len(image) <= LONGEST:
        raise BadEntry("an environment needs an image")
    if unknown := entry.keys() - {"name", "image", "packages", *TEXTS, *LISTS, *MARKS}:
        raise BadEntry(f"unknown: {', '.join(sorted(map(str, unknown)))}")
    facts: dict[str, Any] = {"name": title_of(image)}
    facts |= {"name" if key == "title" else key: _text(entry, key, most) for key, most in TEXTS.items() if key in entry}
    facts |= {key: _texts(entry, key, most) for key, most in LISTS.items() if key in entry}
    facts |= {key: entry[key] for key in MARKS if isinstance(entry.get(key), bool)}
    if names_gpu(image):
        facts.setdefault("has_gpu", True)
    if "packages" in entry:
        facts["packages"] = _packages(entry["packages"], facts.get("python", ""))
    slug = slug_of(entry)
    if not slug or slug in storing.RESERVED_SLUGS:
        raise BadEntry(f"{image} needs another name: of letters and digits of ASCII, and not “new”")
    facts[SUBJECTS[service.kind]] = True
    return slug, EnvironmentValues(image=image, **facts)


def _text(entry: Mapping[str, Any], key: str, most: int) -> str:
    value = entry[key]
    if not isinstance(value, str) or len(value) > most:
        raise BadEntry(f"{key} has to be a text of at most {most} characters")
    return value


def _texts(entry: Mapping[str, Any], key: str, most: int) -> list[str]:
    found = entry[key]
    if not isinstance(found, list) or len(found) > MAX_MODULES or not all(isinstance(item, str) and len(item) <= most for item in found):
        raise BadEntry(f"{key} has to be a list of at most {MAX_MODULES} texts")
    if key == "imports" and (bad := [name for name in found if not MODULE.fullmatch(name)]):
        raise BadEntry(f"{bad[0]} is no name of a module")
    return list(found)


def _packages(path: Any, python: str) -> PackageList:
    """The list in a file, whose path begins at the folder of services.toml."""
    try:
        file = Path(settings.SERVICES_FILE).parent / str(path)
        if file.stat().st_size > MAX_BYTES:
            raise BadEntry(f"{path} is too large")
        return lists.store(file.read_text(), python)
    except (OSError, ValueError) as error:  # ValueError: no UTF-8, or BadLock
        raise BadEntry(f"{path} cannot be read: {error}") from None


def collect() -> None:
    """Add, change and mark what services.toml names and no longer names; a faulty entry costs only itself."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])  # untranslated: SQL
        problems = list(_collected())
    for problem in problems:
        logger.error("services.toml: %s", problem)
    cache.set(PROBLEMS, problems, PROBLEMS_SECONDS)


def known_problems() -> list[str]:
    """Why entries were not taken over when services.toml was last read, for administrators."""
    return list(cache.get(PROBLEMS) or ())


def _collected() -> Iterator[str]:
    """Take everything over that can be, and say what cannot."""
    wanted: dict[str, EnvironmentValues] = {}
    faulty: set[str] = set()  # slugs, as far as they can be read
    divided: set[str] = set()  # slugs of several images
    for service, entry in entries():
        try:
            with transaction.atomic():
                slug, values = values_of(service, entry)
        except Exception as error:  # noqa: BLE001 -- whatever is wrong with one, the others are taken over
            faulty.add(slug_of(entry))
            yield f"an environment of {service.name} cannot be used: {_words(error)}"
            continue
        before = wanted.setdefault(slug, values)
        if before.image != values.image:
            divided.add(slug)
            yield f"{values.image} of {service.name} is not offered: {slug} is already the name of {before.image}. Give it another name."
            continue
        marks = {name: getattr(before, name) or getattr(values, name) for name in ("for_notebooks", "for_workflows", "session_kind")}
        wanted[slug] = replace(before, **marks)
    for slug, values in wanted.items():
        try:
            with transaction.atomic():
                _take_over(slug, values, is_whole=slug not in faulty | divided)
        except storing.ChangedMeanwhile:
            logger.info("%s is being edited; it is looked at again later", slug)
        except Exception as error:  # noqa: BLE001 -- as above
            yield f"{slug} cannot be taken over: {_words(error)}"
    if not faulty:  # an entry that cannot be read is not one that is gone
        yield from _mark_missing(wanted)


def _words(error: Exception) -> str:
    """What an administrator is told; what nobody foresaw goes to the log as a whole."""
    if isinstance(error, BadEntry | BadLock):
        return str(error)
    logger.error("an environment of services.toml", exc_info=error)
    return f"{type(error).__name__}. The log has more."


def _take_over(slug: str, values: EnvironmentValues, *, is_whole: bool) -> None:
    """As the file has it now, unless it was taken over so before: what people changed since stays until the file changes. One of whose
    entries another is faulty is left as it is, once it is there: it would lose what that one says. Raises BadEntry for people's own."""
    mark = _mark(values)
    row = Environment.objects.select_related("current").filter(slug=slug).first()
    if row is None:
        storing.create(by=None, values=values, slug=slug, configured=mark)
    elif not row.configured:
        raise BadEntry("people have added an environment of that name. Give the entry another one.")
    elif is_whole and row.configured != mark:
        kept = replace(
            values, owner=row.owner, contact=values.contact or row.contact, note=_("Changed in the configuration of this portal.")
        )
        if row.configured != GONE or row.status == Environment.Status.WITHDRAWN:  # else it was marked as gone, and is there again
            kept = replace(kept, status=row.status, status_words=row.status_words)
        storing.change(by=None, environment=row, seen=row.current.number if row.current else 0, values=kept, configured=mark)


def _mark(values: EnvironmentValues) -> str:
    """What tells this state of an entry from another."""
    facts = {
        item.name: getattr(values, item.name) for item in fields(values) if item.name not in ("packages", "owner", "note", "is_list_new")
    }
    facts["packages"] = values.packages.sha256 if values.packages else ""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()


def _mark_missing(wanted: Mapping[str, EnvironmentValues]) -> Iterator[str]:
    """Those that came from services.toml and are gone there are old from now on; the row says it once. What cannot be marked is said."""
    rows = Environment.objects.exclude(configured__in=("", GONE, GONE_UNCHANGED)).exclude(slug__in=wanted)
    for row in rows.select_related("current"):
        try:
            with transaction.atomic():
                _mark_gone(row)
        except storing.ChangedMeanwhile:
            logger.info("%s is being edited; it is looked at again later", row.slug)
        except Exception as error:  # noqa: BLE001 -- as above
            yield f"{row.slug} cannot be marked as old: {_words(error)}"


def _mark_gone(row: Environment) -> None:
    if row.is_offered:
        words = _("It is no longer in the configuration of this portal.")
        values = replace(EnvironmentValues.of(row), status=Environment.Status.OLD, status_words=words, note=words)
        storing.change(by=None, environment=row, seen=row.current.number if row.current else 0, values=values)
    Environment.objects.filter(pk=row.pk).update(configured=GONE if row.is_offered else GONE_UNCHANGED)
