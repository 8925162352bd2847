"""What the metadata of a DID say of the workflow that made it, as this portal writes them when a result is kept."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings

RUN, DETAILS = "vre_run", "vre_provenance"
MAX_TEXT, MAX_IMAGES, MAX_READ = 300, 50, 20_000
_PATH = re.compile(r"/projects/[a-z0-9-]+/workflows/[A-Za-z0-9_/-]+")  # no dots: nothing leads up from there
ENGINES = {"serial": "Serial", "cwl": "CWL", "snakemake": "Snakemake", "yadage": "Yadage"}


@dataclass(frozen=True)
class Provenance:
    """Where data come from by their metadata, which anybody who may write to the scope may have written. Addresses are this portal's."""

    run: str = ""
    workflow: str = ""
    version: str = ""
    source: str = ""
    commit: str = ""
    engine: str = ""
    images: tuple[tuple[str, str], ...] = ()

    @property
    def project(self) -> str:
        """The name of the run's project in its address."""
        return _parts(self.run)[0]

    @property
    def run_number(self) -> str:
        return _parts(self.run)[-1]

    @property
    def workflow_name(self) -> str:
        return _parts(self.workflow)[-1]


def provenance_of(metadata: Mapping[str, Any]) -> Provenance | None:
    """None where they say nothing that can be read."""
    details = _details(metadata.get(DETAILS))
    images = details.get("images")
    rows = [item for item in images[:MAX_IMAGES] if isinstance(item, dict)] if isinstance(images, list) else []
    engine, version = _text(details.get("engine")), details.get("version")
    found = Provenance(
        run=_own_address(metadata.get(RUN)),
        workflow=_own_address(details.get("workflow")),
        version=str(version) if isinstance(version, int) and not isinstance(version, bool) and 0 < version < 10**9 else "",
        source=_text(details.get("source")),
        commit=_text(details.get("commit")),
        engine=ENGINES.get(engine, engine),
        images=tuple((_text(row.get("step")), image) for row in rows if (image := _text(row.get("image")))),
    )
    return found if found != Provenance() else None


def _parts(path: str) -> list[str]:
    """What stands in an address behind /projects/."""
    return path.strip("/").split("/")[1:] or [""]


def _details(value: object) -> Mapping[str, Any]:
    if not isinstance(value, str) or len(value) > MAX_READ:
        return {}
    try:
        read = json.loads(value)
    except (ValueError, RecursionError):
        return {}
    return read if isinstance(read, dict) else {}


def _text(value: object) -> str:
    return value.strip()[:MAX_TEXT] if isinstance(value, str) else ""


def _own_address(value: object) -> str:
    """The path of a run or a workflow of this portal; empty for any other address: these become links."""
    text = _text(value)
    path = text.removeprefix(settings.PORTAL_URL)
    return path if path != text and _PATH.fullmatch(path) else ""
