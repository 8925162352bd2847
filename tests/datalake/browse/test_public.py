"""The permanent address of public data: readable by everybody, by machines too; of other data nothing is told."""

import json
import re
from html import unescape
from typing import Any

import pytest
from django.test import Client

from datalake.pages import metadata_export
from datalake.rucio import Did
from datalake.rucio.metadata import Description
from vre_portal import json_ld

pytestmark = [pytest.mark.integration("rucio", "iam"), pytest.mark.django_db(transaction=True)]
LAKE = "/datalake/escape/"
KM3NET, IRF = "KM3NET_ECAP_SP", "DM.PointSourceIRF.km3irf"
DID = f"{LAKE}did/{KM3NET}/{IRF}"


def links(reply: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for address, rel in re.findall(r'<([^>]*)>; rel="([^"]+)"', reply["Link"]):
        found.setdefault(rel, []).append(address)
    return found


def test_a_stranger_reads_a_public_dataset_but_nobodys_account(client: Client, db: None) -> None:
    page = client.get(DID)
    text = unescape(page.content.decode())
    assert page.status_code == 200
    assert all(word in text for word in ("psf.fits", "DEMO-ANNECY", "BSD-3-Clause", "Sign in to use the data"))
    assert "/direct/" not in text
    assert "Add to a project" not in text
    assert "Add metadata" not in text
    assert client.get(f"{DID}?part=content&from=0").status_code == 200
    assert client.get(f"{DID}?part=history").status_code == 200


@pytest.mark.parametrize("query", ["", "?format=json", "?format=jsonld", "?format=csv", "?part=content", "?part=metadata", "?part=history"])
def test_no_account_name_is_told_to_strangers(client: Client, db: None, query: str) -> None:
    text = client.get(f"{DID}{query}").content.decode()
    assert "lead" not in text, query


@pytest.mark.parametrize(
    "path", ["did/user.member/anything", f"did/{KM3NET}/no.such.thing", "did/KM3NET_EMBARGO_SP/Candidates.Mrk421.simulated"]
)
@pytest.mark.parametrize("query", ["", "?format=json", "?format=jsonld", "?part=content", "?part=history"])
def test_what_is_not_public_is_answered_as_what_does_not_exist(client: Client, db: None, path: str, query: str) -> None:
    reply = client.get(f"{LAKE}{path}{query}")
    assert reply.status_code == 302
    assert reply["Location"].startswith("/accounts/login/?next=")
    assert "Link" not in reply
    assert not reply.content


def test_changes_and_direct_downloads_want_a_sign_in_also_where_the_page_is_public(client: Client, db: None) -> None:
    for view, name in (("direct", "aeff.fits"), ("metadata", IRF)):
        assert client.get(f"{LAKE}{view}/{KM3NET}/{name}").status_code == 302, view
    assert client.post(f"{LAKE}metadata/{KM3NET}/{IRF}", {"key": "x"}).status_code == 302


def test_the_page_carries_its_description_for_machines(client: Client, db: None) -> None:
    page = client.get(DID).content.decode()
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert block
    inside = json.loads(block[1])
    alone = client.get(f"{DID}?format=jsonld")
    assert alone["Content-Type"] == "application/ld+json"
    assert inside == alone.json()
    assert inside["@type"] == "Dataset"
    assert inside["url"].endswith(DID)
    assert f"{KM3NET}:{IRF}" in inside["identifier"]
    assert inside["license"] == "https://spdx.org/licenses/BSD-3-Clause"
    assert 50 <= len(inside["description"]) <= 5000
    assert {item["encodingFormat"] for item in inside["distribution"]} == {"application/zip", "application/metalink4+xml"}
    assert [list(part) for part in inside["hasPart"]] == 5 * [["@id"]]  # a Dataset without a name is an error to search engines
    assert not any("contentSize" in item for item in inside["distribution"])  # a ZIP and a list have sizes of their own


def test_signposts_lead_to_what_machines_want(client: Client, db: None) -> None:
    found = links(client.get(DID))
    assert found["describedby"][0].endswith("?format=jsonld")
    assert "https://schema.org/Dataset" in found["type"]
    assert found["license"] == ["https://spdx.org/licenses/BSD-3-Clause"]
    assert len(found["item"]) == 2
    assert found["cite-as"] == [found["describedby"][0].removesuffix("?format=jsonld")]


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("10.5281/zenodo.123", "https://doi.org/10.5281/zenodo.123"),
        ("https://doi.org/10.5281/zenodo.123", "https://doi.org/10.5281/zenodo.123"),
        ("doi:10.1000/a(b)c", "https://doi.org/10.1000/a(b)c"),
        ('10.1000/x>; rel="evil', None),
        ("10.1000/x\r\nSet-Cookie: a=b", None),
        ("javascript:alert(1)", None),
        (["10.1000/x"], None),
    ],
)
def test_a_doi_is_one_or_is_left_out(written: Any, address: str | None) -> None:
    assert metadata_export.doi_of({"doi": written}) == address


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("BSD-3-Clause", "https://spdx.org/licenses/BSD-3-Clause"),
        ("https://creativecommons.org/licenses/by/4.0/", "https://creativecommons.org/licenses/by/4.0/"),
        ("free for all", None),
        ('https://x/>; rel="evil"', None),
        ("https://x/\r\nSet-Cookie: a=b", None),
        ("javascript:alert(1)", None),
        (7, None),
    ],
)
def test_a_licence_is_an_address_or_is_left_out(written: Any, address: str | None) -> None:
    assert metadata_export.licence_of({"license": written}) == address


def test_hostile_metadata_cannot_leave_the_data_block() -> None:
    hostile = "</script><script>alert(1)</script><!--\u2028&amp;"
    about = Description(metadata={"title": hostile, "description": hostile, "creator": [hostile, {"a": 1}], "keywords": hostile})
    where = metadata_export.Addresses("https://p/d", (), "https://p/")
    data = metadata_export.dataset("Lake", Did("s", hostile, "DATASET"), about, where, [], [])
    block = str(json_ld.in_page(data))
    assert "<" not in block
    assert "&" not in block
    assert "\u2028" not in block
    assert json.loads(block)["name"] == hostile
    assert "evil" not in metadata_export.signposts(Description(metadata={"doi": '10.1/x>; rel="evil"', "licence": "evil thing"}), where)
