"""Which commit a branch or a tag names now, without fetching anything of it."""

import tempfile
from pathlib import Path

from vre_portal.address_guard import AddressRefused, check_address
from vre_portal.jobs.fates import Refused
from vre_portal.repositories import child_process
from vre_portal.repositories.addresses import named_hosts
from vre_portal.repositories.slot import fetch_slot


def commit_at(address: str, ref: str) -> str:
    """The commit, or the object of a tag; for workers only. Raises Refused, RemoteUnavailable where a retry may succeed, or NoSlot."""
    try:
        check_address(address, named_hosts())
    except AddressRefused as refused:
        raise Refused(str(refused)) from None
    with fetch_slot(), tempfile.TemporaryDirectory(prefix=child_process.PREFIX, ignore_cleanup_errors=True) as name:
        return child_process.look(address, ref, Path(name))
