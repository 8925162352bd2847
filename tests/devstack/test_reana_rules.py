"""What the demonstration REANA allows, refuses and says of itself, as the real one does in each dialect."""

import base64
import io
import json
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from projects.workflows import reana as portal
from tests.devstack.reana_server import PYTHON, Server, beside_the_stack, running, serial, wait_until
from vre_portal.services import Service, ServiceKind

pytestmark = [
    pytest.mark.integration,
    pytest.mark.rare(group="reana"),
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed"),
]
OLDER_FACTS = {
    "compute_backends", "default_kubernetes_jobs_timeout", "default_kubernetes_memory_limit", "default_workspace",
    "kubernetes_max_memory_limit", "maximum_interactive_session_inactivity_period", "maximum_kubernetes_jobs_timeout",
    "maximum_workspace_retention_period", "workspaces_available",
}  # fmt: skip
INFO = {"compute_backends": ["kubernetes", "slurmcern"], "kubernetes_max_memory_limit": "1Gi", "maximum_workspace_retention_period": 30}


@pytest.fixture(scope="module")
def reana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(
        tmp_path_factory.mktemp("rules"), REANA_INFO=json.dumps(INFO), REANA_CPU_QUOTA="3600000", REANA_DISK_QUOTA="100000000"
    ) as server:
        yield server


def test_each_dialect_says_what_it_offers_and_no_more_than_a_real_one(reana: Server) -> None:
    older, newer = reana.call("GET", "/info").json(), reana.ask("GET", "/info").json()
    assert set(older) == OLDER_FACTS
    assert set(newer) > OLDER_FACTS
    assert older["compute_backends"] == {"title": "List of supported compute backends", "value": ["kubernetes", "slurmcern"]}
    assert newer["supported_workflow_engines"]["value"] == ["cwl", "serial", "snakemake", "yadage"]
    assert not any("gpu" in name for name in newer)


def test_version_0_9_tells_quotas_with_their_limits(reana: Server) -> None:
    quota = reana.call("GET", "/you").json()["quota"]
    assert quota["cpu"]["limit"] == {"human_readable": "1h", "raw": 3600000}
    assert quota["disk"]["limit"]["raw"] == 100000000
    assert {quota["cpu"]["health"], quota["disk"]["health"]} == {"healthy"}


def test_who_has_used_up_the_processors_starts_nothing_more(tmp_path: Path) -> None:
    with running(tmp_path / "state", REANA_CPU_QUOTA="1") as server:
        server.run(serial("sleep 2"))
        refused = server.call("POST", "/workflows", params={"workflow_name": "more"}, json=serial("true"))
    assert refused.status_code == 403
    assert refused.json()["message"].startswith("User quota exceeded.\nResource: cpu, usage: ")


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"compute_backend": "htcondorcern"}, 400, 'Compute backend "htcondorcern" found in step "one" is not supported.'),
        ({"environment": 7}, 400, "7 is not of type 'string'"),
    ],
)
def test_a_start_refuses_what_the_server_cannot_do(reana: Server, changes: dict[str, Any], status: int, words: str) -> None:
    key = reana.create(serial("true", **{"name": "one", **changes}))
    refused = reana.call("POST", f"/workflows/{key}/start", json={})
    assert (refused.status_code, words in refused.json()["message"]) == (status, True), refused.text
    assert reana.status(key) == "created"


def test_a_start_refuses_parameters_and_options_that_are_not_there(reana: Server) -> None:
    key = reana.create(serial("true"))
    refused = reana.call("POST", f"/workflows/{key}/start", json={"input_parameters": {"x": 1}})
    assert (refused.status_code, refused.json()["message"]) == (400, 'Input parameter "x" is not present in reana.yaml')
    refused = reana.call("POST", f"/workflows/{key}/start", json={"operational_options": {"toplevel": "."}})
    assert (refused.status_code, "not supported for serial workflows" in refused.json()["message"]) == (400, True)
    reana.start(key, operational_options={"CACHE": "off"})
    assert reana.finish(key) == "finished"


def test_a_serial_run_can_begin_and_end_at_a_step(reana: Server) -> None:
    steps = serial("echo a > a.txt", name="a")
    one = steps["workflow"]["specification"]["steps"][0]
    steps["workflow"]["specification"]["steps"] += [{**one, "name": name, "commands": [f"echo > {name}.txt"]} for name in ("b", "c")]
    key, status = reana.run(steps, operational_options={"FROM": "b", "TARGET": "b"})
    assert status == "finished"
    assert [item["name"] for item in reana.call("GET", f"/workflows/{key}/workspace").json()["items"]] == ["b.txt"]


def test_a_job_that_asks_for_too_much_memory_is_not_taken(reana: Server) -> None:
    key, status = reana.run(serial("true", kubernetes_memory_limit="2Gi"))
    assert status == "failed"
    assert (
        'Job submission error: The "kubernetes_memory_limit" requested (2Gi) exceeds the limit (1Gi).' in reana.logs(key)["workflow_logs"]
    )
    assert reana.logs(key)["job_logs"] == {}


def test_a_job_at_another_backend_says_so(reana: Server) -> None:
    key, status = reana.run(serial("true", compute_backend="slurmcern"))
    assert status == "finished"
    assert [job["compute_backend"] for job in reana.logs(key)["job_logs"].values()] == ["Slurm"]


def test_a_restart_has_the_next_number_and_writes_over_the_same_files(reana: Server) -> None:
    key, _status = reana.run(serial("echo $word >> said.txt; echo ${word} > last.txt", parameters={"word": "one"}))
    numbers = []
    for word in ("two", "three"):
        again = reana.call("POST", f"/workflows/{key}/start", json={"restart": True, "input_parameters": {"word": word}}).json()
        numbers.append(again["run_number"])
        assert reana.finish(again["workflow_id"]) == "finished"
    assert numbers == ["1.1", "1.2"]
    assert reana.call("GET", f"/workflows/{key}/workspace/last.txt").text == "three\n"
    stopped = reana.create(serial("true"))
    refused = reana.call("POST", f"/workflows/{stopped}/start", json={"restart": True})
    assert (refused.status_code, refused.json()["message"]) == (403, "Only finished or failed workflows can be restarted.")


def test_a_delete_takes_the_workspace_always_and_no_running_workflow(reana: Server) -> None:
    key = reana.create(serial("sleep 60"), {"a.txt": "a"})
    delete = {"params": {"status": "deleted"}}
    kept = reana.call("PUT", f"/workflows/{key}/status", json={"workspace": False}, **delete)
    assert (kept.status_code, kept.json()["message"]) == (400, "Workspace must always be deleted when deleting a workflow.")
    reana.start(key)
    wait_until(lambda: reana.status(key) == "running")
    refused = reana.call("PUT", f"/workflows/{key}/status", json={"workspace": True}, **delete)
    assert refused.status_code == 409
    assert refused.json()["message"].endswith("cannot be deleted as it is currently running.")
    reana.call("PUT", f"/workflows/{key}/status", params={"status": "stop"}, json={})
    assert reana.call("PUT", f"/workflows/{key}/status", json={"workspace": True}, **delete).status_code == 200
    assert reana.status(key) == "deleted"
    assert reana.call("GET", f"/workflows/{key}/workspace").status_code == 404


def test_files_are_listed_by_page_and_found_by_all_that_is_known_of_them(reana: Server) -> None:
    key = reana.create(serial("true"), {f"data/{n}.csv": "x" * n for n in range(7)} | {"Plot.PNG": "12345"})
    pages = [reana.call("GET", f"/workflows/{key}/workspace", params={"page": n, "size": 3}).json() for n in (1, 2, 3)]
    assert [(len(page["items"]), page["total"], page["has_next"]) for page in pages] == [(3, 8, True), (3, 8, True), (2, 8, False)]
    assert len({item["name"] for page in pages for item in page["items"]}) == 8

    def found(**search: list[str]) -> list[str]:
        answer = reana.call(
            "GET", f"/workflows/{key}/workspace", params={"search": json.dumps({k.replace("_", "-"): v for k, v in search.items()})}
        )
        return sorted(item["name"] for item in answer.json()["items"])

    assert found(name=["plot"]) == ["Plot.PNG"]
    assert found(size=["5"]) == ["Plot.PNG", "data/5.csv"]
    assert found(name=["csv"], size=["5"]) == ["data/5.csv"]
    assert len(found(last_modified=[time.strftime("%Y")])) == 8


def test_too_many_files_are_not_listed(tmp_path: Path) -> None:
    with running(tmp_path / "state", WORKSPACE_DISPLAY_FILE_LIMIT="3") as server:
        key = server.create(serial("true"), {f"{n}.txt": "" for n in range(4)})
        refused = server.call("GET", f"/workflows/{key}/workspace")
    assert refused.status_code == 400
    assert refused.json()["message"].startswith("Too many files to display (limit=3).")


def test_several_files_come_in_one_zip(reana: Server) -> None:
    key = reana.create(serial("true"), {"a/1.txt": "one", "a/b/2.txt": "two", "c.txt": "three"})
    folder = reana.call("GET", f"/workflows/{key}/workspace/a")
    assert folder.headers["Content-Type"] == "application/zip"
    assert sorted(zipfile.ZipFile(io.BytesIO(folder.content)).namelist()) == ["a/1.txt", "a/b/2.txt"]
    pattern = reana.call("GET", f"/workflows/{key}/workspace/**%252F*.txt")
    assert sorted(zipfile.ZipFile(io.BytesIO(pattern.content)).namelist()) == ["a/1.txt", "a/b/2.txt", "c.txt"]


def test_secrets_reach_all_jobs_of_their_person_as_variables_and_files(reana: Server) -> None:
    given = {
        "MY_KEY": {"value": base64.b64encode(b"s3cret").decode(), "type": "env"},
        "ticket.txt": {"value": base64.b64encode(b"a ticket").decode(), "type": "file"},
    }
    assert reana.call("POST", "/secrets/", params={"overwrite": "true"}, json=given).status_code == 201
    listed = reana.call("GET", "/secrets").json()
    assert [(item["name"], item["type"]) for item in listed] == [("MY_KEY", "env"), ("ticket.txt", "file")]
    key, status = reana.run(serial("printenv MY_KEY", "cat /etc/reana/secrets/ticket.txt; ls /etc/passwd"))
    assert reana.call("DELETE", "/secrets/", json=["MY_KEY", "ticket.txt"]).status_code == 200
    text = reana.job_text(key)
    assert "s3cret" in text
    if "no namespaces" not in (reana.state / "server.log").read_text():
        assert (status, "a ticket" in text, "/etc/passwd" in text) == ("finished", True, True), text
        assert not Path("/etc/reana/secrets").exists()
    assert not list(reana.state.rglob("ticket.txt"))


def test_the_rules_of_retention_are_those_of_the_specification_and_the_server(reana: Server) -> None:
    key = reana.create({**serial("true"), "workspace": {"retention_days": {"**/*.tmp": 1}}})
    rules = reana.call("GET", f"/workflows/{key}/retention_rules").json()["retention_rules"]
    assert [(rule["workspace_files"], rule["retention_days"], rule["status"]) for rule in rules] == [
        ("**/*.tmp", 1, "created"),
        ("**/*", 30, "created"),
    ]


def test_logs_can_be_asked_for_a_few_jobs_at_a_time(reana: Server) -> None:
    key, _status = reana.run(serial("echo 1", "echo 2", "echo 3", name="count"))

    def commands(**options: Any) -> list[str]:
        inside = json.loads(reana.call("GET", f"/workflows/{key}/logs", **options).json()["logs"])
        return [job["cmd"] for job in inside["job_logs"].values()]

    assert commands() == ["echo 1", "echo 2", "echo 3"]
    assert commands(params={"size": 2}) == ["echo 1", "echo 2"]
    assert commands(params={"size": 2, "page": 2}) == ["echo 3"]
    assert commands(json=["nothing"]) == []


def test_a_large_log_is_whole_at_version_0_9_and_begins_only_where_logs_are_live(reana: Server) -> None:
    key, status = reana.run(serial("seq 1 900000"))
    assert status == "finished"
    text = reana.job_text(key)
    assert text.endswith("\n900000\n")
    live = json.loads(reana.ask("GET", f"/workflows/{key}/logs").json()["logs"])
    (job,) = live["job_logs"].values()
    assert job["logs"] == "job: :\n" + "".join(f"{n}\n" for n in range(1, 5001))


def test_a_workflow_waits_in_the_queue_and_for_its_engine_as_long_as_the_stack_says(tmp_path: Path) -> None:
    with running(tmp_path / "state", REANA_QUEUED_SECONDS="2", REANA_PENDING_SECONDS="2") as server:
        key, stopped = server.create(serial("true")), server.create(serial("true"))
        server.start(key)
        server.start(stopped)
        assert server.status(key) == "queued"
        assert server.call("PUT", f"/workflows/{stopped}/status", params={"status": "stop"}, json={}).status_code == 200
        wait_until(lambda: server.status(key) == "pending")
        wait_until(lambda: server.status(key) == "finished")
        assert server.status(stopped) == "stopped"


def test_vetted_images_are_the_only_ones_where_a_server_wants_that(tmp_path: Path) -> None:
    facts = {"vetted_container_images_enabled": True, "vetted_container_images_allowlist": ["python:3.13-slim"]}
    with running(tmp_path / "state", REANA_INFO=json.dumps(facts)) as server:
        key = server.create(serial("true", image="python:3.13"))
        refused = server.call("POST", f"/workflows/{key}/start", json={})
        assert (refused.status_code, refused.json()["message"]) == (400, "Image not allowed: python:3.13")
        assert server.run(serial("true"))[1] == "finished"


def test_a_second_reana_stands_beside_the_stacks_with_people_of_the_same_iam(tmp_path: Path) -> None:
    with beside_the_stack(tmp_path / "second") as second:
        place = Service(
            ServiceKind.REANA, "second", "Second REANA", second.query_url, "reana", {"dialect": "query", "requests_per_second": 0}
        )
        assert portal.you(place, second.token()).email == "lead@vre.example"
        key = portal.create(place, second.token(), "there", serial("echo there > out.txt"))
        portal.start(place, second.token(), key)
        wait_until(lambda: portal.status(place, second.token(), key).status == "finished", 60)
        assert [file.name for file in portal.list_files(place, second.token(), key)] == ["out.txt"]
        told = requests.get(f"{second.url}/api/you", timeout=10)
        assert told.headers["WWW-Authenticate"] == "Bearer"
