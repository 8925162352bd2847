"""What the demonstration has, for the tests of onboarding: its projects, its software, its storage sites, its documentation."""

import json
import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from catalog.software.models import Entry
from datalake.index.models import IndexedScope, IndexEntry
from datalake.sites.models import Sample, StorageAccess
from projects.onboarding.matching.index import IndexLookup
from tests.search_index import index_all
from vre_portal.iam.models import User
from vre_portal.models import ServiceState
from vre_portal.search import worker
from vre_portal.services import services


@pytest.fixture(autouse=True)
def indexed_before(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portal that has run for a while: its sources were read to their end. A test of a new one asks for `new_portal`."""
    if "new_portal" not in request.fixturenames:
        monkeypatch.setattr(IndexLookup, "is_awaited", lambda *_kinds: False)


@pytest.fixture
def new_portal() -> None:
    """A portal whose sources were never read to their end."""


ROOT = Path(__file__).resolve().parents[3]
# The demonstration's storage elements as the portal records them: bytes that are used, and protocols.
SITES = {"DEMO-ANNECY": (264_629, ["file", "https"]), "DEMO-BOLOGNA": (308_232, ["file", "https"]), "DEMO-ERLANGEN": (11_161, ["https"])}
TOTAL = 100 * 10**9
TITLES = {"Response functions for point sources": "KM3NeT/ARCA instrument response functions for point sources"}  # in the lake


def add_software() -> None:
    """The entries that the records server of the demonstration has."""
    facts = json.loads((ROOT / "devstack/records/ossr.json").read_text())
    for number, entry in enumerate(facts["entries"], 1):
        Entry.objects.create(
            service="ossr", concept=str(number), record=str(number), title=entry["name"], description=entry["description"] or "",
            keywords=entry["keywords"], licence=entry["licence"] or "", concept_doi=f"10.5281/zenodo.{number}", published="2024-01-01",
        ).index()  # fmt: skip


def add_sites() -> None:
    """Space as it was recorded two hours ago."""
    at = timezone.now() - timedelta(hours=2, minutes=5)
    for rse, (used, protocols) in SITES.items():
        Sample.objects.create(lake="escape", rse=rse, at=at, used=used, total=TOTAL)
        StorageAccess.objects.create(lake="escape", rse=rse, protocols=protocols, writable=True)


def add_data() -> None:
    """The public datasets that the demonstration's projects list, as the index of its Data Lake has them."""
    for project in tomllib.loads((ROOT / "demo/content.toml").read_text())["project"]:
        for row in project["data"]:
            scope, _, name = row["did"].partition(":")
            known, _ = IndexedScope.objects.get_or_create(lake="escape", name=scope)
            meta = {"title": TITLES.get(row["title"], row["title"])}
            IndexEntry.objects.get_or_create(scope=known, name=name, type="DATASET", defaults={"created": timezone.now(), "meta": meta})


# A small documentation: the real one is written anew all the time, and with it the order in which its pages are found.
PAGES = {
    "index": "# Overview\n\n- [Help](help.md)\n- [The Data Lake](datalake.md)\n",
    "help": "# Help\n\n## Open a notebook\n\nNotebooks open with the data of your project.\n",
    "datalake": "# The Data Lake\n\nSearch the Data Lake, replicate data, upload files.\n\n## In a notebook\n\nRead data.\n",
}


@pytest.fixture
def demonstration(people: dict[str, User], settings: Any, tmp_path: Path) -> Callable[[], None]:
    """All of it, indexed; called again, what changed is indexed."""
    settings.DOCS_DIR = str(tmp_path)
    for name, text in PAGES.items():
        (tmp_path / f"{name}.md").write_text(text)
    named = [f"--person={name}={user.subject}" for name, user in people.items()]
    call_command("load_content", str(ROOT / "demo/content.toml"), *named)
    add_software()
    add_sites()
    add_data()
    for item in services():
        ServiceState.objects.create(kind=item.kind, name=item.name, state="up")
    worker.compare_all()
    index_all()
    return index_all
