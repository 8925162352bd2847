"""Looking in the lake itself: scopes, names, pages of them."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.datalake.stack_dids import KM3NET, LIVE
from tests.devstack.rucio_client import rucio, unique
from tests.page_text import text_of

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
Visitor = Callable[[str], Client]


def test_scopes_are_listed(visitor: Visitor) -> None:
    client = visitor("lead")
    assert KM3NET in text_of(client.get(LIVE).content)
    assert KM3NET in [item["name"] for item in client.get(f"{LIVE}?format=json").json()["items"]]


@pytest.mark.parametrize(
    ("query", "expected"),
    [("pattern=aeff", ["aeff.fits"]), ("pattern=*.fits&type=dataset", []), ("pattern=DM.*&type=container", ["DM.PointSource"])],
)
def test_dids_are_found_by_scope_pattern_and_type(visitor: Visitor, query: str, expected: list[str]) -> None:
    found = visitor("lead").get(f"{LIVE}?scope={KM3NET}&{query}&format=json").json()
    assert [item["name"] for item in found["items"]] == expected
    assert found["next"] is None


def test_a_whole_did_in_the_name_field_means_its_scope_too(visitor: Visitor) -> None:
    page = visitor("lead").get(LIVE, {"pattern": f"{KM3NET}:aeff.fits"})
    assert "aeff.fits" in text_of(page.content)


def test_paging_shows_each_did_once(visitor: Visitor) -> None:
    scope, prefix = "user.member", unique("page")
    names = [f"{prefix}.{number}" for number in range(120)]
    dids = [{"scope": scope, "name": name, "type": "DATASET"} for name in names]
    assert rucio("member", "POST", "/dids", json=dids).status_code == 201
    client = visitor("member")
    seen, following = [], f"{LIVE}?scope={scope}&pattern={prefix}*&format=json"
    for _ in range(5):
        page = client.get(following).json()
        seen += [item["name"] for item in page["items"]]
        if not page["next"]:
            break
        following = f"{page['next']}&format=json"
    assert sorted(seen) == sorted(names)
    first = [item["name"] for item in client.get(f"{LIVE}?scope={scope}&pattern={prefix}*&format=json").json()["items"]]
    assert len(first) == 50


def test_a_restricted_scope_is_not_listed_live_either(visitor: Visitor) -> None:
    client = visitor("outsider")
    assert "KM3NET_EMBARGO_SP" not in client.get(LIVE).content.decode()
    assert client.get(f"{LIVE}?scope=KM3NET_EMBARGO_SP").status_code == 403
