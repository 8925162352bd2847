"""The starter notebook in a real session, for a project of which something is gone and something has an odd name."""

import shutil
import uuid
from collections.abc import Iterator

import pytest

from devstack.address import STATE, subject
from tests.devstack import rucio_core
from tests.notebooks.lab_session import lab_session

pytestmark = [pytest.mark.integration("portal", "hub", "iam", "rucio", "storage"), pytest.mark.rare(group="sessions")]
GOOD = "KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf"
GONE = "KM3NET_ECAP_SP:gone.for.good"
FILES = ["a b.fits", "o#p%20q.fits", "x\u202egpj.fits", "qu'o\"te.fits", f"{'é' * 110}.fits"]


@pytest.fixture
def odd() -> Iterator[str]:
    """A dataset with a space, `#`, `%` and U+202E in its name, and files of odd names in it."""
    scope = f"odd_{uuid.uuid4().hex[:8]}"
    name = "a set #1 of 100%\u202e"
    rucio_core.add(scope, FILES)
    rucio_core.add(scope, [name], type="DATASET")
    rucio_core.attach(scope, name, FILES)
    yield f"{scope}:{name}"
    rucio_core.delete(scope)


def test_each_data_set_costs_only_itself_and_is_told(odd: str) -> None:
    dids = [GONE, "no identifier", odd, f"KM3NET_ECAP_SP:{'n' * 250}", GOOD]
    shutil.rmtree(STATE / "hub" / "homes" / subject("lead") / "odd-data", ignore_errors=True)  # of an earlier run
    with lab_session("lead", "odd-data", dids=dids, more=7) as session:
        ran = session.shell("jupyter", "nbconvert", "--execute", "--to", "markdown", "--stdout", "start.ipynb")
    assert ran.returncode == 0, ran.stderr
    assert f"'{GONE}': not listed. DataIdentifierNotFound" in ran.stdout
    assert "'no identifier': not listed, because it is not a DID (scope:name)" in ran.stdout
    assert f"{odd!a}: {len(FILES)} files" in ran.stdout
    for name in FILES:
        assert f"{name!a}  1 bytes" in ran.stdout
    assert "\u202e" not in ran.stdout
    assert f"'{GOOD}': 5 files" in ran.stdout
    assert "7 more DIDs of the project are not listed here" in ran.stdout
    assert "could not be downloaded: no site offers it over https" in ran.stdout  # the smallest is of the odd ones, which lie nowhere
    assert "checksum OK" in ran.stdout
