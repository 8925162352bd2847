"""Rucio's daemons in one process: a look at the work every second, and a round only where there is some."""

import logging
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any

from devstack import address
from devstack.rucio import configuration

TICK = float(
    os.environ.get("RUCIO_TICK_SECONDS", "1.5")
)  # seconds between looks; a transfer goes one step of three in each, so that people see it go
SYNCHRONISE = 60.0
REAP = float(os.environ.get("RUCIO_REAP_SECONDS", "30"))
REPAIR_AFTER = 120  # seconds that a stuck rule stays stuck before it is tried again
STOP = threading.Event()

# One row of booleans: is there work for (the judge's evaluator, the conveyor, the cleaner, the undertaker, the counters, the repairer, the injector)?
WORK = """
select exists(select 1 from dev.updated_dids),
       exists(select 1 from dev.requests),
       exists(select 1 from dev.rules where expires_at < :now and not locked),
       exists(select 1 from dev.dids where expired_at < :now),
       exists(select 1 from dev.updated_rse_counters) or exists(select 1 from dev.updated_account_counters)
         or exists(select 1 from dev.updated_col_rep),
       exists(select 1 from dev.rules where state = 'S' and updated_at < :stuck),
       exists(select 1 from dev.rules where state = 'I')
"""


def pending() -> tuple[bool, ...]:
    """What there is to do, by one cheap question."""
    from datetime import UTC, datetime, timedelta

    from rucio.db.sqla.session import get_engine
    from sqlalchemy import text

    now = datetime.now(UTC).replace(tzinfo=None)
    with get_engine().connect() as connection:
        row = connection.execute(text(WORK), {"now": now, "stuck": now - timedelta(seconds=REPAIR_AFTER)}).one()
    return tuple(bool(value) for value in row)


def conveyor() -> None:
    """One round of transfers, the last step first: tell the rules, ask what has ended, send what is queued."""
    from rucio.daemons.conveyor import finisher, poller, submitter

    finisher.finisher(once=True, partition_wait_time=0)
    poller.poller(once=True, partition_wait_time=0, older_than=0, transfertool="copy")
    submitter.submitter(once=True, partition_wait_time=0, bulk=200, transfertools=["copy"])


def rounds(stack: ExitStack) -> dict[str, Callable[[], Any]]:
    """Each daemon's own single round, with a heartbeat that lives as long as this process."""
    from rucio.daemons.abacus import account, collection_replica, rse
    from rucio.daemons.common import HeartbeatHandler
    from rucio.daemons.judge import cleaner, evaluator, injector, repairer
    from rucio.daemons.undertaker import undertaker

    def beat(name: str) -> Any:
        return stack.enter_context(HeartbeatHandler(executable=name, renewal_interval=59))

    return {
        "evaluator": partial(evaluator.run_once, paused_dids={}, did_limit=100, heartbeat_handler=beat("judge-evaluator")),
        "cleaner": partial(cleaner.run_once, paused_rules={}, heartbeat_handler=beat("judge-cleaner")),
        "injector": partial(injector.run_once, paused_rules={}, heartbeat_handler=beat("judge-injector")),
        "repairer": partial(repairer.run_once, paused_rules={}, delta=REPAIR_AFTER, heartbeat_handler=beat("judge-repairer")),
        "undertaker": partial(undertaker.run_once, paused_dids={}, chunk_size=10, heartbeat_handler=beat("undertaker")),
        "rse": partial(rse.run_once, heartbeat_handler=beat("abacus-rse")),
        "account": partial(account.run_once, heartbeat_handler=beat("abacus-account")),
        "collection": partial(collection_replica.run_once, limit=1000, heartbeat_handler=beat("abacus-collection-replica")),
    }


def reap() -> None:
    """Delete the files of replicas that nobody needs any more."""
    from rucio.daemons.reaper import reaper

    reaper.reaper(rses=[], include_rses=None, exclude_rses=None, once=True, chunk_size=100)


def attempt(name: str, work: Callable[[], Any]) -> None:
    """One piece of work; its failure is told and holds up nothing else."""
    try:
        work()
    except Exception:
        logging.exception("%s failed; it is tried again", name)


def turn(daemons: dict[str, Callable[[], Any]]) -> None:
    """One look, and the rounds that it asks for."""
    evaluate, transfer, clean, bury, count, repair, inject = pending()
    wanted = {
        "evaluator": evaluate,
        "cleaner": clean,
        "undertaker": bury,
        "repairer": repair,
        "injector": inject,
        "rse": count,
        "account": count,
        "collection": count,
    }
    for name, work in daemons.items():
        if wanted[name] and not STOP.is_set():
            attempt(name, work)
    if transfer and not STOP.is_set():
        attempt("conveyor", conveyor)
    address.state_dir("rucio-daemons").joinpath("ready").touch()


def take_people() -> None:
    """Make the accounts equal to the IAM's people; an IAM that is away changes nothing."""
    from devstack.rucio import people

    try:
        people.synchronise()
    except people.SynchronisationFailed as error:
        print(f"The IAM's people could not be read: {error}", flush=True)


def loop(daemons: dict[str, Callable[[], Any]]) -> None:
    """Until told to stop."""
    from devstack.rucio import storages

    reaped = synchronised = time.monotonic()
    while not STOP.wait(TICK):
        attempt("daemons", lambda: turn(daemons))
        if time.monotonic() - reaped > REAP:
            attempt("measure", storages.measure)
            attempt("reaper", reap)
            reaped = time.monotonic()
        if time.monotonic() - synchronised > SYNCHRONISE:
            attempt("people", take_people)
            synchronised = time.monotonic()
    address.state_dir("rucio-daemons").joinpath("ready").unlink(missing_ok=True)


def main() -> int:
    sys.dont_write_bytecode = False
    warnings.simplefilter("ignore", SyntaxWarning)
    address.wait_for(f"{address.RUCIO_URL}/ping", 180)
    configuration.use()
    from devstack.rucio import transfers, webdav

    webdav.install()
    transfers.install()
    logging.basicConfig(level=logging.WARNING, stream=sys.stdout, format="%(levelname)s %(name)s %(message)s")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: STOP.set())
    print("Rucio's daemons run", flush=True)
    with ExitStack() as stack:
        loop(rounds(stack))
    transfers.COPIES.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
