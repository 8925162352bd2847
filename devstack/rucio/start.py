"""Prepare the Data Lake (configuration, schema, storage elements, people, data), then be the Rucio server."""

import sys
import time
import warnings

from devstack import address
from devstack.rucio import configuration


def has_root() -> bool:
    """Whether the database is made; the root account is the last step of making it."""
    from rucio.db.sqla.session import get_engine
    from sqlalchemy import inspect, text

    with get_engine().connect() as connection:
        if not inspect(connection).has_table("accounts", schema="dev"):
            return False
        return connection.execute(text("select 1 from dev.accounts where account = 'root'")).first() is not None


def forget_half_made() -> None:
    """Drop what an interrupted first start left, for Rucio cannot go on from the middle."""
    from rucio.db.sqla.session import get_engine
    from sqlalchemy import text

    with get_engine().begin() as connection:
        connection.execute(text("drop schema if exists dev cascade"))


def bootstrap() -> None:
    """Make the schema and the root account in a new database; wait for PostgreSQL first."""
    from rucio.db.sqla import util
    from sqlalchemy.exc import OperationalError

    deadline = time.monotonic() + 60
    while True:
        try:
            if not has_root():
                forget_half_made()
                util.build_database()
                util.create_base_vo()
                util.create_root_account()
            return
        except OperationalError as error:
            if time.monotonic() > deadline:
                raise SystemExit(f"PostgreSQL did not answer: {error.orig}") from None
            time.sleep(0.3)


def people() -> None:
    """Take the IAM's people over once; where it does not answer, the daemons will, later."""
    from devstack.rucio import people

    people.admit_portal()
    try:
        address.wait_for(f"{address.IAM_ISSUER}.well-known/openid-configuration", 90)
        people.synchronise()
    except (OSError, people.SynchronisationFailed) as error:
        print(f"The IAM's people are not taken over yet: {error}", flush=True)


def after_fork(server: object, worker: object) -> None:
    """A worker opens connections of its own; those of the preparation stay with the parent."""
    from rucio.db.sqla.session import get_engine

    get_engine().dispose(close=False)


def serve() -> None:
    """Be gunicorn, in this process: Rucio takes seconds to import, and the workers share what is imported already."""
    from gunicorn.app.base import BaseApplication

    class Server(BaseApplication):  # type: ignore[misc]
        """gunicorn with its options given here."""

        def load_config(self) -> None:
            for name, value in OPTIONS.items():
                self.cfg.set(name, value)

        def load(self) -> object:
            from devstack.rucio.application import application

            return application

    Server().run()


OPTIONS = {
    "bind": f"{address.HOST}:{address.PORTS['rucio']}",
    "workers": 2,
    "threads": 6,
    "preload_app": True,
    "post_fork": after_fork,
    "control_socket_disable": True,
    "graceful_timeout": 5,
    "keepalive": 75,
}


def main() -> None:
    sys.dont_write_bytecode = False  # compiling Rucio at every start takes longer than all the rest
    warnings.simplefilter("ignore", SyntaxWarning)
    configuration.write()
    configuration.use()
    bootstrap()
    from devstack.rucio import seed, storages

    storages.make_all()
    people()
    seed.plant()
    serve()


if __name__ == "__main__":
    main()
