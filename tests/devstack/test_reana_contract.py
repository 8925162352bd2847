"""The demonstration REANA answers as a real REANA was recorded to answer: status codes, keys and types."""

import base64
from typing import Any

import pytest
import requests

from tests.devstack.reana_server import PYTHON, Server, running, serial, wait_until
from tests.devstack.recorded import GOLDEN, WHY_NOT, differences, recordings

pytestmark = [
    pytest.mark.integration,
    pytest.mark.rare(group="reana"),
    pytest.mark.skipif(not GOLDEN.is_dir(), reason=WHY_NOT),
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed"),
]
NOT_REPLAYED = {
    "04_GET_config": "recorded from a server without its configuration file, which answers 500",
    "57_open_jupyter": "interactive sessions are not offered",
    "58_list_interactive": "interactive sessions are not offered",
    "59_close": "interactive sessions are not offered",
}
# The recorded server took its own tokens in the address, as 0.9.4 still does, and had parts of the newer line that 0.9.4 has not.
OLDER = ("02_GET_you", "06_you_badtoken", "07_you_notoken", "08_you_bearer_native")
ONLY_THERE = {"02_GET_you": {".id_ is missing", ".quota.cpu.quota_period_months is missing", ".quota.cpu.quota_period_start_at is missing"}}
PROGRAM = """
import argparse, time
parser = argparse.ArgumentParser()
for name in ("inputfile", "outputfile", "sleeptime"):
    parser.add_argument("--" + name)
given = parser.parse_args()
time.sleep(float(given.sleeptime))
print("Parameters:", given)
import pathlib
pathlib.Path(given.outputfile).parent.mkdir(exist_ok=True)
open(given.outputfile, "w").write(open(given.inputfile).read())
"""
SPECIFICATION = {
    **serial(
        'python "${helloworld}" --inputfile "${inputfile}" --outputfile "${outputfile}" --sleeptime ${sleeptime}',
        image="docker.io/library/python:2.7-slim",
    ),
    "version": "0.3.0",
    "inputs": {
        "files": ["code/helloworld.py", "data/names.txt"],
        "parameters": {
            "helloworld": "code/helloworld.py",
            "inputfile": "data/names.txt",
            "outputfile": "results/greetings.txt",
            "sleeptime": 0,
        },
    },
    "outputs": {"files": ["results/greetings.txt"]},
    "tests": {"files": ["tests/serial/log-messages.feature"]},
}
SECRET = {"MYTOK": {"value": base64.b64encode(b"x").decode(), "type": "env"}}
BODIES: dict[str, dict[str, Any]] = {
    "09_create": {"json": SPECIFICATION},
    "10_create_bad_spec": {"json": {**SPECIFICATION, "workflow": {"type": "nope", "specification": {}}}},
    "11_create_bad_name": {"json": SPECIFICATION},
    "12_upload": {"data": PROGRAM.encode()},
    "13_upload": {"data": b"Jane Doe\nJoe Bloggs\n"},
    "17_start": {"json": {"input_parameters": {"sleeptime": 0.8}}},
    "18_start_twice_conflict": {"json": {}},
    "45_restart_params": {"json": {"restart": True, "input_parameters": {"sleeptime": 0.1}}},
    "52_secrets_add": {"json": SECRET},
    "53_secrets_add_conflict": {"json": SECRET},
    "55_secrets_del": {"json": ["MYTOK"]},
    "56_secrets_del_404": {"json": ["MYTOK"]},
    "60_launch_bad": {"json": {}},
}
TOKENS = {"06_you_badtoken": {"access_token": "wrong"}, "07_you_notoken": {}, "08_you_bearer_native": {}}


def replay(server: Server, name: str, recorded: dict[str, Any]) -> requests.Response:
    """Make the recorded call on our own server."""
    url, parameters, headers = server.url, recorded["params"], {"Authorization": f"Bearer {server.bearer()}"}
    if name in OLDER:
        url, parameters = server.query_url, {**parameters, **TOKENS.get(name, {"access_token": server.token()})}
        headers = {"Authorization": f"Bearer {server.token()}"} if name == "08_you_bearer_native" else {}
    if name.endswith("_upload"):
        headers["Content-Type"] = "application/octet-stream"
    return requests.request(
        recorded["method"], f"{url}/api{recorded['path']}", params=parameters, headers=headers, timeout=20, **BODIES.get(name, {})
    )


def before(server: Server, name: str) -> None:
    """What has to be true for the recorded moment."""
    if name == "38_logs_finished":
        wait_until(lambda: server.status("gold.1") == "finished")
    if name == "47_list_page":
        server.create(SPECIFICATION, name="hello")
        wait_until(lambda: server.status("gold.1.1") == "finished")


@pytest.fixture(scope="module")
def replies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, requests.Response]:
    found = {}
    with running(tmp_path_factory.mktemp("contract"), REANA_BUNDLES="no") as server:
        for name, recorded in recordings().items():
            if name not in NOT_REPLAYED:
                before(server, name)
                found[name] = replay(server, name, recorded)
    return found


@pytest.mark.parametrize("name", recordings())
def test_the_answer_has_the_recorded_status_and_shape(replies: dict[str, requests.Response], name: str) -> None:
    if name in NOT_REPLAYED:
        pytest.skip(NOT_REPLAYED[name])
    recorded, found = recordings()[name], replies[name]
    assert found.status_code == recorded["status"], found.text
    if name == "41_download":
        assert found.headers["Content-Type"] == recorded["body"]["_ctype"]
        assert found.headers["Content-Disposition"] == recorded["body"]["_disp"]
        return
    apart = set(differences(recorded["body"], found.json())) - ONLY_THERE.get(name, set())
    assert not apart, f"{apart}\n{found.text}"


@pytest.mark.parametrize(
    "name", ["18_start_twice_conflict", "11_create_bad_name", "42_download_404", "66_status_404", "53_secrets_add_conflict"]
)
def test_the_refusal_is_in_the_recorded_words(replies: dict[str, requests.Response], name: str) -> None:
    said = replies[name].json()["message"]
    assert said == recordings()[name]["body"]["message"].replace("queued", "running" if "running" in said else "queued")
