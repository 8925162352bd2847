"""Snakemake, CWL and Yadage at the demonstration REANA: a job for each rule, tool and packtivity, in both dialects."""

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.devstack.engine_workflows import ENGINES, RESULT, files, specification
from tests.devstack.reana_command import command_line
from tests.devstack.reana_server import PYTHON, Server, begin, end, running, wait_until

pytestmark = [
    pytest.mark.integration,
    pytest.mark.rare(group="reana"),
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed"),
    pytest.mark.skipif(
        not (PYTHON.parent.parent.parent / "engines" / "bin" / "snakemake").exists(), reason="the environment 'engines' is not installed"
    ),
]
NAMES_OF_JOBS = {
    ("snakemake", "0.9"): ["count", "greet", "greet", "greet"],
    ("snakemake", "newer"): ["count", "greet (word=Bright)", "greet (word=Good)", "greet (word=Late)"],
    ("cwl", "0.9"): ["count", "greet", "greet_2", "greet_3"],
    ("cwl", "newer"): ["count", "greet", "greet_2", "greet_3"],
    ("yadage", "0.9"): ["count", "greet_0", "greet_1", "greet_2"],
    ("yadage", "newer"): ["count", "greet_0", "greet_1", "greet_2"],
}
LIMIT = 200


@pytest.fixture(scope="module")
def reana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("engines"), REANA_WORKFLOWS_AT_ONCE="2") as server:
        yield server


def sent(server: Server, engine: str, **changes: str) -> str:
    """A workflow at the newer line with its files, which the server reads itself; the id."""
    reply = server.ask("POST", "/workflows", json=specification(engine), params={"workflow_name": "hello"})
    key = str(reply.json()["workflow_id"])
    for name, content in files(engine, **changes).items():
        server.send(key, name, content.encode())
    return key


def run(server: Server, engine: str, **changes: str) -> str:
    """Run it to its end; the id."""
    key = sent(server, engine, **changes)
    started = server.ask("POST", f"/workflows/{key}/start", json={})
    assert started.status_code == 200, started.text
    server.finish(key, LIMIT)
    return key


def jobs(server: Server, key: str) -> list[dict[str, Any]]:
    """Its jobs by name, as the newer line tells them."""
    inside = json.loads(server.ask("GET", f"/workflows/{key}/logs").json()["logs"])
    return sorted(inside["job_logs"].values(), key=lambda job: str(job["job_name"]))


@pytest.mark.parametrize("engine", ENGINES)
def test_reana_client_runs_a_workflow_of_several_jobs_as_version_0_9_wants_it(reana: Server, engine: str, tmp_path: Path) -> None:
    for name, content in {**files(engine), "reana.yaml": yaml.safe_dump(specification(engine))}.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    client = command_line(reana, tmp_path)
    name = f"client-{engine}"
    client("run", "-w", name, "--skip-validation")
    key = f"{name}.1"
    assert reana.finish(key, LIMIT) == "finished", reana.logs(key)
    found = reana.logs(key)["job_logs"].values()
    assert sorted(job["job_name"] for job in found) == NAMES_OF_JOBS[engine, "0.9"]
    assert reana.call("GET", f"/workflows/{key}/workspace/{RESULT[engine]}").text.strip() == "29"
    client("download", "-w", name, "-o", "got")
    assert (tmp_path / "got" / RESULT[engine]).read_text().strip() == "29"


@pytest.mark.parametrize("engine", ENGINES)
def test_the_newer_line_reads_the_files_itself_and_gives_each_job_its_own_log(reana: Server, engine: str) -> None:
    key = run(reana, engine)
    found = jobs(reana, key)
    assert reana.status(key) == "finished", found
    assert [job["job_name"] for job in found] == NAMES_OF_JOBS[engine, "newer"]
    greetings = found[1:]
    assert {job["docker_img"] for job in greetings} == {"python:3.13-slim"}
    assert sum("said Bright" in job["logs"] for job in found) == 1
    assert all("/envs/python/bin/python" in job["logs"] and job["started_at"] and job["finished_at"] for job in greetings)
    assert all(job["cmd"] and job["status"] == "finished" for job in found)
    assert max(job["finished_at"] for job in greetings) <= found[0]["finished_at"]
    kept = reana.ask("GET", f"/workflows/{key}/specification").json()["specification"]["workflow"]["specification"]
    assert kept
    progress = reana.ask("GET", f"/workflows/{key}/status").json()["progress"]
    assert progress["finished"]["total"] == 4
    # What the engines tell at the beginning: Snakemake all, CWL the tools of its graph, Yadage what is known then.
    assert progress["total"]["total"] == {"snakemake": 4, "cwl": 2}.get(engine, progress["total"]["total"])


@pytest.mark.parametrize("engine", ENGINES)
def test_a_failed_job_fails_the_workflow_and_what_needs_it_never_begins(reana: Server, engine: str) -> None:
    key = run(reana, engine, ending="echo broken >&2; exit 7")
    found = jobs(reana, key)
    assert reana.status(key) == "failed"
    assert "count" not in [job["job_name"] for job in found]
    failed = [job for job in found if job["status"] == "failed"]
    assert failed
    assert all("broken" in job["logs"] and "status 7" in job["logs"] for job in failed)
    assert reana.ask("GET", f"/workflows/{key}/status").json()["progress"]["failed"]["total"] == len(failed)


def test_an_unknown_image_fails_its_job_and_says_so(reana: Server) -> None:
    key = run(reana, "snakemake", image="no:such")
    assert reana.status(key) == "failed"
    assert any("'no:such' is not available" in job["logs"] for job in jobs(reana, key))


def test_logs_of_an_engines_jobs_grow_while_they_run_and_a_stop_ends_them_all(reana: Server) -> None:
    key = sent(reana, "yadage", ending="sleep 7353")
    reana.ask("POST", f"/workflows/{key}/start", json={})
    wait_until(lambda: sum("said" in job["logs"] for job in jobs(reana, key)) == 2, 60)  # two at once
    wait_until(lambda: [job["status"] for job in jobs(reana, key)].count("created") == 1, 60)  # and the third one waits, for good
    assert all(job["logs"] == "" for job in reana.logs(key)["job_logs"].values())  # version 0.9 tells a log when its job has ended
    assert reana.ask("PUT", f"/workflows/{key}/status", params={"status": "stop"}, json={}).status_code == 200
    wait_until(lambda: {job["status"] for job in jobs(reana, key)} == {"stopped"}, 30)
    assert reana.status(key) == "stopped"


def test_a_restart_of_snakemake_runs_only_what_is_missing(reana: Server) -> None:
    key = run(reana, "snakemake")
    reana.ask("DELETE", f"/workflows/{key}/workspace/count.txt")
    again = reana.ask("POST", f"/workflows/{key}/start", json={"restart": True}).json()
    assert again["run_number"].endswith(".1")
    assert reana.finish(again["workflow_id"], LIMIT) == "finished"
    assert [job["job_name"] for job in jobs(reana, again["workflow_id"])] == ["count"]


def test_version_0_9_needs_what_a_client_has_loaded(reana: Server) -> None:
    snakemake = reana.create(specification("snakemake"), files("snakemake"))
    refused = reana.call("POST", f"/workflows/{snakemake}/start", json={})
    assert (refused.status_code, refused.json()["message"]) == (500, "'specification'")
    assert reana.run(specification("cwl"), files("cwl"))[1] == "failed"
    yadage = reana.create(specification("yadage"), {})
    refused = reana.call("POST", f"/workflows/{yadage}/start", json={})
    assert refused.status_code == 500
    assert reana.status(yadage) == "created"


@pytest.mark.parametrize(
    ("engine", "file", "content", "words"),
    [
        ("snakemake", "Snakefile", "rule a:\n    inptu: 'x'\n", "inptu"),
        ("snakemake", "Snakefile", "raise ValueError('by its author')", "by its author"),
        ("cwl", "main.cwl", "cwlVersion: v1.0\nclass: Nothing\n", "Expecting value"),  # all that REANA says of it
        ("yadage", "yadage/workflow.yaml", "stages: [{name: 1}]\n", "1"),
    ],
)
def test_the_newer_line_says_what_it_could_not_load_and_queues_nothing(
    reana: Server, engine: str, file: str, content: str, words: str
) -> None:
    key = sent(reana, engine)
    reana.send(key, file, content.encode())
    refused = reana.ask("POST", f"/workflows/{key}/start", json={})
    assert (refused.status_code, words in refused.json()["message"]) == (400, True), refused.text
    assert reana.status(key) == "created"


def test_a_snakefile_that_is_loaded_sees_neither_secrets_nor_the_stacks_state(reana: Server) -> None:
    reana.ask("POST", "/secrets/", params={"overwrite": "true"}, json={"MY_KEY": {"value": "czNjcmV0", "type": "env"}})
    key = sent(reana, "snakemake")
    look = f"import os\nraise ValueError(str(os.environ) + str(os.path.exists({str(reana.state / 'secrets')!r})))\n"
    reana.send(key, "Snakefile", look.encode())
    said = reana.ask("POST", f"/workflows/{key}/start", json={}).json()["message"]
    reana.ask("DELETE", "/secrets/", json=["MY_KEY"])
    assert "PATH" in said
    assert "s3cret" not in said
    assert "not-for-jobs" not in said
    if "no namespaces" not in (reana.state / "server.log").read_text():
        assert said.endswith("False")


@pytest.mark.parametrize("linked", [(".000001.state", "progress.json"), ("loaded.json",)])
def test_what_an_engine_links_in_its_folder_is_neither_read_nor_written_over(reana: Server, linked: tuple[str, ...]) -> None:
    victim = reana.state / "secrets" / "reana-token-lead"
    before = victim.read_text()
    key = sent(reana, "snakemake")
    links = "import os\n" + "".join(
        f"os.path.lexists({name!r}) or os.symlink({str(victim)!r}, {name!r})\n"
        for name in (f"{reana.state}/reana/engine/{key}/{file}" for file in linked)
    )
    reana.send(key, "Snakefile", (links + files("snakemake")["Snakefile"]).encode())
    refused = reana.ask("POST", f"/workflows/{key}/start", json={})
    assert before not in refused.text
    reana.finish(key, LIMIT) if refused.ok else None
    assert victim.read_text() == before


def runs(words: str) -> bool:
    """Whether a process with these words in its command runs."""
    return subprocess.run(["pgrep", "-f", words], capture_output=True, check=False).returncode == 0


def test_an_engine_does_not_outlive_a_server_that_was_killed(tmp_path: Path) -> None:
    with running(tmp_path / "state") as server:
        key = sent(server, "yadage", ending="sleep 7354")
        server.ask("POST", f"/workflows/{key}/start", json={})
        wait_until(lambda: any(job["status"] == "running" for job in jobs(server, key)), 90)
        end(server, signal.SIGKILL)
        wait_until(lambda: not runs(f"engine/{key}/settings.json"))
        server.process = begin(server.base, server.state, **server.environment).process
        wait_until(lambda: not runs("sleep 7354"))
        assert server.status(key) == "failed"
        assert all("The server stopped" in job["logs"] for job in jobs(server, key))


def test_a_job_that_asks_for_more_than_is_allowed_is_not_taken(reana: Server) -> None:
    key = sent(reana, "snakemake")
    reana.send(key, "Snakefile", files("snakemake")["Snakefile"].replace("512Mi", "64Gi").encode())
    reana.ask("POST", f"/workflows/{key}/start", json={})
    assert reana.finish(key, LIMIT) == "failed"
    engine = json.loads(reana.ask("GET", f"/workflows/{key}/logs").json()["logs"])["workflow_logs"]
    assert 'Job submission error: The "kubernetes_memory_limit" requested (64Gi) exceeds the limit (16Gi).' in engine
    assert jobs(reana, key) == []
