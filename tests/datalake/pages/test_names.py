"""Names that no clerk would choose, really in the catalogue: each has all its pages, and is itself on each of them."""

import csv
import html
import io
import re
import uuid
import zipfile
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit
from xml.etree import ElementTree

import psycopg
import pytest
import requests
from django.test import Client

from datalake import rucio
from datalake.index import store
from datalake.index.models import IndexedScope
from datalake.pages.addresses import did_address
from devstack import address
from tests.datalake.index.entries import fact
from tests.devstack.rucio_client import CA, token
from vre_portal.http import RemoteUnavailable
from vre_portal.services import ServiceKind, service

pytestmark = [pytest.mark.integration("rucio", "storage", "iam"), pytest.mark.django_db(transaction=True)]
SCOPE, CONTENT, ADLER = "test.names", b"of just one file\n", "37a105e8"
UNASKABLE = "two\nlines"  # Rucio lists it, and has no address for it
NAMES = (
    *("a/b.txt", "/lead/ing//and/trailing/", "a+b.txt", "two words.txt", "100%.txt", "a%2Fb.txt", "ünï/ço∂é 東京.txt", "x" * 250),
    *("\u202egpj.exe", "bell\x07and\x7fdel", UNASKABLE, "q\"uo'te<b>&amp;", "--help", "a/../../etc/passwd", "true*", "a?b#c;d&e=f"),
)
DIDS = "scope, name, account, did_type, is_open, bytes, length, adler32, hidden, suppressed, obsolete, availability, created_at, updated_at"


@pytest.fixture
def dataset() -> Iterator[str]:
    """A dataset of files with all these names, written past Rucio's own rule for names: other experiments have other rules."""
    name = f"all.{uuid.uuid4().hex[:8]}"
    with psycopg.connect(address.database_url("rucio"), autocommit=True) as database:
        database.execute(
            "insert into dev.scopes (scope, account, is_default, status, created_at, updated_at)"
            " values (%s, 'lead', false, 'O', now(), now()) on conflict do nothing",
            [SCOPE],
        )
        found = database.execute("select id from dev.rses where rse = 'DEMO-ERLANGEN'").fetchone()
        assert found
        rows = [(name, "D", True, None, None, None), *((item, "F", None, len(CONTENT), None, ADLER) for item in NAMES)]
        for item, kind, is_open, size, length, checksum in rows:
            database.execute(
                f"insert into dev.dids ({DIDS}) values (%s, %s, 'lead', %s, %s, %s, %s, %s, false, false, false, 'A', now(), now())",
                [SCOPE, item, kind, is_open, size, length, checksum],
            )
        for item in NAMES:
            database.execute(
                "insert into dev.contents (scope, name, child_scope, child_name, did_type, child_type, bytes, adler32, created_at, updated_at)"
                " values (%s, %s, %s, %s, 'D', 'F', %s, %s, now(), now())",
                [SCOPE, name, SCOPE, item, len(CONTENT), ADLER],
            )
            database.execute(
                "insert into dev.replicas (rse_id, scope, name, bytes, adler32, state, lock_cnt, created_at, updated_at)"
                " values (%s, %s, %s, %s, %s, 'A', 0, now(), now())",
                [found[0], SCOPE, item, len(CONTENT), ADLER],
            )
        yield name
        for table in ("replicas", "contents", "dids", "scopes"):
            database.execute(f"delete from dev.{table} where scope = %s", [SCOPE])


def shown(text: str) -> None:
    """Nothing in a page that hides, turns or ends something."""
    visible = re.sub(r"<textarea.*?</textarea>|<[^>]*>", "", text, flags=re.DOTALL)  # what is typed or sent stays as it is
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", visible)
    assert "<b>" not in text


def stored(names: tuple[str, ...]) -> set[str]:
    """Those of the names whose bytes are in the storage, at the address that the portal reads them from."""
    lake, there = service(ServiceKind.RUCIO), set()
    for name in names:
        (pfn,) = rucio.list_readable_urls(lake, token("lead"), SCOPE, name)
        parts = urlsplit(pfn)
        sent = {"headers": {"Authorization": f"Bearer {token('lead')}"}, "verify": str(CA), "timeout": 20}
        for depth in range(3, parts.path.count("/")):  # folders
            requests.request("MKCOL", f"{parts.scheme}://{parts.netloc}{'/'.join(parts.path.split('/')[: depth + 1])}/", **sent)
        requests.put(pfn, data=CONTENT, **sent)  # refused where it is there from another run
        if requests.get(pfn, **sent).content == CONTENT:
            there.add(name)
    return there


def test_every_name_is_itself_at_every_address(visitor: Callable[[str], Client], dataset: str) -> None:
    client = visitor("lead")
    listed = [client.get(f"{did_address('did', 'escape', SCOPE, dataset)}?part=content&format=json").json()["items"]]
    pages = {item["name"]: item["page"] for item in listed[0]}
    assert set(pages) == set(NAMES)
    tree = client.get(f"{did_address('did', 'escape', SCOPE, dataset)}?everything=1").content.decode()
    shown(tree)
    for name, page in pages.items():
        joint = "&" if "?" in page else "?"
        assert html.escape(page) in tree, name
        reply = client.get(page)
        if name == UNASKABLE:
            assert reply.status_code == 404
            continue
        assert reply.status_code == 200, name
        text = reply.content.decode()
        shown(text)
        form = re.search(r'<form action="/projects/resources/".*?</form>', text, re.DOTALL)
        assert form
        assert f'value="{html.escape(f"{SCOPE}:{name}")}"' in form[0], name
        assert client.get(f"{page}{joint}format=json").json()["name"] == name
        assert client.get(f"{page}{joint}format=jsonld").json()["url"].endswith(page), name
        (copy,) = csv.DictReader(io.StringIO(client.get(f"{page}{joint}format=csv").content.decode(), newline=""))
        assert copy["name"].removeprefix("'") == name  # a spreadsheet would take some for formulas
        for view in ("metadata", "lake_acts:why"):
            other = client.get(did_address(view, "escape", SCOPE, name))
            assert other.status_code == 200, (view, name)
            shown(other.content.decode())
        query = {"did": f"{SCOPE}:{name}", "rse": "DEMO-ANNECY", "copies": "1", "step": "check"}
        wizard = client.get("/datalake/escape/make-available/", query)
        assert wizard.status_code == 200, name
        shown(wizard.content.decode())


def test_a_search_leads_from_every_name_to_its_page(visitor: Callable[[str], Client], dataset: str) -> None:
    scope = IndexedScope.objects.create(lake="escape", name=SCOPE)
    store.save_facts(scope, [fact(name) for name in NAMES])
    store.count(scope)
    client = visitor("lead")
    for name in NAMES:
        found = client.get("/datalake/escape/", {"scope": SCOPE, "pattern": name, "type": "all", "format": "json"}).json()["items"]
        (page,) = [item["page"] for item in found if item["name"] == name]
        assert page == did_address("did", "escape", SCOPE, name)
    reply = client.get("/datalake/escape/", {"scope": SCOPE, "type": "all"})
    assert reply.status_code == 200
    shown(reply.content.decode())


def test_a_download_is_the_file_of_that_name_or_a_page_that_says_no(visitor: Callable[[str], Client], dataset: str) -> None:
    there = stored(NAMES)
    assert {"a/b.txt", "a+b.txt", "two words.txt", "100%.txt", "a%2Fb.txt", "x" * 250, "true*", "--help"} <= there
    client = visitor("lead")
    for name in NAMES:
        reply = client.get(did_address("download", "escape", SCOPE, name))
        assert reply.status_code in ((404,) if name == UNASKABLE else (200,) if name in there else (403, 503)), (name, reply.status_code)
        if reply.status_code == 200:
            assert b"".join(reply) == CONTENT  # type: ignore[arg-type]
            assert not re.search("[\r\n\0]", reply["Content-Disposition"])


def test_a_zip_and_a_metalink_have_every_file_under_a_harmless_name(visitor: Callable[[str], Client], dataset: str) -> None:
    there = stored(NAMES)
    client = visitor("lead")
    listed = ElementTree.fromstring(b"".join(client.get(did_address("metalink", "escape", SCOPE, dataset))))  # type: ignore[arg-type]
    names = [item.get("name", "") for item in listed.iter("{urn:ietf:params:xml:ns:metalink}file")]
    body, whole = io.BytesIO(), True
    try:
        for piece in client.get(did_address("zip", "escape", SCOPE, dataset)):  # type: ignore[attr-defined]
            body.write(piece)
    except RemoteUnavailable:
        whole = False
    archive = zipfile.ZipFile(body)
    assert whole == (len(there) == len(NAMES))
    assert len(archive.namelist()) == len(there) + 2  # and the list of what is there, and of what had to be renamed
    renamed = archive.read("RENAMED.tsv").decode().splitlines()[1:]
    assert "a_.._.._etc_passwd" in archive.namelist() or any(line.endswith("a/../../etc/passwd") for line in renamed)
    assert len(set(names)) == len(NAMES)
    for path in (*names, *archive.namelist()):
        assert not path.startswith("/")
        assert not {"", ".", ".."} & set(path.split("/"))
        assert not re.search(r'[\x00-\x1f\x7f<>:"\\|?*\u202a-\u202e]', path)
