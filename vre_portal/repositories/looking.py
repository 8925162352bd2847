"""Which commits branches and tags name now, without fetching anything of it."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from vre_portal.address_guard import AddressRefused, check_address
from vre_portal.jobs.fates import Refused
from vre_portal.repositories import child_process
from vre_portal.repositories.addresses import named_hosts
from vre_portal.repositories.slot import fetch_slot


def commit_at(address: str, ref: str) -> str:
    """The commit, or the object of a tag; for workers only. Raises Refused, RemoteUnavailable where a retry may succeed, or NoSlot."""
    with _asking(address) as folder:
        return child_process.look(address, ref, folder)


def commits_of_branches(address: str, refs: list[str]) -> dict[str, str]:
    """The commits of several branches, asked for at once; "" is the default branch. Others are left out. Raises as `commit_at` does."""
    with _asking(address) as folder:
        return child_process.look_at_branches(address, refs, folder)


@contextmanager
def _asking(address: str) -> Iterator[Path]:
    """A folder for the child that asks a server which may be asked."""
    try:
        check_address(address, named_hosts())
    except AddressRefused as refused:
        raise Refused(str(refused)) from None
    with fetch_slot(), tempfile.TemporaryDirectory(prefix=child_process.PREFIX, ignore_cleanup_errors=True) as name:
        yield Path(name)
