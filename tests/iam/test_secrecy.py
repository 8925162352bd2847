"""A person's tokens, as the running portal holds them, lie open nowhere: not in tables, Redis, logs, files, pages or temporary files."""

import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import requests
from django.conf import settings
from psycopg import sql

from devstack.address import PORTAL_URL, STATE, database_url, subject
from vre_portal.iam.sealing import unseal

pytestmark = pytest.mark.integration("postgres", "redis", "iam", "portal")
# The lake's pages use a token; the last ones are what is shown when something is wrong.
USING = ("/datalake/escape/", "/datalake/escape/did/KM3NET_ECAP_SP/DM.PointSourceIRF.km3irf", "/datalake/escape/rses/")
BROKEN = ("/datalake/escape/did/NO_SCOPE/nothing", "/datalake/escape/download/NO_SCOPE/nothing?format=json", "/datalake/escape/rules/0/", "/control/",
          "/accounts/oidc/iam/login/callback/?code=x&state=x", "/accounts/oidc/iam/login/callback/?error=access_denied", "/%00")  # fmt: skip
PAGES = ("/", "/me/", "/me/?format=json", "/projects/", "/status.json", "/nothing/", "/accounts/login/?again=1")
MOST = 4_000_000  # bytes read of one file


def held(cursor: Any, name: str) -> list[str]:
    """The values of a person's live tokens, opened with the stack's own key."""
    query = (
        "SELECT t.user_id, t.service, t.access, t.refresh FROM iam_token t JOIN iam_user u ON u.id = t.user_id "
        "WHERE u.subject = %s AND t.retired_at IS NULL"
    )
    rows = cursor.execute(query, [subject(name)]).fetchall()
    return [unseal(sealed, owner=f"{user}/{service}") for user, service, *values in rows for sealed in values if sealed]


def tables(cursor: Any) -> Iterator[tuple[str, str]]:
    cursor.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
    for (name,) in cursor.fetchall():
        rows = cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name))).fetchall()
        yield f"table {name}", "\n".join(row[0] for row in rows)


def value_in_redis(connection: Any, key: bytes) -> object:
    kind = connection.type(key)
    if kind == b"list":
        return connection.lrange(key, 0, -1)
    if kind == b"zset":
        return connection.zrange(key, 0, -1)
    readers = {b"string": connection.get, b"hash": connection.hgetall, b"set": connection.smembers}
    return readers[kind](key) if kind in readers else ""


def stored_in_redis() -> Iterator[tuple[str, str]]:
    for url in (settings.REDIS_URL, settings.CACHES["default"]["LOCATION"]):
        connection = redis.Redis.from_url(url)
        for key in connection.scan_iter(count=500):
            yield f"Redis {key!r}", f"{key!r} {value_in_redis(connection, key)!r}"


def files() -> Iterator[tuple[str, str]]:
    """All that the servers wrote, of every one of them, the end of what is long."""
    for path in (STATE / "logs").rglob("*"):
        yield str(path), content(path)
    for folder in ("portal", "worker", "beat"):
        for path in (STATE / folder).rglob("*"):
            if "static" not in path.parts:
                yield str(path), content(path)


def content(path: Path) -> str:
    try:
        with path.open("rb") as handle:
            handle.seek(max(0, path.stat().st_size - MOST))
            return handle.read().decode("latin-1")
    except OSError:  # a folder, a socket, or gone meanwhile
        return ""


def temporary(since: float) -> Iterator[tuple[str, str]]:
    """What was written to the temporary folders since then, not deep: other programs keep whole trees there."""
    for root in {tempfile.gettempdir(), "/tmp", "/dev/shm"}:
        for folder, below, names in os.walk(root):
            below[:] = [] if folder.count("/") - root.count("/") >= 3 else [name for name in below if not name.startswith("pytest-")]
            for path in (Path(folder, name) for name in names):
                if path.is_file() and not path.is_symlink() and path.stat().st_mtime >= since:
                    yield str(path), content(path)


def pages(browser: requests.Session) -> Iterator[tuple[str, str]]:
    for path in (*USING, *PAGES, *BROKEN):
        reply = browser.get(PORTAL_URL + path, timeout=20)
        yield path, f"{reply.headers} {reply.text} {reply.url}"
    for path, headers in (("/projects/resources/", {}), ("/me/", {"Host": "evil.example"}), ("/me/", {"X-CSRFToken": "x" * 9000})):
        reply = browser.post(PORTAL_URL + path, data={"kind": "did"}, headers=headers, timeout=20)
        yield f"POST {path}", f"{reply.headers} {reply.text}"


def sign_out(browser: requests.Session) -> None:
    """By the button, so that the worker takes the tokens back."""
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', browser.get(f"{PORTAL_URL}/me/", timeout=20).text)
    assert found
    form = {"csrfmiddlewaretoken": found[1]}
    reply = browser.post(f"{PORTAL_URL}/accounts/logout/", data=form, headers={"Origin": PORTAL_URL}, allow_redirects=False, timeout=20)
    assert reply.status_code == 302
    time.sleep(3)


def test_no_token_lies_open(portal_session: Callable[[str], requests.Session]) -> None:
    began, browser = time.time(), portal_session("outsider")
    for path in USING:  # so that there is a token for the lake
        browser.get(PORTAL_URL + path, timeout=20)
    with psycopg.connect(database_url("portal"), autocommit=True) as connection, connection.cursor() as cursor:
        secrets = held(cursor, "outsider")
        assert len(secrets) >= 3  # two of the sign-in, one for the lake
        secrets += settings.VAULT_KEYS
        places = [*pages(browser), *tables(cursor), *stored_in_redis()]
        sign_out(browser)
        places += [*tables(cursor), *stored_in_redis(), *files(), *temporary(began)]
    assert any(path.endswith("vault.key") for path, _ in places)  # what is looked for is found where it is
    found = [
        place
        for place, text in places
        for secret in secrets
        if (secret in text or secret.rpartition(".")[2] in text) and not place.endswith("vault.key")
    ]
    assert len(places) > 20
    assert not found
