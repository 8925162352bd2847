"""A session that outlives its tokens: the hub renews them in their file, and all that runs in the session goes on with the new one."""

import json
import shutil
import time
from collections.abc import Iterator

import jwt
import pytest

from devstack.address import HUB_URL
from devstack.iam.control import client
from tests.devstack.hub_client import browser_at_hub
from tests.devstack.iam_client import EXCHANGE
from tests.notebooks.lab_session import Kernel, LabSession, lab_session

pytestmark = [pytest.mark.integration("portal", "hub", "iam", "rucio", "storage"), pytest.mark.rare(group="sessions")]
LIFE = 25  # seconds
DID = "KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf"
SMALL = "KM3NET_ECAP_SP:test_10events.dst.root"
BEGIN = """
import os, requests
import rucio.client
from vre_session import Client, DownloadClient, UploadClient, about_token, token
client, downloads = Client(), DownloadClient()
"""
PLAIN = "print(requests.get(os.environ['RUCIO_URL'] + '/accounts/whoami', headers={'X-Rucio-Auth-Token': token()}).json()['account'])"
BYTES = f"""
replica = next(client.list_replicas([{{'scope': '{SMALL.split(":")[0]}', 'name': '{SMALL.split(":")[1]}'}}], schemes=['https']))
place = next(iter(replica['pfns']))
print(requests.get(place, headers={{'Authorization': f'Bearer {{token()}}'}}, verify=os.environ['RUCIO_CA']).status_code)
"""


@pytest.fixture
def short_lives() -> Iterator[None]:
    """Tokens for the Data Lake that live for seconds."""
    client("jupyterhub", "--token-seconds", str(LIFE))
    yield
    client("jupyterhub", "--reset")


def end_of_life(session: LabSession) -> None:
    """Return when the token in the file has ended."""
    claims = jwt.decode((session.settings / "rucio.token").read_text(), options={"verify_signature": False})
    time.sleep(max(0, claims["exp"] - time.time()) + 2)


def renew(session: LabSession) -> None:
    """Let the hub renew the token as it does at each of its refreshes and sign-ins."""
    before = (session.settings / "rucio.token").read_text()
    browser_at_hub(session.name)
    assert (session.settings / "rucio.token").read_text() != before


def assert_all_works(session: LabSession, kernel: Kernel) -> None:
    """The client that was made in the first life, downloads, plain requests to Rucio and to a storage, the command line, the extension."""
    assert kernel.said("print(client.whoami()['account'])").strip() == "lead"
    assert kernel.said(PLAIN).strip() == "lead"
    assert kernel.said(BYTES).strip() == "200"
    shutil.rmtree(session.folder / "got", ignore_errors=True)  # what is there is not brought again
    got = kernel.said(
        f"print('download', downloads.download_dids([{{'did': '{SMALL}', 'base_dir': 'got', 'no_subdir': True}}])[0]['clientState'])"
    )
    assert "FileDownloadState.DONE" in got
    assert "account    : lead" in session.shell("rucio", "whoami").stdout
    assert session.extension("GET", "did-search", params={"did": DID, "type": "all"}).status_code == 200


@pytest.mark.usefixtures("short_lives")
def test_a_session_goes_on_over_two_lives_of_its_token() -> None:
    with lab_session("lead", "two-lives") as session, session.kernel() as kernel:
        renew(session)  # the first life begins now
        kernel.said(BEGIN)
        stock = "print(rucio.client.Client().whoami()['account'])"
        assert kernel.said(stock).strip() == "lead"
        for _ in range(2):
            assert_all_works(session, kernel)
            end_of_life(session)
            error = kernel.run("client.whoami()")["error"]
            assert error[0] == "NoToken"
            assert "expired at" in error[1]
            assert f"{HUB_URL}/hub/home" in error[1]
            told = session.shell("rucio", "upload", "--rse", "DEMO-ERLANGEN", "start.ipynb")
            assert (told.returncode, "was not renewed" in told.stderr, "browser" in told.stdout) == (1, True, False)
            renew(session)
        assert_all_works(session, kernel)


@pytest.fixture
def changed_client() -> Iterator[None]:
    """The hub's client at the IAM is as it was again afterwards, and so is the token of its people."""
    yield
    client("jupyterhub", "--reset")
    browser_at_hub("lead")


def status_of(session: LabSession) -> dict[str, str]:
    found: dict[str, str] = json.loads((session.settings / "rucio.token.status").read_text())
    return found


@pytest.mark.usefixtures("changed_client")
def test_a_session_without_a_token_says_why_everywhere() -> None:
    browser_at_hub("lead")
    client("jupyterhub", "--remove-grant", EXCHANGE)
    with lab_session("lead", "no-token") as session, session.kernel() as kernel:
        assert "The IAM gives the hub no token for the Data Lake: unauthorized_client" in status_of(session)["problem"]
        assert "unauthorized_client" not in kernel.said(
            "from vre_session import Client, about_token; print(about_token())"
        )  # the last one lives
        (session.settings / "rucio.token").unlink()
        for cell in ("print(about_token())", "Client()"):
            answer = kernel.run(cell)
            words = answer["text"] or answer["error"][1]
            assert "This session has no token for the Data Lake. The IAM gives the hub no token" in words, answer
            assert "Sign out of the hub and in again" in words
        told = session.shell("rucio", "whoami")
        assert (told.returncode, "unauthorized_client" in told.stderr, told.stdout) == (1, True, "")
        ran = session.shell("jupyter", "nbconvert", "--execute", "--allow-errors", "--to", "markdown", "--stdout", "start.ipynb")
        assert "The IAM gives the hub no token for the Data Lake: unauthorized_client" in ran.stdout


@pytest.mark.usefixtures("changed_client")
def test_a_token_that_names_no_groups_is_better_than_none_and_says_so() -> None:
    browser_at_hub("lead")
    client("jupyterhub", "--remove-scope", "wlcg.groups")
    with lab_session("lead", "no-groups") as session, session.kernel() as kernel:
        assert kernel.said("from vre_session import Client, about_token; print(Client().whoami()['account'])").strip() == "lead"
        words = kernel.said("print(about_token())")
        assert "Restricted data cannot be read in this session, because its token names no groups (wlcg.groups)" in words
        assert "the IAM refused it when the hub exchanged the token" in words
