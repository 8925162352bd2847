"""A person's tokens, as the running portal holds them, lie open nowhere: not in tables, Redis, logs, files or pages."""

from collections.abc import Callable, Iterator
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
    for folder in ("logs", "portal", "worker"):
        for path in (STATE / folder).rglob("*"):
            if path.is_file() and "static" not in path.parts:
                with path.open("rb") as handle:
                    yield str(path), handle.read(MOST).decode("latin-1")


def pages(browser: requests.Session) -> Iterator[tuple[str, str]]:
    for path in PAGES:
        reply = browser.get(PORTAL_URL + path, timeout=20)
        yield path, f"{reply.headers} {reply.text} {reply.url}"


def test_no_token_lies_open(portal_session: Callable[[str], requests.Session]) -> None:
    browser = portal_session("outsider")
    with psycopg.connect(database_url("portal"), autocommit=True) as connection, connection.cursor() as cursor:
        secrets = held(cursor, "outsider")
        assert len(secrets) >= 2
        secrets += settings.VAULT_KEYS
        places = [*pages(browser), *tables(cursor), *stored_in_redis(), *files()]
    found = [
        place
        for place, text in places
        for secret in secrets
        if (secret in text or secret.rpartition(".")[2] in text) and not place.endswith("vault.key")
    ]
    assert len(places) > 20
    assert not found
