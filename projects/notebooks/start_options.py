"""What a person chose for a session: where it runs, how large it is, and what it brings."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self
from urllib.parse import urlencode, urlsplit

MAX_FOLDER = 40  # characters of a repository's name
SIZE = ("environment", "cpu", "memory", "gpu")  # what is filled in for the next session, in any project
KEPT = (*SIZE, "git", "branch")  # what is saved under a name


@dataclass(frozen=True)
class StartOptions:
    """As a row stores it: empty values are what the hub decides itself."""

    environment: str = ""
    cpu: str = ""
    memory: str = ""  # GB
    gpu: str = ""
    basket: str = ""
    dids: tuple[str, ...] = ()
    git: str = ""
    branch: str = ""

    @classmethod
    def read(cls, stored: Any) -> Self:
        """From a row; values of another shape are left out."""
        known = stored if isinstance(stored, Mapping) else {}
        facts = {name: known[name] for name in _TEXTS if isinstance(known.get(name), str)}
        dids = known.get("dids")
        listed = [did for did in dids if isinstance(did, str)] if isinstance(dids, list | tuple) else []
        return cls(**facts, dids=tuple(listed))

    @property
    def stored(self) -> dict[str, Any]:
        """For a row, without what is empty."""
        return {name: list(value) if name == "dids" else value for name, value in asdict(self).items() if value}

    @property
    def kept(self) -> dict[str, str]:
        """The part that is not about one project's data."""
        return {name: value for name, value in self.stored.items() if name in KEPT}

    @property
    def size(self) -> dict[str, str]:
        """Where it runs and how large it is."""
        return {name: value for name, value in self.kept.items() if name in SIZE}

    @property
    def query(self) -> str:
        """The query of the start page that has these values filled in."""
        facts = [(name, value) for name, value in self.stored.items() if name != "dids"]
        return urlencode([*facts, *(("did", did) for did in self.dids)])

    @property
    def git_folder(self) -> str:
        """The folder into which a repository goes: its name, and a few letters that tell it from others of this name."""
        last = urlsplit(self.git).path.rstrip("/").rpartition("/")[2].removesuffix(".git")
        name = re.sub(r"[^A-Za-z0-9_-]+", "-", last).strip("-")[:MAX_FOLDER] or "repository"
        return f"{name}-{hashlib.sha256(f'{self.git}@{self.branch}'.encode()).hexdigest()[:6]}"


_TEXTS = tuple(field.name for field in fields(StartOptions) if field.name != "dids")
