"""The storage itself keeps restricted data from tokens without the group, whatever door they come by."""

import pytest

from devstack import address
from tests.devstack.rucio_client import rucio, storage

pytestmark = [pytest.mark.integration("rucio", "storage"), pytest.mark.rare(group="lake")]
SCOPE, FILE = "KM3NET_EMBARGO_SP", "candidates_mrk421_simulated.ecsv"


def replica() -> str:
    """Where the file is."""
    reply = rucio("lead", "GET", f"/replicas/{SCOPE}/{FILE}")
    assert reply.status_code == 200, reply.text
    return str(next(iter(reply.json()["pfns"])))


def test_only_members_of_the_group_get_the_bytes() -> None:
    there = replica()
    assert there.startswith(f"{address.STORAGE_URL}/")
    assert storage("lead", "GET", there).content.startswith(b"# %ECSV")
    for name in ("member", "outsider"):
        refused = storage(name, "GET", there)
        assert (refused.status_code, b"ECSV" in refused.content) == (403, False)
        assert storage(name, "PROPFIND", there).status_code == 403
