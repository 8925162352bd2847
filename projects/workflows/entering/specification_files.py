"""Which files of a place are specifications, and the text of one."""

import re

from django.utils.translation import gettext as _

from projects.workflows import reana_yaml
from projects.workflows.entering import limits
from projects.workflows.entering.places import Place
from vre_portal import bounded_yaml
from vre_portal.jobs.fates import Refused
from vre_portal.text import plain

SPECIFICATION = re.compile(r"(?:[^/]+/)*(?:[\w.-]*[_.-])?reana[\w.-]*\.ya?ml", re.IGNORECASE)

FURTHER = re.compile(r"(?:[^/]+/)*[^/]+\.ya?ml", re.IGNORECASE)

FOREIGN = re.compile(r"(?:[^/]+/)*\.(?:git(?:hub|lab|ea)?|forgejo|circleci)/")  # what a forge does with the repository

MAX_TITLE_BYTES = bounded_yaml.MAX_CHARACTERS


def specifications(place: Place) -> list[str]:
    """The paths that look like specifications, those near the root first; other YAML files only where there are none."""
    paths = sorted((path for path in place.sizes if FURTHER.fullmatch(path) and not FOREIGN.match(path)), key=_nearness)
    named = [path for path in paths if SPECIFICATION.fullmatch(path)]
    found = named or [path for path in paths[:200] if _is_one(place, path)]
    return found[: limits.MAX_SPECIFICATIONS]


def _nearness(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _is_one(place: Place, path: str) -> bool:
    """Whether a YAML file has a workflow of an engine that REANA knows."""
    return place.sizes[path] <= MAX_TITLE_BYTES and bool(reana_yaml.read(place.read(path).decode(errors="replace")).engine)


def choice(place: Place, path: str) -> list[str]:
    """Path, engine and a number of steps, to choose by."""
    if place.sizes[path] > MAX_TITLE_BYTES:
        return [path, "", ""]
    checked = reana_yaml.read(place.read(path).decode(errors="replace"))
    return [path, checked.engine, str(len(checked.steps) or "")]


def text_of(place: Place, path: str) -> str:
    """The text of a reana.yaml. Raises Refused where it is none."""
    if path not in place.sizes:
        raise Refused(_("There is no file %(file)s.") % {"file": plain(path)[:200]})
    body = place.read(path)
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused(_("%(file)s is not a text file in UTF-8.") % {"file": plain(path)[:200]}) from None
    if "\0" in text:
        raise Refused(_("%(file)s contains a NUL character.") % {"file": plain(path)[:200]})
    return text
