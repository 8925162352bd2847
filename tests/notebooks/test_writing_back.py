"""Results written back to the lake from a notebook, with Rucio's own clients and the Lab's extension, in a real session."""

import json
import time
import zlib
from collections.abc import Iterator
from typing import Any

import pytest

from tests.devstack.rucio_client import pfn, rucio, settled, storage, unique
from tests.notebooks.lab_session import Kernel, LabSession, lab_session
from tests.portal_client import stopped

pytestmark = [pytest.mark.integration("portal", "hub", "iam", "rucio", "storage"), pytest.mark.rare(group="sessions")]
PROJECT, PLACE, OWN, GROUPS = "writing-back", "DEMO-ERLANGEN", "user.member", "KM3NET_ECAP_SP"
STOCK = "from rucio.client.uploadclient import UploadClient\n"
FOR_SESSIONS = "from vre_session import UploadClient\n"


@pytest.fixture(scope="module")
def session() -> Iterator[LabSession]:
    with lab_session("member", PROJECT) as found:
        yield found


@pytest.fixture(scope="module")
def kernel(session: LabSession) -> Iterator[Kernel]:
    with session.kernel() as found:
        yield found


def write(session: LabSession, content: str = "a result\n") -> str:
    """A new file in the session's folder; its name."""
    name = unique("result") + ".txt"
    (session.folder / name).write_text(content)
    return name


def upload(name: str, client: str = STOCK, **facts: Any) -> str:
    """The cell that uploads it."""
    item = {"path": name, "rse": PLACE, "did_scope": OWN, **facts}
    return f"{client}print('status', UploadClient().upload([{item!r}]))"


def states(scope: str, name: str) -> dict[str, str]:
    """Where Rucio says that it is, and how."""
    found = rucio("member", "POST", "/replicas/list", json={"dids": [{"scope": scope, "name": name}], "all_states": True})
    return next((json.loads(line)["states"] for line in found.text.splitlines() if line), {})


def rules(scope: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in rucio("member", "GET", f"/dids/{scope}/{name}/rules").text.splitlines() if line]


def assert_there(scope: str, name: str, content: str) -> None:
    """It is registered, available, and its bytes are right."""
    assert states(scope, name) == {PLACE: "AVAILABLE"}
    did = rucio("member", "GET", f"/dids/{scope}/{name}").json()
    assert (did["account"], did["adler32"]) == ("member", f"{zlib.adler32(content.encode()):08x}")
    assert storage("member", "GET", pfn("member", scope, name)).text == content


@pytest.mark.parametrize("scope", [OWN, GROUPS])
@pytest.mark.parametrize("client", [STOCK, FOR_SESSIONS])
def test_a_result_goes_to_ones_own_scope_and_to_the_groups(session: LabSession, kernel: Kernel, scope: str, client: str) -> None:
    name = write(session, f"for {scope}\n")
    assert "status 0" in kernel.said(upload(name, client, did_scope=scope))
    assert_there(scope, name, f"for {scope}\n")
    assert settled("member", rules(scope, name)[0]["id"])["state"] == "OK"


def test_the_command_line_uploads_and_brings_it_back(session: LabSession) -> None:
    name = write(session)
    sent = session.shell("rucio", "upload", "--rse", PLACE, "--scope", OWN, name)
    assert "Successfully uploaded" in sent.stderr, sent.stderr
    assert "Failed" not in sent.stderr
    assert_there(OWN, name, "a result\n")
    back = session.shell("rucio", "download", "--dir", "back", f"{OWN}:{name}")
    assert (session.folder / "back" / OWN / name).read_text() == "a result\n", back.stderr


def test_what_is_there_is_not_written_over(session: LabSession, kernel: Kernel) -> None:
    name = write(session, "first\n")
    kernel.said(upload(name))
    (session.folder / name).write_text("second\n")
    assert kernel.run(upload(name))["error"][0] == "DataIdentifierAlreadyExists"
    assert "Data Identifier Already Exists" in session.shell("rucio", "upload", "--rse", PLACE, "--scope", OWN, name).stderr
    assert_there(OWN, name, "first\n")


def test_results_go_into_a_dataset_with_a_rule(session: LabSession, kernel: Kernel) -> None:
    dataset, first, second = unique("dataset"), write(session), write(session)
    for name in (first, second):
        assert "status 0" in kernel.said(upload(name, dataset_scope=OWN, dataset_name=dataset))
    inside = {json.loads(line)["name"] for line in rucio("member", "GET", f"/dids/{OWN}/{dataset}/dids").text.splitlines()}
    assert inside == {first, second}
    deadline = time.monotonic() + 45
    while (rule := rules(OWN, dataset)[0])["locks_ok_cnt"] < 2:  # the rule was there first, and takes the files in when Rucio looks
        assert time.monotonic() < deadline, rule
        time.sleep(0.5)
    assert rule["state"] == "OK"


def test_the_labs_extension_uploads(session: LabSession) -> None:
    name = write(session)
    body = {"file_paths": [str(session.folder / name)], "rse": PLACE, "scope": OWN}
    reply = session.extension("POST", "upload", json=body)
    assert (reply.status_code, reply.json()["success"]) == (200, True), reply.text
    deadline = time.monotonic() + 60
    # For a moment at its end the extension calls any upload failed: it reads its row first, and then whether the process lives.
    while (job := job_of(session, name)) is None or job["status"] != "OK":
        assert time.monotonic() < deadline, job and session.extension("GET", "upload/jobs/log", params={"id": job["id"]}).text
        time.sleep(0.5)
    assert_there(OWN, name, "a result\n")


def job_of(session: LabSession, name: str) -> dict[str, Any] | None:
    """What the extension tells of the upload of a file."""
    jobs = session.extension("GET", "upload/jobs").json()
    return next((job for job in jobs if job["did"] == f"{OWN}:{name}"), None)


def test_where_nobody_may_write_nothing_is_left(session: LabSession, kernel: Kernel) -> None:
    name = write(session)
    for place, scope, words in [
        ("DEMO-ANNECY", OWN, "People cannot write to this storage"),
        (PLACE, "MAGIC_IFAE_SP", "You may not write to the scope MAGIC_IFAE_SP"),
    ]:
        error = kernel.run(upload(name, FOR_SESSIONS, rse=place, did_scope=scope))["error"]
        assert words in error[1]
        assert rucio("member", "GET", f"/dids/{scope}/{name}").status_code == 404


def test_an_upload_that_breaks_off_says_what_it_left_and_the_next_one_completes_it(session: LabSession, kernel: Kernel) -> None:
    name, other = write(session), write(session)
    with stopped("storage"):
        error = kernel.run(upload(name, FOR_SESSIONS))["error"]
        told = session.shell("rucio", "upload", "--rse", PLACE, "--scope", OWN, other).stderr
    assert f"Registered, but without a copy: {OWN}:{name}. Upload the same file again to complete it" in error[1], error
    assert f"Registered, but without a copy: {OWN}:{other}." in told
    assert states(OWN, name) == {PLACE: "COPYING"}
    again = kernel.run(upload(name, FOR_SESSIONS))
    assert "status 0" in again["text"], again
    assert_there(OWN, name, "a result\n")


def announced(owner: str, scope: str, place: str = PLACE, state: str = "C") -> dict[str, Any]:
    """A file that is registered before its bytes are there, as an upload begins."""
    entry = {"scope": scope, "name": unique("begun"), "bytes": 3, "adler32": "00000001", "state": state}
    reply = rucio(owner, "POST", "/replicas/", json={"rse": place, "files": [entry]})
    assert reply.status_code == 201, reply.text
    return entry


def set_state(name: str, entry: dict[str, Any], state: str, place: str = PLACE) -> int:
    """Ask Rucio as somebody to change the state of a replica; the status of the answer."""
    entry = {"scope": entry["scope"], "name": entry["name"], "state": state}
    return rucio(name, "PUT", "/replicas/", json={"rse": place, "files": [entry]}).status_code


def test_only_ones_own_upload_can_be_said_to_have_come() -> None:
    mine, other = announced("member", GROUPS), announced("lead", GROUPS)
    assert set_state("outsider", mine, "A") == 401
    assert set_state("member", other, "A") == 401  # of the same group's scope
    assert set_state("member", mine, "A", place="DEMO-ANNECY") == 401  # nothing was announced there
    assert [set_state("member", mine, state) for state in "UBDT"] == [401] * 4
    assert rucio("member", "PUT", "/replicas/", json={"rse": PLACE, "files": []}).status_code == 401
    body = {"rse": PLACE, "files": [{**entry, "state": "A"} for entry in (mine, other)]}
    assert rucio("member", "PUT", "/replicas/", json=body).status_code == 401  # one of the two is not theirs
    assert set_state("member", mine, "A") == 200
    assert [set_state("member", mine, state) for state in "AUBDT"] == [401] * 5  # no longer an upload
    assert states(GROUPS, other["name"]) == {PLACE: "COPYING"}


def test_nobody_announces_bytes_for_somebody_elses_file() -> None:
    other = announced("lead", GROUPS, state="A")
    reply = rucio("member", "POST", "/replicas/", json={"rse": PLACE, "files": [{**other, "state": "C"}]})
    assert (reply.status_code, "Somebody else has a file of that name" in reply.text) == (401, True)


def test_a_storage_of_folders_is_read_over_https_alone() -> None:
    """By its folder a program on this machine would go past the storage's door, as `rucio download` in a notebook did."""
    file = {"scope": "KM3NET_EMBARGO_SP", "name": "candidates_mrk421_simulated.ecsv"}
    reply = rucio("outsider", "POST", "/replicas/list", json={"dids": [file]})
    places = [place for line in reply.text.splitlines() for place in json.loads(line)["pfns"]]
    assert places
    assert [place for place in places if not place.startswith("https:")] == []
