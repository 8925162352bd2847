"""Lists that are read as a whole: SPDX and CycloneDX in JSON, conda's and pip's lists in JSON, environment.yml."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from catalog.environments.locks.lines import requirements
from catalog.environments.locks.values import MAX_ENTRIES, BadLock, Entry, Lock, Locked, collected, too_many_entries
from vre_portal.bounded_yaml import BadYaml, load

_PURL = re.compile(r"pkg:([a-z0-9.+-]{1,20})/")
_CONDA = re.compile(r"(?:[^:\s]+::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(?P<rest>[=<>!~].*)?$")
_CONDA_EXACT = re.compile(r"==?\s*([^\s=<>!~,*|]+)(?:=\S+)?\s*")


def json_list(text: str) -> Lock:
    """The format is told by the keys that it has to have."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise BadLock(_("The file is not valid JSON.")) from None
    if isinstance(content, list):
        return collected("json", map(_listed, _items(content)))
    if not isinstance(content, dict):
        raise BadLock(_("The file is not a list of packages."))
    if content.get("bomFormat") == "CycloneDX" or "components" in content:
        return collected("CycloneDX", map(_component, _components(content)))
    if "spdxVersion" in content:
        described = _described(content)
        return collected("SPDX", (None if _is_image(item, described) else _spdx(item) for item in _items(content.get("packages"))))
    if isinstance(content.get("installed"), list):
        return collected("pip inspect", (_listed(_part(item, "metadata")) for item in _items(content["installed"])))
    raise BadLock(_("The file is JSON, but not a CycloneDX, SPDX, conda or pip list."))


def _items(value: Any) -> list[Any]:
    """The items of a list; of everything else there are none."""
    found = value if isinstance(value, list) else []
    if len(found) > MAX_ENTRIES:
        raise BadLock(too_many_entries())
    return found


def _part(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else None


def _entry(name: Any, version: Any, source: str) -> Entry:
    """A package, or what cannot be read of it."""
    if isinstance(name, str) and name.strip() and isinstance(version, str | None):
        return Locked(name.strip(), (version or "").strip(), source)
    return name if isinstance(name, str) and name.strip() else "?"


def _listed(item: Any) -> Entry:
    """Of `conda list --json` and `pip list --format json`."""
    channel = _part(item, "channel")
    source = "pip" if channel == "pypi" or (channel is None and not _part(item, "build_string")) else "conda"
    return _entry(_part(item, "name"), _part(item, "version"), source)


def _components(content: Any) -> Iterator[Any]:
    """The components, each followed by those in it."""
    waiting = _items(_part(content, "components"))[::-1]
    while waiting:
        item = waiting.pop()
        yield item
        waiting += _items(_part(item, "components"))[::-1]


def _component(item: Any) -> Entry:
    return _entry(_part(item, "name"), _part(item, "version"), _kind(_part(item, "purl")))


def _described(content: dict[str, Any]) -> set[str]:
    """What an SPDX document says it is about, in one of its two ways."""
    named, relations = content.get("documentDescribes"), content.get("relationships")
    found = list(named) if isinstance(named, list) else []
    for relation in relations if isinstance(relations, list) else ():
        if _part(relation, "relationshipType") == "DESCRIBES" and _part(relation, "spdxElementId") == "SPDXRef-DOCUMENT":
            found.append(_part(relation, "relatedSpdxElement"))
        elif _part(relation, "relationshipType") == "DESCRIBED_BY" and _part(relation, "relatedSpdxElement") == "SPDXRef-DOCUMENT":
            found.append(_part(relation, "spdxElementId"))
    return {item for item in found if isinstance(item, str)}


def _is_image(item: Any, described: set[str]) -> bool:
    """Whether it is the image itself, which the document is about."""
    key = _part(item, "SPDXID")
    return (isinstance(key, str) and key in described) or _part(item, "primaryPackagePurpose") == "CONTAINER"


def _spdx(item: Any) -> Entry:
    references = _part(item, "externalRefs")
    purls = (
        [_part(one, "referenceLocator") for one in references if _part(one, "referenceType") == "purl"]
        if isinstance(references, list)
        else []
    )
    version = _part(item, "versionInfo")
    return _entry(_part(item, "name"), None if version == "NOASSERTION" else version, _kind(purls[0] if purls else None))


def _kind(purl: Any) -> str:
    """The kind in a package URL: pip for PyPI, else its own word."""
    match = _PURL.match(purl) if isinstance(purl, str) else None
    return {"pypi": "pip"}.get(match[1], match[1]) if match else ""


def environment_yml(text: str, python: str) -> Iterator[Entry]:
    """The dependencies of conda's environment.yml, with those of pip in it."""
    try:
        content = load(text).value
    except BadYaml as error:
        raise BadLock(_("The file cannot be read as YAML: %(problem)s.") % {"problem": error}) from None
    for item in _items(_part(content, "dependencies")):
        if isinstance(item, dict):
            for line in _items(item.get("pip")):
                yield from requirements(line, python) if isinstance(line, str) else ["?"]
            continue
        match = _CONDA.fullmatch(item.strip()) if isinstance(item, str) else None
        yield Locked(match["name"], _conda_version(match["rest"] or ""), "conda") if match else item if isinstance(item, str) else "?"


def _conda_version(rest: str) -> str:
    """The version of `=1.2=build` and `==1.2`; empty for a range, and for `=1.*`."""
    match = _CONDA_EXACT.fullmatch(rest)
    return match[1] if match else ""
