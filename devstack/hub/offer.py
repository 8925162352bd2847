"""What this hub offers for a session: its own entry in services.toml, read by the hub itself, so that nothing else can be asked of it."""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from devstack import address


@dataclass(frozen=True)
class HubOffer:
    """The values that may be chosen, as texts."""

    cpus: tuple[str, ...] = ()
    memories: tuple[str, ...] = ()  # GB
    gpus: tuple[str, ...] = ()


@cache
def offered(file: Path = address.ROOT / "services.toml") -> HubOffer:
    """The offer of the first hub of a services.toml."""
    entries = tomllib.loads(file.read_text())["service"]
    options: dict[str, Any] = next(entry for entry in entries if entry["kind"] == "jupyterhub").get("options", {})
    return HubOffer(
        tuple(f"{value:g}" for value in options.get("session_cpus", [])),
        tuple(f"{value:g}" for value in options.get("session_memory_gigabytes", [])),
        tuple(str(value) for value in options.get("session_gpus", [])),
    )
