"""A storage element that is gone while rules and copies still name it: every page says what is left, and none fails."""

import re
from collections.abc import Callable

import pytest
import requests
from django.test import Client

from devstack import address
from tests.vre_portal.servers import Handler, serving

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
LAKE, GONE = "/datalake/escape/", "DEMO-ANNECY"
DID, FILE = "KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf", "KM3NET_ECAP_SP/aeff.fits"
SENT = ("X-Rucio-Auth-Token", "Accept", "Content-Type")


def without(rse: str, *, listed: bool) -> Callable[[Handler], None]:
    """The real Rucio, which has this storage element no longer; `listed`: it went after the list was made."""

    def answer(it: Handler) -> None:
        if re.match(rf"/+rses/{rse}(/|\?|$)", it.path):
            said = b'{"ExceptionClass": "RSENotFound", "ExceptionMessage": "RSE does not exist."}'
            it.whole(said, 404, ExceptionClass="RSENotFound", Content_Type="application/json")
            return
        headers = {name: it.headers[name] for name in SENT if name in it.headers}
        body = it.rfile.read(int(it.headers.get("Content-Length", 0)))
        reply = requests.request(it.command, f"{address.RUCIO_URL}{it.path}", headers=headers, data=body, timeout=20, allow_redirects=False)
        found = reply.content
        if not listed and re.match(r"/+rses/?(\?|$)", it.path):
            found = b"".join(line for line in found.splitlines(keepends=True) if f'"{rse}"'.encode() not in line)
        more = {name: reply.headers[name] for name in ("Content-Type", "Location", "ExceptionClass") if name in reply.headers}
        it.whole(found, reply.status_code, **more)

    return answer


@pytest.mark.parametrize("listed", [False, True])
def test_pages_that_name_a_gone_element_are_whole(visitor: Callable[[str], Client], lake_at: Callable[[str], None], listed: bool) -> None:
    client = visitor("lead")
    rules = {item["rse_expression"]: item["id"] for item in client.get(f"{LAKE}did/{DID}?format=json").json()["rules"]}
    with serving(without(GONE, listed=listed)) as (lake, seen):
        lake_at(lake.url)
        found = client.get(f"{LAKE}did/{DID}?format=json").json()
        assert GONE in {copy["rse"] for copy in found["replicas"]}
        paths = [
            f"{LAKE}did/{DID}?everything=1",
            f"{LAKE}did/{FILE}?everything=1",
            f"{LAKE}rules/{rules[GONE]}/",
            f"{LAKE}rules/{rules[GONE]}/why/",
            f"{LAKE}rules/",
        ]
        for path in (*paths, f"{LAKE}why/{FILE}", f"{LAKE}usage/", f"{LAKE}make-available/?did={DID.replace('/', ':', 1)}"):
            reply = client.get(path)
            assert reply.status_code == 200, path
            text = reply.content.decode()
            assert "Retry</a>" not in text, path  # nothing of it is missing
            assert path not in paths[:3] or GONE in text
        names = [item["name"] for item in client.get(f"{LAKE}rses/?format=json").json()["items"]]
        assert "DEMO-ERLANGEN" in names
        assert GONE not in names
        assert client.get(f"{LAKE}rses/{GONE}/").status_code == 404
        assert client.get(f"{LAKE}metalink/{DID}").status_code == 200
        assert b"".join(client.get(f"{LAKE}download/{FILE}")) != b""  # type: ignore[arg-type]
        assert any(GONE in line for line in seen.lines)
