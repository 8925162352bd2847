"""The stack's transfer tool: in the place of a grid's transfer service, a few threads that really copy."""

import itertools
import logging
import shutil
import threading
import uuid
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from rucio.common.constants import SCHEME_MAP
from rucio.core import transfer as transfer_core
from rucio.db.sqla.constants import RequestState
from rucio.transfertool.transfertool import TransferStatusReport, Transfertool, TransferToolBuilder

from devstack import address
from devstack.rucio import bring_online
from devstack.rucio.copying import CopyFailed, copy

HOST = "copy.local"
WORKERS = 3
FROM_TAPE = 16  # copies that may wait for tape at a time, beside the others


@dataclass
class Outcome:
    """What has become of one file's copy."""

    started: datetime
    ended: datetime | None = None
    error: str | None = None
    source_rse_id: str | None = None


def workspace() -> Path:
    """Where the bytes are between two storages."""
    return address.state_dir("rucio-daemons") / "copies"


def now() -> datetime:
    """Rucio keeps times without a zone, in UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


class Copies:
    """The copies that run in this process, by request."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.pool = ThreadPoolExecutor(max_workers=WORKERS, thread_name_prefix="copy")
        self.tape_pool = ThreadPoolExecutor(max_workers=FROM_TAPE, thread_name_prefix="tape")
        self.ending = threading.Event()
        self.outcomes: dict[str, Outcome] = {}

    def start(self, transfer: Any) -> None:
        with self.lock:
            self.outcomes[transfer.rws.request_id] = Outcome(now())
        pool = self.tape_pool if any(bring_online.is_needed(source) for source in transfer.sources) else self.pool
        pool.submit(self.run, transfer)

    def close(self) -> None:
        """Let the copies that run end, save those that wait for tape."""
        self.ending.set()
        for pool in (self.pool, self.tape_pool):
            pool.shutdown(wait=True, cancel_futures=True)

    def run(self, transfer: Any) -> None:
        """Try the sources in Rucio's order; keep every reason."""
        outcome = self.outcomes[transfer.rws.request_id]
        outcome.started = now()
        reasons = []
        for source in transfer.sources:
            try:
                if bring_online.is_needed(source):
                    bring_online.wait(transfer.source_url(source), self.ending)
                copy(transfer, source, workspace())
            except CopyFailed as error:
                reasons.append(str(error))
            except Exception as error:
                logging.exception("A copy broke")
                reasons.append(f"The copy broke: {type(error).__name__}")
            else:
                outcome.source_rse_id, reasons = source.rse.id, []
                break
        outcome.error = "; ".join(reasons) or None
        outcome.ended = now()

    def take(self, request_id: str) -> Outcome | None:
        """The outcome of an ended copy, once; None while it runs. One that nobody knows died with an earlier process."""
        with self.lock:
            outcome = self.outcomes.get(request_id)
            if outcome is None:
                return Outcome(now(), now(), "The transfer daemon was stopped during the copy")
            if outcome.ended is None:
                return None
            return self.outcomes.pop(request_id)


COPIES = Copies()


class CopyReport(TransferStatusReport):  # type: ignore[misc]
    """How a copy ended, in the form that the poller writes to the database."""

    supported_db_fields: ClassVar = ["state", "external_id", "started_at", "transferred_at", "source_rse_id", "err_msg"]

    def __init__(self, request_id: str, external_id: str, outcome: Outcome) -> None:
        super().__init__(request_id)
        self.state = RequestState.FAILED if outcome.error else RequestState.DONE
        self.external_id = external_id
        self.started_at, self.transferred_at = outcome.started, outcome.ended
        self.source_rse_id = outcome.source_rse_id
        self.err_msg = outcome.error

    def initialize(self, session: Any, logger: Any = logging.log) -> None:
        """All is known from the start."""

    def get_monitor_msg_fields(self, session: Any, logger: Any = logging.log) -> dict[str, Any]:
        return {"reason": self.err_msg, "started_at": self.started_at, "transferred_at": self.transferred_at}


class CopyTool(Transfertool):  # type: ignore[misc]
    """Rucio's interface to the copies."""

    external_name = "copy"
    required_rse_attrs = ()
    supported_schemes: ClassVar = {"file", "https", "davs"}

    @classmethod
    def submission_builder_for_path(cls, transfer_path: list[Any], logger: Any = logging.log) -> tuple[list[Any], Any]:
        """One hop at a time; a later hop is a transfer of its own."""
        return [transfer_path[0]], TransferToolBuilder(cls, external_host=HOST)

    def group_into_submit_jobs(self, transfer_paths: Iterable[list[Any]]) -> list[dict[str, Any]]:
        """Each file a job, so that one that fails takes no other with it."""
        return [{"transfers": [transfer], "job_params": {}} for transfer in itertools.chain.from_iterable(transfer_paths)]

    def submit(self, transfers: Iterable[Any], job_params: dict[str, str], timeout: int | None = None) -> str:
        for transfer in transfers:
            COPIES.start(transfer)
        return uuid.uuid4().hex

    def bulk_query(self, requests_by_eid: Mapping[str, Mapping[str, Any]], timeout: int | None = None) -> dict[str, dict[str, CopyReport]]:
        replies: dict[str, dict[str, CopyReport]] = {}
        for external_id, requests in requests_by_eid.items():
            ended = {request_id: COPIES.take(request_id) for request_id in requests}
            replies[external_id] = {key: CopyReport(key, external_id, outcome) for key, outcome in ended.items() if outcome}
        return replies

    def cancel(self, transfer_ids: Sequence[str], timeout: int | None = None) -> None:
        """A copy takes moments: let it end, the finisher throws away what nobody wants."""

    def update_priority(self, transfer_id: str, priority: int, timeout: int | None = None) -> None:
        """There is one queue."""


def install() -> None:
    """Make the tool known to Rucio, and let files go between folders and https; begin with an empty workspace."""
    shutil.rmtree(workspace(), ignore_errors=True)
    workspace().mkdir()
    transfer_core.TRANSFERTOOL_CLASSES_BY_NAME[CopyTool.external_name] = CopyTool
    SCHEME_MAP["file"] = ["file", "https", "davs"]
    for scheme in ("https", "davs"):
        SCHEME_MAP[scheme] = [*SCHEME_MAP[scheme], "file"]
