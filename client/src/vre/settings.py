"""What the environment says; no other module reads it."""

import json
import os
from pathlib import Path
from typing import Any

from vre.addresses import checked_portal_url, origin
from vre.errors import NotPossible


def _text(name: str) -> str | None:
    return os.environ.get(name, "").strip() or None


def portal_url() -> str | None:
    """The portal that the environment names: VRE_PORTAL_URL, or in a session PORTAL_URL."""
    found = _text("VRE_PORTAL_URL") or _text("PORTAL_URL")
    return checked_portal_url(found) if found else None


def personal_token(url: str) -> str | None:
    """VRE_TOKEN, for the portal that the environment names; for any where it names none."""
    named = portal_url()
    return _text("VRE_TOKEN") if named is None or origin(named) == origin(url) else None


def session_token(url: str) -> str | None:
    """The token of a notebook session, for the portal that the session belongs to and for no other."""
    home = _text("PORTAL_URL")
    return _text("JUPYTERHUB_API_TOKEN") if home and origin(checked_portal_url(home)) == origin(url) else None


def ca_bundle() -> str | None:
    """A file with the certificates to trust instead of those that requests trusts."""
    return _text("VRE_CA_BUNDLE")


def doi_resolver() -> str:
    """Where citations are looked up."""
    return (_text("VRE_DOI_RESOLVER") or "https://doi.org").rstrip("/")


def _folder(own: str, standard: str, default: str) -> Path:
    if found := _text(own):
        return Path(found).expanduser().absolute()
    base = _text(standard)
    return (Path(base) if base and Path(base).is_absolute() else Path.home() / default) / "vre"


def cache_folder() -> Path:
    """Where downloaded files are kept."""
    return _folder("VRE_CACHE", "XDG_CACHE_HOME", ".cache")


def config_folder() -> Path:
    """Where logins are kept."""
    return _folder("VRE_CONFIG", "XDG_CONFIG_HOME", ".config")


def lake_mounts() -> dict[str, str]:
    """Where files of mounted Data Lakes are, by the lake's name, with {scope} and {name}; raises NotPossible for a text of another shape."""
    text = _text("VRE_LAKE_MOUNTS")
    if text is None:
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(_is_place(place) for place in found.values()):
        raise NotPossible(
            "VRE_LAKE_MOUNTS is not readable.", 'Set it to JSON such as {"lake": "/mnt/lake/{scope}/{name}"} with whole paths, or unset it.'
        )
    return {lake: place if "{" in place else f"{place.rstrip('/')}/{{scope}}/{{name}}" for lake, place in found.items()}


def _is_place(text: Any) -> bool:
    """Whether it is a folder, or a path in which {name} and perhaps {scope} and {hash} stand for those of a file."""
    if not isinstance(text, str) or not Path(text).is_absolute():
        return False
    left = text.replace("{scope}", "").replace("{name}", "").replace("{hash}", "")
    return "{" not in left and "}" not in left and ("{" not in text or "{name}" in text)
