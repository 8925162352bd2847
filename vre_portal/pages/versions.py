"""Which version each topic is in now, read anew for each request: what was made private a moment ago is private for the next visitor."""

import logging
from weakref import WeakSet

from django.db import connection
from psycopg import Connection, pq
from psycopg.pq.abc import PGresult

logger = logging.getLogger(__name__)
Versions = dict[bytes, bytes]  # topic -> version
READ = (
    b"SELECT string_agg(topic || '=' || version, ' ') FROM"
    b" (SELECT topic, bit_xor(mark)::text AS version FROM pages_mark GROUP BY topic) AS versions"
)
STATEMENT = b"page_versions"
_prepared: WeakSet[Connection[object]] = WeakSet()  # connections at which the server keeps the statement parsed and planned


def read() -> Versions | None:
    """The version of each topic; None where the database cannot say.

    One question to the database, sent by libpq itself on the thread's own connection: by a cursor it would cost ten times as much CPU, more
    than the page that it spares. A connection that is gone is not mended here; the code that renders the page does, or says that the database is away.
    """
    try:
        if connection.connection is None:
            connection.ensure_connection()
        result = _ask(connection.connection)  # type: ignore[arg-type]
    except Exception as error:  # noqa: BLE001 -- whatever it is, the page is rendered
        logger.warning("the versions of pages cannot be read: %s", type(error).__name__)
        return None
    if result.status != pq.ExecStatus.TUPLES_OK:
        return None
    text = result.get_value(0, 0) or b""
    return dict(part.split(b"=") for part in text.split())  # type: ignore[misc]


def _ask(server: Connection[object]) -> PGresult:
    """The prepared statement's answer, in a third of the time; a pooler that hands out another server's connection may not know it."""
    if server not in _prepared and server.pgconn.prepare(STATEMENT, READ).status == pq.ExecStatus.COMMAND_OK:
        _prepared.add(server)
    if server in _prepared:
        result = server.pgconn.exec_prepared(STATEMENT, None)
        if result.status == pq.ExecStatus.TUPLES_OK:
            return result
        _prepared.discard(server)
    return server.pgconn.exec_(READ)
