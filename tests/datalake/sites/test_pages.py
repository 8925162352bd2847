"""The pages of sites over the stack's real Rucio: list, map, an RSE, and a transfer that failed with its reason."""

import csv
import io
import re
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from datalake.sites.models import Sample, SiteRecord
from tests.devstack.rucio_client import add_rule, on_disk, rucio, unique, upload
from tests.page_text import text_of
from tests.vre_portal.servers import Handler, serving

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
Visitor = Callable[[str], Client]
RSES = "/datalake/escape/rses/"


def test_sites_are_listed_with_state_space_and_protocols(visitor: Visitor) -> None:
    client = visitor("lead")
    found = {item["name"]: item for item in client.get(f"{RSES}?format=json").json()["items"]}
    annecy = found["DEMO-ANNECY"]
    assert (annecy["site"], annecy["country"], annecy["protocols"]) == ("LAPP", "FR", ["file", "https"])
    assert (annecy["read"], annecy["write"], annecy["delete"]) == (True, True, True)
    assert annecy["total_bytes"] == 10**11
    assert annecy["failed_6h"] is not None
    rows = list(csv.DictReader(io.StringIO(client.get(f"{RSES}?format=csv").content.decode())))
    assert [row["name"] for row in rows] == sorted(found)


@pytest.mark.parametrize("sort", ["country", "site", "used", "free", "failed", "state", "name", "nonsense"])
def test_sites_are_sorted_as_asked(visitor: Visitor, sort: str) -> None:
    items = visitor("lead").get(f"{RSES}?format=json&sort={sort}").json()["items"]
    found = [item["name"] for item in items if item["name"].startswith("DEMO-")]  # other tests leave elements of their own
    assert len(found) == 3
    if sort == "country":
        assert found == ["DEMO-ERLANGEN", "DEMO-ANNECY", "DEMO-BOLOGNA"]


def test_the_map_leads_to_each_site_and_says_its_state_in_words(visitor: Visitor) -> None:
    page = visitor("lead").get(RSES).content.decode()
    assert 'img/europe.svg#land"' in page
    for name in ("DEMO-ANNECY", "DEMO-BOLOGNA", "DEMO-ERLANGEN"):
        assert re.search(rf'<a class="site-mark"\s+href="{RSES}{name}/"\s+data-state="[a-z-]+"\s+aria-label="{name}: ', page)


def test_a_site_says_how_it_is_reached_and_what_limits_it(visitor: Visitor) -> None:
    page = text_of(visitor("lead").get(f"{RSES}DEMO-ANNECY/").content)
    assert "VRE portal" in page  # the portal's own name is not hidden by the site's
    for words in ("LAPP", "MinFreeSpace", "third party copy read", "demonstration yes", "wan", "Current transfers"):
        assert words in page, words


def test_a_site_shows_its_history_and_what_the_catalogue_says(visitor: Visitor) -> None:
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    Sample.objects.bulk_create(
        Sample(lake="escape", rse="DEMO-ANNECY", at=now - timedelta(hours=hour), used=hour * 10**9, total=10**11) for hour in range(30)
    )
    SiteRecord.objects.create(
        lake="escape", rse="DEMO-ANNECY", site="IN2P3-LAPP", country="France", state="ACTIVE", seen_at=now - timedelta(days=2)
    )
    client = visitor("lead")
    page = client.get(f"{RSES}DEMO-ANNECY/").content
    assert b'class="series"' in page
    assert "IN2P3-LAPP" in text_of(page)
    assert "2 days ago" in text_of(page)
    assert len(client.get(f"{RSES}DEMO-ANNECY/?format=json").json()["usage"]) == 30


@pytest.mark.parametrize("name", ["DEMO-NOWHERE", "..", "a%20b", "x" * 300])
def test_a_site_that_is_none_is_not_found(visitor: Visitor, name: str) -> None:
    assert visitor("lead").get(f"{RSES}{name}/").status_code == 404


def test_a_failed_transfer_is_shown_with_its_reason(visitor: Visitor) -> None:
    """The source's bytes are lost, the rule's transfer fails: Rucio's own words come to the page of the destination."""
    name = upload("lead", "user.lead", unique("lost").encode())
    place = on_disk("user.lead", name, "erlangen")
    assert place
    place.unlink()
    add_rule("lead", "user.lead", name, "DEMO-ANNECY")
    query = {"src_rse": "DEMO-ERLANGEN", "dst_rse": "DEMO-ANNECY", "request_states": "F,L,N,O,A", "offset": 0, "limit": 500}
    end = time.monotonic() + 60
    while name not in rucio("lead", "GET", "/requests/history/list", params=query).text and time.monotonic() < end:
        time.sleep(0.5)
    client = visitor("lead")
    page = text_of(client.get(f"{RSES}DEMO-ANNECY/").content)
    assert page.count(f"{name} Source file is lost") == 1  # of several attempts the last


def test_who_may_not_see_transfers_is_told_so_and_sees_the_rest(visitor: Visitor, lake_at: Callable[[str], None]) -> None:
    refusal = b'{"ExceptionClass": "AccessDenied", "ExceptionMessage": "lead cannot get request statistics."}'

    def answer(handler: Handler) -> None:
        if "/requests/" in handler.path:
            return handler.whole(refusal, 500, ExceptionClass="AccessDenied")
        reply = rucio("lead", "GET", handler.path)
        return handler.whole(reply.content, reply.status_code, Content_Type=reply.headers["Content-Type"])

    client = visitor("lead")
    with serving(answer) as (server, _):
        lake_at(server.url)
        page = text_of(client.get(RSES).content)
        assert "Your account does not have permission to see the transfers of this Data Lake." in page
        assert "DEMO-ANNECY" in page
        assert "Showing data from" not in page
        assert "Your account does not have permission to see the transfers" in text_of(client.get(f"{RSES}DEMO-ANNECY/").content)
