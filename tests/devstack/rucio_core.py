"""Write DIDs into the stack's Rucio past its own rule for names, through Rucio's core: real lakes hold names that the rule forbids.

Rucio's server is installed in an environment of its own, so this file runs there as a process of its own.
"""

import atexit
import json
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

from devstack import address


def add(scope: str, names: Iterable[str], type: str = "FILE", size: int = 1, account: str = "lead") -> None:
    """DIDs of one scope, which is made where it is missing."""
    _run("add", scope=scope, names=list(names), type=type, size=size, account=account)


def attach(scope: str, name: str, children: Iterable[str], of: str = "") -> None:
    """Put files, of another scope where it is said, into a dataset."""
    _run("attach", scope=scope, name=name, children=list(children), of=of or scope)


def describe(scope: str, name: str, **words: Any) -> None:
    """Give a DID metadata."""
    _run("describe", scope=scope, name=name, words=words)


def close(scope: str, name: str) -> None:
    """Close a collection: its size is settled."""
    _run("close", scope=scope, name=name)


def delete(scope: str, names: Iterable[str] | None = None) -> None:
    """Delete these DIDs of a scope; without names all of them, and the scope."""
    _run("delete", scope=scope, names=None if names is None else list(names))


@cache
def _process() -> subprocess.Popen[str]:
    """This file at work in Rucio's environment, once for all tests: Rucio takes seconds to import."""
    command = [str(address.ENVS / "rucio" / "bin" / "python"), "-m", "tests.devstack.rucio_core"]
    process = subprocess.Popen(command, cwd=address.ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    atexit.register(process.kill)
    return process


def _run(operation: str, **values: Any) -> None:
    process = _process()
    assert process.stdin
    assert process.stdout
    process.stdin.write(json.dumps([operation, values]) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline().strip()
    assert answer == '"done"', answer


# --- inside Rucio's environment -------------------------------------------------------------------------------------------


def _add(scope: str, names: list[str], type: str, size: int, account: str) -> None:
    from rucio.common.types import InternalAccount, InternalScope
    from rucio.core import did
    from rucio.core import scope as scopes
    from rucio.db.sqla import models
    from rucio.db.sqla.constants import DIDType
    from rucio.db.sqla.session import get_session

    owner, where = InternalAccount(account), InternalScope(scope)
    session = get_session()
    try:
        if not scopes.check_scope(where, session=session):
            scopes.add_scope(where, owner, session=session)
        if type == "FILE":  # Rucio makes files with their first copy; that is another part of it
            for name in names:
                facts = {"bytes": size, "adler32": "00000001", "is_open": None, "guid": uuid.uuid4().hex}
                models.DataIdentifier(scope=where, name=name, account=owner, did_type=DIDType.FILE, **facts).save(
                    session=session, flush=False
                )
        else:
            rows = [{"scope": where, "name": name, "type": type} for name in names]
            did.add_dids(rows, account=owner, session=session)
        session.commit()
    finally:
        session.close()


def _attach(scope: str, name: str, children: list[str], of: str) -> None:
    from rucio.common.types import InternalAccount, InternalScope
    from rucio.core import did
    from rucio.db.sqla.session import get_session

    session, where = get_session(), InternalScope(scope)
    rows = [{"scope": InternalScope(of), "name": child} for child in children]
    did.attach_dids(where, name, rows, account=InternalAccount("root"), session=session)
    session.commit()
    session.close()


def _describe(scope: str, name: str, words: dict[str, Any]) -> None:
    from rucio.common.types import InternalScope
    from rucio.core import did
    from rucio.db.sqla.session import get_session

    session = get_session()
    did.set_metadata_bulk(InternalScope(scope), name, words, session=session)
    session.commit()
    session.close()


def _close(scope: str, name: str) -> None:
    from rucio.common.types import InternalScope
    from rucio.core import did
    from rucio.db.sqla.session import get_session

    session = get_session()
    did.set_status(InternalScope(scope), name, open=False, session=session)
    session.commit()
    session.close()


def _delete(scope: str, names: list[str] | None) -> None:
    from rucio.common.types import InternalScope
    from rucio.db.sqla import models
    from rucio.db.sqla.session import get_session
    from sqlalchemy import delete

    where, session = InternalScope(scope), get_session()
    contents = models.DataIdentifierAssociation
    inside = delete(contents).where(contents.child_scope == where)
    session.execute(inside if names is None else inside.where(contents.child_name.in_(names)))
    tables: list[Any] = [models.DataIdentifierAssociation, models.DidMeta, models.UpdatedDID, models.DataIdentifier]
    for table in tables:
        statement = delete(table).where(table.scope == where)
        session.execute(statement if names is None else statement.where(table.name.in_(names)))
    if names is None:
        session.execute(delete(models.Scope).where(models.Scope.scope == where))
    session.commit()
    session.close()


OPERATIONS: dict[str, Callable[..., None]] = {"add": _add, "attach": _attach, "describe": _describe, "close": _close, "delete": _delete}


def _serve() -> None:
    """One operation a line, and a line for what came of it."""
    for line in sys.stdin:
        operation, values = json.loads(line)
        try:
            OPERATIONS[operation](**values)
        except Exception as error:  # noqa: BLE001 -- the test is told
            answer = repr(error)[:2000]
        else:
            answer = "done"
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    from devstack.rucio import configuration

    configuration.use()
    _serve()
