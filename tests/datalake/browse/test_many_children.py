"""What holds very many costs a page no more than what holds few: what Rucio would need minutes for is not asked, and said."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from benchmarks.lake_children import SCOPE, forget, seed
from benchmarks.lake_index import rucio
from datalake.files import bundles
from datalake.rucio import rules
from tests.datalake.browse.test_gone_element import without
from tests.vre_portal.servers import serving
from vre_portal.http import RemoteUnavailable

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
LAKE, MANY = "/datalake/escape/", 120
DATASET, CONTAINER = f"{LAKE}did/{SCOPE}/files-{MANY}", f"{LAKE}did/{SCOPE}/datasets-{MANY}"


@pytest.fixture
def rule() -> Iterator[str]:
    """A dataset and a container of many, and the stuck rule on the dataset."""
    with rucio() as database:
        forget(database)
        try:
            yield seed(database, MANY)
        finally:
            forget(database)


@pytest.fixture
def asked(lake_at: Callable[[str], None]) -> Iterator[list[str]]:
    """What the real Rucio is asked from now on."""
    with serving(without("NOWHERE", listed=True)) as (lake, seen):
        lake_at(lake.url)
        yield seen.lines


def test_of_a_rule_that_holds_very_much_nothing_is_asked_that_grows_with_it(
    visitor: Callable[[str], Client], rule: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client, here = visitor("lead"), f"{LAKE}rules/{rule}/"
    assert len(client.get(f"{here}?format=json").json()["locks"]) == 50
    assert client.get(f"{here}why/?format=json").status_code == 200
    assert [line for line in asked if "/locks" in line]
    assert [line for line in asked if "/analysis" in line]
    asked.clear()
    monkeypatch.setattr(rules, "MAX_LISTED_LOCKS", MANY - 1)
    found = client.get(f"{here}?format=json").json()
    assert (found["locks_stuck"], found["locks"], found["next"]) == (MANY, None, None)
    assert b"too many for Rucio to list in time" in client.get(here).content
    assert client.get(f"{here}?format=csv").status_code == 403
    assert client.get(here, headers={"HX-Request": "true"}).status_code == 200
    assert "stuck" in client.get(f"{here}why/?format=json").json()["headline"].lower()
    assert [line for line in asked if "/locks" in line or "/analysis" in line] == []


def test_too_many_files_for_a_zip_are_told_without_listing_them(
    visitor: Callable[[str], Client], rule: str, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundles, "MAX_FILES", MANY - 1)
    assert visitor("lead").get(f"{LAKE}zip/{SCOPE}/files-{MANY}").status_code == 413
    assert [line for line in asked if "/files" in line.replace(f"files-{MANY}", "")] == []


def test_a_collection_whose_sum_takes_too_long_is_shown_without_it(
    visitor: Callable[[str], Client], rule: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_slow(*_: object) -> None:
        raise RemoteUnavailable("Rucio did not answer in time.")

    monkeypatch.setattr("datalake.rucio.get_did", too_slow)
    client = visitor("lead")
    found = client.get(f"{CONTAINER}?format=json").json()
    assert (found["type"], found["bytes"], found["length"]) == ("CONTAINER", None, None)
    page = client.get(f"{CONTAINER}?everything=1").content.decode()
    assert f"{MANY}/set" in page
    assert "did not answer in time" in page
    assert client.get(f"{LAKE}did/{SCOPE}/{MANY}/file1").status_code == 503  # a file has nothing to add up
