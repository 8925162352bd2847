"""The Data Lake's pages over the stack's real Rucio and storages: a DID, a rule, sites, and who may come."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from datalake.browse.views import did_content
from datalake.pages.addresses import did_address
from devstack import address
from tests.datalake.stack_dids import DID, DOWNLOAD, EVERYTHING, FILE, IRF, KM3NET, LAKE, LIVE
from tests.devstack.rucio_client import add_rule, rucio, settled, unique, upload
from tests.page_text import text_of
from vre_portal.http import RemoteUnavailable

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
Visitor = Callable[[str], Client]


def test_one_lake_opens_by_itself(visitor: Visitor) -> None:
    reply = visitor("lead").get("/datalake/")
    assert (reply.status_code, reply["Location"]) == (302, LAKE)


def test_the_lake_opens_for_a_stranger_too(client: Client, db: None) -> None:
    assert client.get("/datalake/")["Location"] == LAKE


def test_a_visitor_is_asked_to_sign_in(client: Client, db: None) -> None:
    for path in (
        LIVE,
        f"{LAKE}download/user.lead/x",
        f"{LAKE}zip/user.lead/x",
        f"{LAKE}metadata/{KM3NET}/{IRF}",
        f"{LAKE}did/user.lead/x",
        f"{LAKE}rses/",
    ):
        assert client.get(path).status_code == 302


def test_a_dataset_tells_what_is_known_of_it(visitor: Visitor) -> None:
    text = text_of(visitor("lead").get(f"{DID}{EVERYTHING}").content)
    for expected in (
        IRF,
        "5 files",
        "psf.fits",
        "DEMO-ANNECY",
        "DEMO-BOLOGNA",
        "INFN-CNAF",
        "available",
        "BSD-3-Clause",
        "5 of 5",
        "DM.PointSource",
    ):
        assert expected in text, expected


def test_a_file_tells_its_copies_parents_and_checksum(visitor: Visitor) -> None:
    client = visitor("lead")
    page = client.get(f"{FILE}{EVERYTHING}").content
    assert {"DEMO-ANNECY", "1f08a76a", "11.5 kB", IRF} <= set(text_of(page).split(" ")) | {"11.5 kB"}
    assert f"{address.STORAGE_URL}/annecy/" in page.decode()
    thing = client.get(f"{FILE}?format=json").json()
    assert (thing["lake"], thing["type"], thing["bytes"]) == ("escape", "FILE", 11520)
    assert [item["state"] for item in thing["replicas"]] == ["AVAILABLE", "AVAILABLE"]
    rows = list(csv.DictReader(io.StringIO(client.get(f"{FILE}?format=csv").content.decode())))
    assert [item["rse"] for item in rows] == ["DEMO-ANNECY", "DEMO-BOLOGNA"]


def test_what_a_did_is_comes_first_and_the_rest_by_fragments(visitor: Visitor, django_assert_max_num_queries: Any) -> None:
    client = visitor("lead")
    client.get(FILE)
    with django_assert_max_num_queries(10):
        page = client.get(FILE)
    text, source = text_of(page.content), page.content.decode()
    for expected in ("aeff.fits", "11.5 kB", "1f08a76a"):
        assert expected in text, expected
    for later in ("DEMO-ANNECY", IRF):
        assert later not in text, later
    assert f'href="{FILE}{EVERYTHING}#replicas"' in source  # for who reads without JavaScript
    copies, rules = (f'hx-get="{FILE}?part={part}"' in source for part in ("copies", "rules"))
    assert copies
    assert rules


def test_sections_of_a_did_come_as_fragments_and_without_htmx_as_the_whole_page(visitor: Visitor) -> None:
    client, htmx = visitor("lead"), {"HX-Request": "true"}
    copies = client.get(f"{FILE}?part=copies", headers=htmx).content.decode()
    assert "<html" not in copies
    assert {"DEMO-ANNECY", "DEMO-BOLOGNA"} <= set(text_of(copies.encode()).split())
    assert 'id="direct" hx-swap-oob="true"' in copies
    rules = text_of(client.get(f"{DID}?part=rules", headers=htmx).content)
    assert "5 of 5" in rules
    assert "DM.PointSource" in rules  # what it is part of
    rows = client.get(f"{DID}?part=content&page=whole&shown=50", headers=htmx).content.decode()
    assert rows.count("<li>") == 5
    for part, place in (("copies", "replicas"), ("rules", "rules")):
        assert client.get(f"{FILE}?part={part}")["Location"] == f"{FILE}{EVERYTHING}#{place}"


def failing(name: str) -> Callable[..., Any]:
    """A read of Rucio of this name that never comes in time."""

    def read(*_: object, **__: object) -> None:
        raise RemoteUnavailable("Rucio did not answer in time.")

    read.__name__ = name
    return read


@pytest.mark.parametrize(
    ("part", "missing", "words"),
    [("copies", "list_replicas", "Copies could not be loaded."), ("rules", "list_rules", "Rules could not be loaded.")],
)
def test_a_section_that_could_not_be_loaded_does_not_say_that_it_shows_older_data(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch, part: str, missing: str, words: str
) -> None:
    client, htmx = visitor("lead"), {"HX-Request": "true"}
    for known in (FILE, f"{FILE}?part=copies", f"{FILE}?part=rules"):
        client.get(known, headers=htmx)
    monkeypatch.setattr("datalake.reads.reader.RECENT", timedelta())
    monkeypatch.setattr(f"datalake.rucio.{missing}", failing("never_read_before"))
    monkeypatch.setattr("datalake.rucio.list_rses", failing("list_rses"))
    monkeypatch.setattr("datalake.browse.views.did_reads.describe", failing("describe"))
    text = text_of(client.get(f"{FILE}?part={part}", headers=htmx).content)
    assert words in text
    assert "did not answer in time" in text
    assert "Showing data from" not in text


def test_a_visitors_page_has_everything_at_once(client: Client) -> None:
    text = text_of(client.get(FILE).content)
    assert {"DEMO-ANNECY", IRF} <= set(text.split(" "))


def test_a_container_opens_branch_by_branch(visitor: Visitor) -> None:
    client = visitor("lead")
    page = client.get(f"{LAKE}did/{KM3NET}/DM.PointSource{EVERYTHING}").content.decode()
    assert f'hx-get="{DID}?part=content"' in page
    branch = client.get(f"{DID}?part=content", headers={"HX-Request": "true"}).content.decode()
    assert branch.count("<li>") == 5
    assert "<html" not in branch
    items = client.get(f"{DID}?part=content&format=json").json()["items"]
    assert next(item["name"] for item in items) == "aeff.fits"


def test_content_is_read_page_by_page(visitor: Visitor) -> None:
    name = unique("big")
    files = [upload("member", "user.member", b"x") for _ in range(1)]
    datasets = [f"{name}.{number:03}" for number in range(60)]
    dids = [{"scope": "user.member", "name": item, "type": "DATASET"} for item in datasets] + [
        {"scope": "user.member", "name": name, "type": "CONTAINER"}
    ]
    assert rucio("member", "POST", "/dids", json=dids).status_code == 201
    inside = {"dids": [{"scope": "user.member", "name": item} for item in datasets]}
    assert rucio("member", "POST", f"/dids/user.member/{name}/dids", json=inside).status_code == 201
    client = visitor("member")
    page = did_address("did", "escape", "user.member", name)
    first = client.get(f"{page}?part=content&format=json").json()
    second = client.get(first["next"]).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (50, 10, None)
    assert [item["name"] for item in first["items"] + second["items"]] == datasets
    assert "Show more" in client.get(f"{page}{EVERYTHING}").content.decode()
    assert files


def test_of_too_many_to_be_put_in_order_that_is_said(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    client = visitor("lead")
    words = "more than 2 entries"
    assert words not in text_of(client.get(f"{DID}{EVERYTHING}").content)
    monkeypatch.setattr("datalake.rucio.dids.MOST_IN_ORDER", 2)
    monkeypatch.setattr("datalake.rucio.MOST_IN_ORDER", 2)
    monkeypatch.setattr(did_content, "PAGE", 3)
    assert words in text_of(client.get(f"{DID}{EVERYTHING}").content)


def test_what_does_not_exist_is_not_found(visitor: Visitor) -> None:
    client = visitor("lead")
    for path in (
        f"{LAKE}did/{KM3NET}/none",
        f"{LAKE}rules/{'0' * 32}/",
        f"{LAKE}rules/x/",
        f"{LAKE}rses/NOWHERE/",
        "/datalake/nowhere/",
        f"{LAKE}download/{KM3NET}/none",
    ):
        assert client.get(path).status_code == 404, path


@pytest.mark.parametrize(
    "name", ["a/b", "a%2Fb", "a+b c", 'it\'s "so" & <b>', "ä\u202egpj.exe", "../../etc/passwd", "x" * 250, "%", "a?b#c", ".", "a//b"]
)
def test_hard_names_are_pages_that_say_no_and_never_errors(visitor: Visitor, name: str) -> None:
    client = visitor("lead")
    # Rucio's own "not found" fails when its words do not fit into a header: then it is an outage, with a retry.
    expected = {404} if name.isascii() else {404, 503}
    for view in ("did", "download", "preview"):
        assert client.get(did_address(view, "escape", KM3NET, name)).status_code in expected, view
    page = client.get(LIVE, {"scope": KM3NET, "pattern": name})
    assert page.status_code == 200
    assert "\u202e" not in text_of(page.content).replace(name, "")


def test_a_name_with_slashes_has_all_its_pages(visitor: Visitor) -> None:
    name = f"/{unique('deep')}/a.b/c"
    assert rucio("member", "POST", "/dids", json=[{"scope": "user.member", "name": name, "type": "DATASET"}]).status_code == 201
    client = visitor("member")
    found = client.get(f"{LIVE}?scope=user.member&pattern={name}&format=json").json()["items"]
    assert [item["name"] for item in found] == [name]
    assert client.get(f"{found[0]['page']}{'&' if '?' in found[0]['page'] else '?'}format=json").json()["name"] == name


def test_a_rule_shows_its_state_and_locks(visitor: Visitor) -> None:
    client = visitor("lead")
    rules = client.get(f"{DID}?format=json").json()["rules"]
    assert {item["state"] for item in rules} == {"OK"}
    text = text_of(client.get(rules[0]["page"]).content)
    assert "5 of 5 files copied" in text
    thing = client.get(f"{rules[0]['page']}?format=json").json()
    assert (thing["state"], len(thing["locks"])) == ("OK", 5)


def test_a_new_rule_is_seen_until_it_is_done(visitor: Visitor) -> None:
    client, content = visitor("member"), b"copy me"
    name = upload("member", "user.member", content)
    rule = add_rule("member", "user.member", name, "DEMO-BOLOGNA")
    page = client.get(f"{LAKE}rules/{rule}/").content.decode()
    assert "every 3s" in page or 'data-state="ok"' in page
    settled("member", rule)
    state = client.get(f"{LAKE}rules/{rule}/", headers={"HX-Request": "true"}).content.decode()
    assert "every 3s" not in state
    assert "1 of 1" in text_of(state.encode())


def test_sites_are_listed_and_drawn(visitor: Visitor) -> None:
    client = visitor("lead")
    page = client.get(f"{LAKE}rses/").content.decode()
    assert page.count('site-mark" href') == 3
    assert {item["country"] for item in client.get(f"{LAKE}rses/?format=json").json()["items"]} == {"FR", "IT", "DE"}
    assert "Erlangen" in text_of(client.get(f"{LAKE}rses/DEMO-ERLANGEN/").content)


def test_somebody_without_an_account_is_told_how_to_get_one(visitor: Visitor) -> None:
    client = visitor("newcomer")
    for path in (LIVE, f"{LAKE}rses/", f"{LAKE}did/user.lead/x", f"{LAKE}download/user.lead/x"):
        reply = client.get(path)
        assert reply.status_code == 403, path
        assert "You don't have a Data Lake account yet." in text_of(reply.content)
    assert "error" in client.get(f"{LAKE}did/user.lead/x?format=json").json()
    text = text_of(client.get(DID).content)
    assert "Showing public data only." in text
    assert "once you join an experiment's group" in text


def test_tabs_that_need_an_account_are_for_those_who_have_one(visitor: Visitor, signed_in: Visitor) -> None:
    def tabs(client: Client, path: str) -> list[str]:
        page = client.get(path).content.decode()
        return re.findall(r"<a[^>]*>([^<]+)</a>", page.partition('class="tabs" aria-label="Data Lake"')[2].partition("</nav>")[0])

    own = ["Data", "My requests", "Restricted data"]
    everything = ["Data", "Rules", "Sites", "My quota", "My requests", "Subscriptions", "Restricted data"]
    newcomer = visitor("newcomer")
    for path in (LAKE, f"{LAKE}acts/", f"{LAKE}access/"):  # the last two do not ask the lake: the first has
        assert [name.strip() for name in tabs(newcomer, path)] == own, path
        assert [name.strip() for name in tabs(visitor("lead") if path == LAKE else signed_in("lead"), path)] == everything, path
    assert [name.strip() for name in tabs(signed_in("outsider"), LAKE)] == own  # a sign-in that ran out
    page = newcomer.get(LAKE).content.decode()
    assert "/upload/" not in page
    assert "Check against Rucio" not in page


def test_nobody_writes_by_these_addresses(visitor: Visitor) -> None:
    client = visitor("lead")
    for path in ("/datalake/", LAKE, DID, DOWNLOAD):
        assert client.post(path).status_code == 405


def test_a_did_can_be_added_to_a_project(visitor: Visitor) -> None:
    page = visitor("lead").get(DID).content.decode()
    form = re.search(r'<form action="/projects/resources/".*?</form>', page, re.DOTALL)
    assert form
    values = dict(re.findall(r'name="(\w+)"\s+value="([^"]*)"', form[0]))
    assert (values["kind"], values["service"], values["identifier"]) == ("did", "escape", f"{KM3NET}:{IRF}")
    assert 'hx-get="/projects/choose/' in form[0]
    assert json.dumps(values["title"])
