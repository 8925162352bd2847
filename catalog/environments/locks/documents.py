"""Lists that are read as a whole: SPDX and CycloneDX in JSON, conda's and pip's lists in JSON, lock files in TOML, environment.yml."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from catalog.environments.locks.lines import requirements
from catalog.environments.locks.values import MAX_PACKAGES, BadLock, Lock, Locked, collected, too_many
from vre_portal.bounded_yaml import BadYaml, load

_PURL = re.compile(r"pkg:([a-z0-9.+-]{1,20})/")
_CONDA = re.compile(r"(?:[^:\s]+::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9_.-]*)\s*(?P<rest>[=<>!~].*)?$")


def json_list(text: str) -> Lock:
    """The format is told by the keys that it has to have."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError):
        raise BadLock(_("The file is not valid JSON.")) from None
    if isinstance(content, list):
        return collected("json", map(_listed, _bounded(content)))
    if not isinstance(content, dict):
        raise BadLock(_("The file is not a list of packages."))
    if content.get("bomFormat") == "CycloneDX" or "components" in content:
        return collected("CycloneDX", map(_component, _bounded(content.get("components"))))
    if "spdxVersion" in content:
        described = {item for item in content.get("documentDescribes") or () if isinstance(item, str)}
        return collected("SPDX", (_spdx(item) for item in _bounded(content.get("packages")) if not _is_described(item, described)))
    if isinstance(content.get("installed"), list):
        return collected("pip inspect", (_listed(_part(item, "metadata")) for item in _bounded(content["installed"])))
    raise BadLock(_("The file is JSON, but not a CycloneDX, SPDX, conda or pip list."))


def _bounded(value: Any) -> list[Any]:
    found = value if isinstance(value, list) else []
    if len(found) > 4 * MAX_PACKAGES:
        raise BadLock(too_many())
    return found


def _part(item: Any, name: str) -> Any:
    return item.get(name) if isinstance(item, dict) else None


def _entry(item: Any, name: Any, version: Any, source: str) -> Locked | str:
    """A package, or what cannot be read of it."""
    if isinstance(name, str) and name.strip() and isinstance(version, str | None):
        return Locked(name.strip(), (version or "").strip(), source)
    return str(name if isinstance(name, str) else item)[:200]


def _listed(item: Any) -> Locked | str:
    """Of `conda list --json` and `pip list --format json`."""
    channel = _part(item, "channel")
    source = "pip" if channel == "pypi" or (channel is None and not _part(item, "build_string")) else "conda"
    return _entry(item, _part(item, "name"), _part(item, "version"), source)


def _component(item: Any) -> Locked | str:
    return _entry(item, _part(item, "name"), _part(item, "version"), _kind(_part(item, "purl")))


def _spdx(item: Any) -> Locked | str:
    references = _part(item, "externalRefs")
    purls = (
        [_part(one, "referenceLocator") for one in references if _part(one, "referenceType") == "purl"]
        if isinstance(references, list)
        else []
    )
    version = _part(item, "versionInfo")
    return _entry(item, _part(item, "name"), None if version == "NOASSERTION" else version, _kind(purls[0] if purls else None))


def _is_described(item: Any, described: set[str]) -> bool:
    """Whether it is the image itself, which the document describes."""
    key = _part(item, "SPDXID")
    return isinstance(key, str) and key in described


def _kind(purl: Any) -> str:
    """The kind in a package URL: pip for PyPI, else its own word."""
    match = _PURL.match(purl) if isinstance(purl, str) else None
    return {"pypi": "pip"}.get(match[1], match[1]) if match else ""


def toml_lock(text: str) -> Iterator[Locked | str]:
    """`[[package]]` of uv.lock, poetry.lock and pylock.toml."""
    try:
        content = tomllib.loads(text)
    except (ValueError, RecursionError):
        raise BadLock(_("The file is not valid TOML.")) from None
    for item in _bounded(content.get("package") or content.get("packages")):
        if not (isinstance(source := _part(item, "source"), dict) and {"virtual", "editable"} & source.keys()):
            yield _entry(item, _part(item, "name"), _part(item, "version"), "pip")


def environment_yml(text: str) -> Iterator[Locked | str]:
    """The dependencies of conda's environment.yml, with those of pip in it."""
    try:
        content = load(text).value
    except BadYaml as error:
        raise BadLock(_("The file cannot be read as YAML: %(problem)s.") % {"problem": error}) from None
    for item in _bounded(_part(content, "dependencies")):
        if isinstance(item, dict):
            for line in _bounded(item.get("pip")):
                yield from requirements(line) if isinstance(line, str) else [str(line)]
            continue
        match = _CONDA.fullmatch(item.strip()) if isinstance(item, str) else None
        yield Locked(match["name"], _conda_version(match["rest"] or ""), "conda") if match else str(item)


def _conda_version(rest: str) -> str:
    """The version of `=1.2=build` and `==1.2`; empty for a range, and for `=1.*`."""
    match = re.fullmatch(r"==?\s*([^\s=<>!~,*|]+)(?:=\S+)?\s*", rest)
    return match[1] if match else ""
