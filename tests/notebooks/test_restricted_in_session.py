"""Restricted data in a notebook: for those whose group may read them, and for nobody else, by whatever program."""

import time

import pytest

from datalake.files.notebook_cells import FETCH
from devstack.hub.starter import in_session
from tests.notebooks.lab_session import lab_session

pytestmark = [pytest.mark.integration("portal", "hub", "iam", "rucio", "storage"), pytest.mark.rare(group="sessions")]
SCOPE, FILE = "KM3NET_EMBARGO_SP", "candidates_mrk421_simulated.ecsv"
BRING = f"print(fetch({{'scope': '{SCOPE}', 'name': '{FILE}'}}).read_text()[:7])"


def test_whose_group_may_read_them_reads_them() -> None:
    with lab_session("lead", "restricted") as session, session.kernel() as kernel:
        kernel.said(in_session(FETCH))
        assert "# %ECSV" in kernel.said(BRING)
        session.shell("rucio", "download", "--dir", "got", f"{SCOPE}:{FILE}")
        assert (session.folder / "got" / SCOPE / FILE).read_text().startswith("# %ECSV")


@pytest.mark.parametrize("name", ["outsider", "member"])
def test_nobody_else_does(name: str) -> None:
    with lab_session(name, "restricted") as session, session.kernel() as kernel:
        kernel.said(in_session(FETCH))
        error = kernel.run(BRING)["error"]
        assert (error[0], "403" in error[1]) == ("OSError", True)
        for program in (["rucio", "download"], [str(session.environment["PATH"].split(":")[1] + "/rucio"), "download"]):
            said = session.shell(*program, "--dir", "got", f"{SCOPE}:{FILE}")
            assert "successfully downloaded" not in said.stderr + said.stdout
        body = {"did": f"{SCOPE}:{FILE}"}
        assert session.extension("POST", "did/make-available", json=body).status_code == 200
        deadline = time.monotonic() + 60
        while list(session.home.glob("rucio/*/downloads/*/.lockfile")):  # the extension brings it in the background
            assert time.monotonic() < deadline
            time.sleep(0.5)
        assert [file for file in session.home.rglob(FILE) if file.is_file()] == []
