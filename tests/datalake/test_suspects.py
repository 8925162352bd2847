"""Reports of damaged copies: taken for the file that was meant, whatever its scope and name look like, and seen by whoever asks why."""

import zlib
from collections.abc import Callable

import pytest
from django.test import Client

from datalake.operations import worker
from datalake.operations.models import Operation
from datalake.pages.addresses import did_address
from datalake.rucio.bad_replicas import parsable_address
from tests.devstack.rucio_client import pfn, rucio, storage, unique, upload
from tests.page_text import text_of

Visitor = Callable[[str], Client]
real = pytest.mark.integration("rucio", "storage", "iam")
stored = pytest.mark.django_db(transaction=True)


def reported(client: Client, scope: str, name: str, address: str) -> Operation:
    """The operation of reporting a copy, once it has ended."""
    assert client.post(did_address("metadata", "escape", scope, name), {"pfn": address, "reason": "test"}).status_code == 302
    operation = Operation.objects.latest("pk")
    worker.execute(operation.pk)
    operation.refresh_from_db()
    return operation


def suspected(name: str) -> list[tuple[str, str]]:
    """Of which scope and where the lake has a file of this name under suspicion."""
    return [(item["scope"], item["rse"]) for item in rucio("member", "GET", "/replicas/suspicious").json() if item["name"] == name]


@real
@stored
@pytest.mark.parametrize("scope", ["KM3NET_ECAP_SP", "user.member"])
def test_a_damaged_copy_is_reported_and_shown_also_where_the_scope_has_a_dot(visitor: Visitor, scope: str) -> None:
    client, name = visitor("member"), upload("member", scope, b"report me")
    address = pfn("member", scope, name)
    assert address in client.get(f"{did_address('did', 'escape', scope, name)}?everything=1").content.decode()
    operation = reported(client, scope, name, address)
    assert (operation.state, operation.kind) == ("done", "report-suspicious"), operation.answer
    assert suspected(name) == [(scope, "DEMO-ERLANGEN")]
    why = client.get(f"/datalake/escape/why/{scope}/{name}")
    assert "The copy at DEMO-ERLANGEN was reported as corrupt." in text_of(why.content)
    assert reported(client, scope, name, f"{address}x").state == "refused"  # no copy of it is there


@real
@stored
@pytest.mark.parametrize("scope", ["KM3NET_ECAP_SP", "user.member"])
def test_a_report_never_falls_on_another_file_that_is_called_like_the_last_part_of_a_name(visitor: Visitor, scope: str) -> None:
    client, other = visitor("member"), upload("member", scope, b"I am well")
    name = f"{unique('run')}/{other}"
    address = pfn("member", scope, name)
    assert storage("member", "PUT", address, data=b"damaged").status_code == 201
    entry = {"scope": scope, "name": name, "bytes": 7, "adler32": f"{zlib.adler32(b'damaged'):08x}"}
    assert rucio("member", "POST", "/replicas/", json={"rse": "DEMO-ERLANGEN", "files": [entry]}).status_code == 201
    operation = reported(client, scope, name, address)
    assert (operation.state, "this name contains folders" in operation.answer) == ("refused", True), operation.answer
    assert (suspected(name), suspected(other)) == ([], [])
    assert "This copy cannot be reported here" in text_of(client.get(f"{did_address('did', 'escape', scope, name)}?everything=1").content)


@pytest.mark.parametrize(
    ("scope", "name", "pfn", "expected"),
    [
        ("user.lead", "n", "https://s:1/base/user/lead/ab/cd/n", "https://s:1/base/user.lead/n"),
        ("group.x.y", "n", "davs://s/base/group/x/y/n", "davs://s/base/group.x.y/n"),
        ("user.lead", "n", "root://s:1//base/user/lead/ab/cd/n", "root://s:1//base/user.lead/n"),
        ("KM3NET", "n", "https://s:1/base/KM3NET/ab/cd/n", "https://s:1/base/KM3NET/ab/cd/n"),
        ("KM3NET", "n", "https://s:1/base/other/order/n", "https://s:1/base/KM3NET/n"),
        ("user.lead", "n", "https://s:1/elsewhere/user/lead/n", "https://s:1/elsewhere/user/lead/n"),
    ],
)
def test_an_address_is_written_as_rucio_reads_it(scope: str, name: str, pfn: str, expected: str) -> None:
    assert parsable_address(scope, name, pfn, ["/base/", "/ba", "//base/"]) == expected
