"""The demonstration REANA runs workflows and keeps within its limits, seen from outside, over HTTP."""

import json
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.devstack.reana_command import command_line
from tests.devstack.reana_server import PYTHON, Server, begin, end, running, serial, wait_until
from vre_portal.terminal_text import text_lines

pytestmark = [
    pytest.mark.integration,
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed"),
    pytest.mark.rare(group="reana"),
]

HELLO = "import sys; open(sys.argv[1], 'w').write('Hello ' + open('data/names.txt').read())"


@pytest.fixture(scope="module")
def reana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("reana"), REANA_JOB_MEMORY=str(512 * 1024**2), REANA_LOG_BYTES="20000") as server:
        yield server


def test_the_page_says_what_this_is(reana: Server) -> None:
    page = requests.get(reana.url, timeout=10)
    assert "demonstration with public passwords" in page.text
    assert "In production" in page.text


def test_a_foreign_host_header_is_refused(reana: Server) -> None:
    assert requests.get(f"{reana.url}/api/ping", headers={"Host": "evil.example"}, timeout=10).status_code == 400


def test_a_serial_workflow_of_two_steps_runs_with_the_parameters_of_its_start(reana: Server) -> None:
    specification = serial("python hello.py ${out}", parameters={"out": "a.txt"}, name="greet")
    specification["workflow"]["specification"]["steps"].append(
        {"name": "count", "environment": "python:3.13-slim", "commands": ["wc -c < ${out} > size.txt", "echo done"]}
    )
    files = {"hello.py": HELLO, "data/names.txt": "Ada"}
    key, status = reana.run(specification, files, input_parameters={"out": "b.txt"})
    assert status == "finished", reana.logs(key)
    assert reana.call("GET", f"/workflows/{key}/workspace/b.txt").text == "Hello Ada"
    assert reana.call("GET", f"/workflows/{key}/workspace/size.txt").text.strip() == "9"
    assert [job["job_name"] for job in reana.logs(key)["job_logs"].values()] == ["greet", "count", "count"]
    progress = reana.call("GET", f"/workflows/{key}/status").json()["progress"]
    assert (progress["total"]["total"], progress["finished"]["total"], progress["failed"]["total"]) == (3, 3, 0)
    assert reana.call("GET", f"/workflows/{key}/parameters").json()["parameters"] == {"out": "b.txt"}


def test_a_failing_command_fails_the_workflow_and_nothing_after_it_runs(reana: Server) -> None:
    key, status = reana.run(serial("echo before; exit 3", "echo after > after.txt"))
    assert status == "failed"
    text = reana.job_text(key)
    assert "before" in text
    assert "status 3" in text
    assert reana.call("GET", f"/workflows/{key}/workspace/after.txt").status_code == 404


def test_an_unknown_image_fails_with_the_names_of_those_that_are_known(reana: Server) -> None:
    key, status = reana.run(serial("true", image="no/such:image"))
    assert status == "failed"
    assert "'no/such:image'" in reana.job_text(key)
    assert "ghcr.io/vre-demo/km3irf:0.4.0" in reana.job_text(key)


def live_text(server: Server, key: str) -> str:
    """The jobs' logs so far, from the newer line, where they are live."""
    header = {"Authorization": f"Bearer {server.bearer()}"}
    answer = requests.get(f"{server.url}/api/workflows/{key}/logs", headers=header, timeout=10).json()
    return "".join(job["logs"] for job in json.loads(answer["logs"])["job_logs"].values())


def test_the_log_grows_while_the_job_runs_and_a_stop_ends_everything_that_it_started(reana: Server) -> None:
    key = reana.create(serial("sleep 7351 & echo one; sleep 1; echo two; sleep 60"))
    reana.start(key)
    wait_until(lambda: "one" in live_text(reana, key))
    assert reana.status(key) == "running"
    assert reana.job_text(key) == ""  # version 0.9 tells the log of a job when it has ended
    wait_until(lambda: "two" in live_text(reana, key))
    stopped = reana.call("PUT", f"/workflows/{key}/status", params={"status": "stop"})
    assert stopped.status_code == 200
    assert stopped.json()["status"] == "stopped"
    wait_until(lambda: subprocess.run(["pgrep", "-f", "sleep 7351"], capture_output=True, check=False).returncode == 1)
    assert reana.status(key) == "stopped"
    assert reana.call("PUT", f"/workflows/{key}/status", params={"status": "stop"}).status_code == 409


def test_a_job_that_takes_too_long_is_ended(reana: Server) -> None:
    key, status = reana.run(serial("sleep 60", kubernetes_job_timeout=1))
    assert status == "failed"
    assert "DeadlineExceeded: The job was killed due to exceeding timeout of 1 seconds." in reana.job_text(key)


@pytest.mark.parametrize("size", ["200 * 2**20", "4 * 2**30"])
def test_a_job_that_takes_too_much_memory_is_ended(reana: Server, size: str) -> None:
    key, status = reana.run(
        serial(f"python -c \"import time; x = bytes(b'1') * ({size}); time.sleep(20)\"", kubernetes_memory_limit="100Mi")
    )
    assert status == "failed"
    assert "OOMKilled" in reana.job_text(key) or "MemoryError" in reana.job_text(key)


def test_a_log_that_is_too_long_is_cut_and_the_job_goes_on(reana: Server) -> None:
    key, status = reana.run(serial("head -c 300000 /dev/zero | tr '\\0' x; echo ok > ok.txt"))
    assert status == "finished"
    assert len(reana.job_text(key)) < 21000
    assert "the log is cut here" in reana.job_text(key)


def test_a_log_keeps_what_progress_bars_write(reana: Server) -> None:
    key, status = reana.run(serial("printf ' 10%%\\r100%%\\r\\nend\\n'"))
    assert status == "finished"
    text = reana.job_text(key)
    assert " 10%\r100%\r\nend\n" in text
    assert text_lines(text)[-2:] == ["100%", "end"]


def test_what_a_command_leaves_behind_is_ended_with_it(reana: Server) -> None:
    key, status = reana.run(serial("(yes & ) ; sleep 0.3; echo ended >&2", "echo next"))
    assert status == "finished"
    assert "next" in reana.job_text(key)


def test_a_job_that_closes_its_output_is_watched_all_the_same(reana: Server) -> None:
    key, status = reana.run(serial("exec >&- 2>&-; sleep 1; touch late.txt"))
    assert status == "finished"
    assert reana.call("GET", f"/workflows/{key}/workspace/late.txt").status_code == 200
    assert reana.run(serial("exec >&- 2>&-; sleep 60", kubernetes_job_timeout=1))[1] == "failed"


def test_a_job_sees_nothing_of_the_servers_environment_but_its_owners_secrets(reana: Server) -> None:
    reana.call("POST", "/secrets/", params={"overwrite": "true"}, json={"MY_KEY": {"value": "czNjcmV0", "type": "env"}})
    key, status = reana.run(serial("env"))
    assert status == "finished"
    assert "MY_KEY=s3cret" in reana.job_text(key)
    assert "not-for-jobs" not in reana.job_text(key)
    reana.call("DELETE", "/secrets/", json=["MY_KEY"])


@pytest.mark.parametrize("name", ["../evil", "/../evil", "a/../../evil", "link/evil", "nul\0"])
def test_a_path_cannot_leave_the_workspace(reana: Server, name: str) -> None:
    key, _status = reana.run(serial("ln -s /tmp link"))
    assert reana.send(key, name, b"x").status_code == 400


def test_a_link_is_listed_and_not_sent(reana: Server) -> None:
    key, _status = reana.run(serial("ln -s /etc/hostname out.txt", "ln -s / root"))
    assert {item["name"] for item in reana.call("GET", f"/workflows/{key}/workspace").json()["items"]} == {"out.txt", "root"}
    refused = reana.call("GET", f"/workflows/{key}/workspace/out.txt")
    assert (refused.status_code, refused.json()["message"]) == (400, "Opening symlink 'out.txt' is not allowed")
    assert reana.call("GET", f"/workflows/{key}/workspace/root/etc/hostname").status_code in (400, 404)


def test_a_part_of_a_file_is_the_whole_of_it(reana: Server) -> None:
    key = reana.create(serial("true"), {"digits.txt": "0123456789"})
    part = reana.call("GET", f"/workflows/{key}/workspace/digits.txt", headers={"Range": "bytes=2-4"})
    assert (part.status_code, part.text) == (200, "0123456789")


def test_another_person_sees_nothing(reana: Server) -> None:
    key = reana.create(serial("true"), {"a.txt": "a"})
    for path in ("status", "logs", "workspace", "workspace/a.txt", "specification", "parameters"):
        assert reana.call("GET", f"/workflows/{key}/{path}", user="member").status_code == 404
    assert reana.call("POST", f"/workflows/{key}/start", user="member", json={}).status_code == 404
    listed = reana.call("GET", "/workflows", user="member", params={"type": "batch"}).json()
    assert key not in [item["id"] for item in listed["items"]]


def test_the_list_pages_and_filters(reana: Server) -> None:
    keys = [reana.create(serial("true"), name="paged") for _ in range(3)]
    search = '{"name": ["paged"]}'
    first = reana.call("GET", "/workflows", params={"type": "batch", "search": search, "page": 1, "size": 2}).json()
    assert (first["total"], first["has_next"], [item["id"] for item in first["items"]]) == (3, True, [keys[2], keys[1]])
    second = reana.call("GET", "/workflows", params={"type": "batch", "search": search, "page": 2, "size": 2}).json()
    assert (second["has_next"], [item["name"] for item in second["items"]]) == (False, ["paged.1"])
    none = reana.call("GET", "/workflows", params={"type": "batch", "search": search, "status": "running"}).json()
    assert none["items"] == []


def test_a_token_of_the_iam_is_the_same_person_and_gives_the_token_for_the_command_line(reana: Server) -> None:
    header = {"Authorization": f"Bearer {reana.bearer()}"}
    you = requests.get(f"{reana.url}/api/you", headers=header, timeout=10)
    assert you.json()["email"] == reana.call("GET", "/you").json()["email"]
    token = requests.get(f"{reana.url}/api/token", headers=header, timeout=10).json()["reana_token"]["value"]
    assert token == reana.token()
    new = {"Authorization": f"Bearer {reana.bearer(sub='new')}"}
    assert requests.get(f"{reana.url}/api/you", headers=new, timeout=10).status_code == 200


@pytest.mark.parametrize("change", [{"aud": "rucio"}, {"iss": "http://127.0.0.1/"}, {"exp": time.time() - 600}])
def test_a_token_for_another_audience_issuer_or_time_is_refused(reana: Server, change: dict[str, object]) -> None:
    header = {"Authorization": f"Bearer {reana.bearer(**change)}"}
    assert requests.get(f"{reana.url}/api/you", headers=header, timeout=10).status_code == 401


def test_who_asks_too_often_is_told_so(tmp_path: Path) -> None:
    with running(tmp_path / "state", REANA_REQUESTS_PER_SECOND="5") as server:
        time.sleep(1 - time.time() % 1)
        replies = [server.call("GET", "/ping", user=user) for user in ("lead", "member") * 4]
    assert [reply.status_code for reply in replies] == [200] * 5 + [429] * 3
    assert replies[-1].headers["Retry-After"] == "1"
    assert replies[-1].json()["message"] == 'Too many requests in a given amount of time. Only "5 per 1 second" allowed.'


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_running_jobs_are_marked_as_lost_and_queued_ones_go_on_when_the_server_comes_back(tmp_path: Path, how: signal.Signals) -> None:
    with running(tmp_path / "state", REANA_WORKFLOWS_AT_ONCE="1") as server:
        lost, waiting = server.create(serial("echo begun; sleep 7352")), server.create(serial("echo ok"))
        server.start(lost)
        server.start(waiting)
        wait_until(lambda: "begun" in live_text(server, lost))
        end(server, how)
        again = begin(server.base, server.state, **server.environment)
        server.process = again.process
        assert server.finish(waiting) == "finished"
        assert server.status(lost) == "failed"
        assert "The server stopped" in server.job_text(lost)
        assert subprocess.run(["pgrep", "-f", "sleep 7352"], capture_output=True, check=False).returncode == 1


def test_reana_client_runs_a_workflow_from_creation_to_download(reana: Server, tmp_path: Path) -> None:
    specification = serial("python hello.py results.txt")
    specification["inputs"] = {"files": ["hello.py", "data/names.txt"]}
    specification["outputs"] = {"files": ["results.txt"]}
    (tmp_path / "data").mkdir()
    (tmp_path / "hello.py").write_text(HELLO)
    (tmp_path / "data" / "names.txt").write_text("Ada")
    (tmp_path / "reana.yaml").write_text(json.dumps(specification))
    client = command_line(reana, tmp_path)
    assert "Connected" in client("ping")
    client("run", "-w", "from-the-command-line", "--follow")
    assert "finished" in client("status", "-w", "from-the-command-line")
    assert "finished. Files available at" in client("logs", "-w", "from-the-command-line")
    assert "results.txt" in client("ls", "-w", "from-the-command-line")
    client("download", "-w", "from-the-command-line", "-o", "got")
    assert (tmp_path / "got" / "results.txt").read_text() == "Hello Ada"
    client("delete", "-w", "from-the-command-line")
    assert "from-the-command-line" not in client("list")


def test_a_job_sees_neither_the_stacks_secrets_nor_the_work_of_others(reana: Server) -> None:
    if "no namespaces" in (reana.state / "server.log").read_text():
        pytest.skip("this system gives processes no namespaces of their own")
    other = reana.create(serial("true"), {"private.txt": "theirs"})
    look = f"ls -A {reana.state} {reana.state}/reana; cat {reana.state}/secrets/*; cat {reana.state}/reana/workspaces/{other}/private.txt"
    key, _status = reana.run(serial(f"touch mine; ls; {look}; umount {reana.state}; {look}"))
    text = reana.job_text(key)
    assert "mine" in text
    assert "reana-token" not in text
    assert reana.token() not in text
    assert "theirs" not in text
    assert text.count("No such file") == 4
    escape = f"unshare --user --map-root-user --mount sh -c 'umount -l {reana.state}; {look}'"
    escape += f"; cat /proc/{reana.process.pid}/root{reana.state}/secrets/*"
    key, _status = reana.run(serial(escape))
    assert reana.token() not in reana.job_text(key)
    assert "theirs" not in reana.job_text(key)
