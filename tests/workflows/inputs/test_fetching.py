"""Which files a run fetches itself, what REANA is sent for that, and that its secret never outlives it."""

import json
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from datalake.files import direct
from projects.workflows import reana, worker
from projects.workflows.inputs import asking, fetching, following, own_step, secrets
from projects.workflows.inputs import worker as secret_worker
from projects.workflows.inputs.asking import Asker
from projects.workflows.models import FetchSecret, Run, RunInput
from projects.workflows.readings import reading_of
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
DOORS = [{"host": "storage.example", "audience": "https://storage.example"}]
LAKE = Service(ServiceKind.RUCIO, "escape", "Lake", "http://127.0.0.1:9", options={"direct": DOORS, "restricted_scopes": ["CLOSED"]})
SERVER = Service(ServiceKind.REANA, "test-reana", "Server", "http://127.0.0.1:9", options={"fetches_inputs": True})
TEXT = "workflow: {type: serial, specification: {steps: [{name: fit, environment: 'x:1', commands: [ls]}]}}"
MEGABYTE = 10**6
KEYS = [secrets.key(direct.Target("A", f"/{name}/f", direct.Door("storage.example", "x"))) for name in "ab"]


@pytest.fixture
def tokens(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What tokens are asked for, by the scope that each has."""
    asked: list[str] = []
    monkeypatch.setattr(asking, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(asking, "service", lambda *_: LAKE)
    monkeypatch.setattr(secrets.storage_token, "path_token", lambda *_, scope, **__: asked.append(scope) or f"for:{scope}")
    return asked


def chosen(run: Run, *sizes: int, server: Service = SERVER, text: str = TEXT, scope: str = "S", **facts: Any) -> list[RunInput]:
    """Files of these sizes, with how each comes."""
    run.text = text
    known = {"adler32": "03d8018b", "copies": [["A", "https://storage.example/a/f"], ["B", "https://elsewhere.example/f"]], **facts}
    rows = [
        RunInput.objects.create(run=run, binding="d", path=f"d/{n}", lake="escape", scope=scope, name=f"f{n}", bytes=size, **known)
        for n, size in enumerate(sizes)
    ]
    fetching.choose(run, server, rows, Asker(run))
    return list(run.input_files.all())


def test_large_files_are_fetched_and_small_ones_streamed(run: Run, tokens: list[str]) -> None:
    large, small = chosen(run, 101 * MEGABYTE, 100 * MEGABYTE)
    assert (large.how, small.how, small.why) == ("fetched", "streamed", "")
    assert large.copies == [["A", "https://storage.example/a/f"]]  # the other storage opens no single files
    assert run.fetch_commands == ["python3 .vre-inputs/fetch.py 0"]
    assert tokens == ["storage.read:/a/f"]
    assert FetchSecret.objects.get().state == FetchSecret.State.WANTED


def test_of_many_small_files_the_largest_are_fetched_until_the_rest_is_little(run: Run, tokens: list[str]) -> None:
    rows = chosen(run, *[90 * MEGABYTE] * 12, 99 * MEGABYTE)
    assert [row.how for row in rows] == ["fetched", "streamed"] + ["streamed"] * 10 + ["fetched"]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"server": Service(ServiceKind.REANA, "r", "Server", "http://x")}, "Server is not configured to fetch data itself."),
        ({"text": "workflow: {type: snakemake, file: Snakefile}"}, "Only workflows of the type serial"),
        ({"scope": "CLOSED"}, "Restricted data"),
        ({"adler32": ""}, "no checksum"),
        ({"copies": [["B", "https://elsewhere.example/f"]]}, "No storage that has a copy"),
    ],
)
def test_a_large_file_that_cannot_be_fetched_is_streamed_and_says_why(run: Run, tokens: list[str], facts: Any, why: str) -> None:
    (row,) = chosen(run, 101 * MEGABYTE, **facts)
    assert row.how == "streamed"
    assert why in row.why
    assert (run.fetch_commands, tokens, FetchSecret.objects.count()) == ([], [], 0)


@pytest.mark.parametrize(
    ("facts", "why"),
    [({"attached": {".vre-inputs/x": {"file": 1}}}, "has a folder .vre-inputs"), ({"remote_id": "r-1"}, "was at REANA already")],
)
def test_a_run_that_has_no_place_for_the_step_any_more_fetches_nothing(
    run: Run, tokens: list[str], facts: dict[str, Any], why: str
) -> None:
    for name, value in facts.items():
        setattr(run, name, value)
    (row,) = chosen(run, 101 * MEGABYTE)
    assert row.how == "streamed"
    assert why in row.why
    assert (run.fetch_commands, tokens, FetchSecret.objects.count()) == ([], [], 0)


def test_the_step_is_given_two_copies_of_a_file_at_most(run: Run, tokens: list[str]) -> None:
    (row,) = chosen(run, 101 * MEGABYTE, copies=[[rse, f"https://storage.example/{rse}/f"] for rse in "ABC"])
    assert [rse for rse, _address in row.copies] == ["A", "B"]


def test_where_the_iam_gives_no_such_token_files_are_streamed(run: Run, tokens: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise RemoteRefused("Too broad.")

    monkeypatch.setattr(secrets.storage_token, "path_token", refuse)
    (row,) = chosen(run, 101 * MEGABYTE)
    assert (row.how, row.why, run.fetch_commands) == ("streamed", "Too broad.", [])


def test_no_more_files_than_may_be_are_fetched(run: Run, tokens: list[str], settings: Any) -> None:
    settings.FETCHED_FILES = 1
    assert [row.how for row in chosen(run, 102 * MEGABYTE, 101 * MEGABYTE)] == ["fetched", "streamed"]


def test_what_is_decided_stays(run: Run, tokens: list[str]) -> None:
    rows = chosen(run, 101 * MEGABYTE)
    fetching.choose(run, Service(ServiceKind.REANA, "r", "Server", "http://x"), rows, Asker(run))
    assert run.input_files.get().how == "fetched"


def test_reana_is_sent_the_step_before_what_the_author_wrote(run: Run, tokens: list[str]) -> None:
    chosen(run, 101 * MEGABYTE)
    before = run.content
    own, *rest = worker.document(run, SERVER)["workflow"]["specification"]["steps"]
    assert (own["name"], own["commands"]) == ("vre-inputs", run.fetch_commands)
    assert rest == before["workflow"]["specification"]["steps"] == run.content["workflow"]["specification"]["steps"]
    assert [(node.name, node.after) for node in reading_of(run).nodes] == [("vre-inputs", ()), ("fit", ("vre-inputs",))]


def test_the_name_of_the_step_is_no_other_steps() -> None:
    assert own_step.step_name([{"name": "vre-inputs"}, {"name": "vre-inputs-"}]) == "vre-inputs--"


@pytest.fixture
def at_reana(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What is uploaded and which secrets there are; `status` is what a run's is."""
    there: dict[str, Any] = {"files": {}, "secrets": {"OWN": "mine"}, "status": SimpleNamespace(status="pending", finished=0)}
    monkeypatch.setattr(reana, "upload", lambda _s, _t, _w, path, content: there["files"].update({path: content}))
    monkeypatch.setattr(reana, "add_secret", lambda _s, _t, name, value: there["secrets"].update({name: value}))
    monkeypatch.setattr(reana, "delete_secret", lambda _s, _t, name: there["secrets"].pop(name, None))
    monkeypatch.setattr(reana, "status", lambda *_: there["status"])
    monkeypatch.setattr(secret_worker, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(secret_worker, "service", lambda *_: SERVER)
    return there


@pytest.fixture
def secret(run: Run, tokens: list[str], at_reana: dict[str, Any]) -> FetchSecret:
    """A started run with one file to fetch, and its secret."""
    rows = chosen(run, 101 * MEGABYTE)
    fetching.bring(run, SERVER, "token", rows)
    Run.objects.update(status=Run.Status.PENDING, remote_id="r-1", started_at=timezone.now())
    return FetchSecret.objects.get()


def looked_after(secret: FetchSecret) -> FetchSecret:
    FetchSecret.objects.update(lease_until=None)
    secret_worker.look_after(secret.pk)
    secret.refresh_from_db()
    return secret


def test_the_workspace_has_addresses_and_the_secret_has_the_tokens(secret: FetchSecret, at_reana: dict[str, Any]) -> None:
    assert set(at_reana["files"]) == {".vre-inputs/fetch.py", ".vre-inputs/files.json"}
    assert not any(b"for:" in content for content in at_reana["files"].values())
    assert at_reana["secrets"] == {"OWN": "mine", secret.name: f"{KEYS[0]}:for:storage.read:/a/f"}
    assert secret.state == FetchSecret.State.MADE


def test_each_address_has_its_own_token_also_two_of_one_storage_element(run: Run, tokens: list[str], at_reana: dict[str, Any]) -> None:
    rows = chosen(run, 101 * MEGABYTE, copies=[["A", "https://storage.example/a/f"], ["A", "davs://storage.example/b/f"]])
    rows[0].copies.append(["GONE", "https://closed.example/f"])  # whose door left services.toml after the choice
    rows[0].save()
    fetching.bring(run, SERVER, "token", rows)
    (file,) = json.loads(at_reana["files"][".vre-inputs/files.json"])["files"]
    assert [(copy["address"], copy["token"]) for copy in file["copies"]] == [
        ("https://storage.example/a/f", KEYS[0]),
        ("https://storage.example/b/f", KEYS[1]),
    ]
    given = f"{KEYS[0]}:for:storage.read:/a/f {KEYS[1]}:for:storage.read:/b/f"
    assert at_reana["secrets"][FetchSecret.objects.get().name] == given


@pytest.fixture
def closed(tokens: list[str], monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The scopes for which the IAM gives no token."""
    given = secrets.storage_token.path_token
    refused: set[str] = set()

    def only(*args: Any, scope: str, **options: Any) -> str:
        if scope in refused:
            raise RemoteRefused("No such audience.")
        return str(given(*args, scope=scope, **options))

    monkeypatch.setattr(secrets.storage_token, "path_token", only)
    return refused


def test_a_copy_that_the_iam_does_not_open_leaves_the_other_one_its_token(run: Run, closed: set[str], at_reana: dict[str, Any]) -> None:
    rows = chosen(run, 101 * MEGABYTE, copies=[["A", "https://storage.example/a/f"], ["A", "https://storage.example/b/f"]])
    closed.add("storage.read:/b/f")
    fetching.bring(run, SERVER, "token", rows)
    assert at_reana["secrets"][FetchSecret.objects.get().name] == f"{KEYS[0]}:for:storage.read:/a/f"


def test_a_file_that_the_iam_does_not_open_is_refused_before_the_start_and_later_leaves_the_others_their_tokens(
    run: Run, closed: set[str], at_reana: dict[str, Any]
) -> None:
    rows = chosen(run, 102 * MEGABYTE, 101 * MEGABYTE)
    rows[1].copies = [["A", "https://storage.example/b/f"]]
    rows[1].save()
    fetching.bring(run, SERVER, "token", rows)
    closed.add("storage.read:/b/f")
    with pytest.raises(RemoteRefused, match="No such audience"):
        fetching.bring(run, SERVER, "token", rows)
    Run.objects.update(status=Run.Status.PENDING, remote_id="r-1", started_at=timezone.now())
    FetchSecret.objects.update(made_at=timezone.now() - timedelta(seconds=150))
    secret = looked_after(FetchSecret.objects.get())
    assert (secret.state, at_reana["secrets"][secret.name]) == (FetchSecret.State.MADE, f"{KEYS[0]}:for:storage.read:/a/f")


def test_a_door_that_is_closed_while_the_run_waits_leaves_the_others_their_tokens(
    run: Run, tokens: list[str], at_reana: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [direct.Door("closing.example", "closing"), *direct.doors(LAKE)]
    monkeypatch.setattr(direct, "doors", lambda _: both)
    rows = chosen(run, 101 * MEGABYTE, copies=[["B", "https://closing.example/f"], ["A", "https://storage.example/a/f"]])
    fetching.bring(run, SERVER, "token", rows)
    (file,) = json.loads(at_reana["files"][".vre-inputs/files.json"])["files"]
    closed, kept = (target for _row, target in fetching.targets_of(run, Asker(run)))
    del both[0]
    Run.objects.update(status=Run.Status.PENDING, remote_id="r-1", started_at=timezone.now())
    FetchSecret.objects.update(made_at=timezone.now() - timedelta(seconds=150))
    name = looked_after(FetchSecret.objects.get()).name
    assert [copy["token"] for copy in file["copies"]] == [secrets.key(target) for target in (closed, kept)]
    assert at_reana["secrets"][name] == f"{KEYS[0]}:for:storage.read:/a/f"


def test_tokens_are_renewed_while_the_run_waits(secret: FetchSecret, tokens: list[str]) -> None:
    asked = len(tokens)
    looked_after(secret)
    assert len(tokens) == asked  # they are new
    FetchSecret.objects.update(made_at=timezone.now() - timedelta(seconds=150))
    assert looked_after(secret).state == FetchSecret.State.MADE
    assert len(tokens) == asked + 1


def test_a_run_that_waits_for_half_a_day_is_given_no_more_tokens(secret: FetchSecret, tokens: list[str]) -> None:
    asked = len(tokens)
    FetchSecret.objects.update(made_at=timezone.now() - timedelta(seconds=150))
    Run.objects.update(started_at=timezone.now() - timedelta(hours=13))
    assert looked_after(secret).state == FetchSecret.State.MADE
    assert len(tokens) == asked


def test_a_token_lives_no_longer_than_its_door_and_five_minutes(run: Run, tokens: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    seconds: list[int] = []
    monkeypatch.setattr(secrets.storage_token, "path_token", lambda *_, **known: seconds.append(known["seconds"]) or "token")
    (row,) = chosen(run, 1)
    for door in (60, 3600):
        secrets.token(Asker(run), row, direct.Target("A", "/a/f", direct.Door("storage.example", "https://storage.example", seconds=door)))
    assert seconds == [60, 300]


def test_a_secret_whose_making_had_no_answer_is_deleted_as_well(
    run: Run, tokens: list[str], at_reana: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def lost(_server: Any, _token: str, name: str, value: str) -> None:
        at_reana["secrets"][name] = value
        raise RemoteUnavailable("no answer")

    rows = chosen(run, 101 * MEGABYTE)
    monkeypatch.setattr(reana, "add_secret", lost)
    with pytest.raises(RemoteUnavailable):
        fetching.bring(run, SERVER, "token", rows)
    Run.objects.update(status=Run.Status.FAILED)
    assert looked_after(FetchSecret.objects.get()).state == FetchSecret.State.DELETED
    assert at_reana["secrets"] == {"OWN": "mine"}


@pytest.mark.parametrize("end", ["fetched", "finished", "failed", "stopped", "deleted"])
def test_the_secret_is_deleted_when_the_data_are_there_or_the_run_has_ended(
    secret: FetchSecret, at_reana: dict[str, Any], end: str
) -> None:
    if end == "fetched":
        at_reana["status"] = SimpleNamespace(status="running", finished=1)
    else:
        Run.objects.update(status=end)
    assert looked_after(secret).state == FetchSecret.State.DELETED
    assert at_reana["secrets"] == {"OWN": "mine"}


def test_a_secret_that_a_late_worker_makes_after_all_is_deleted_as_well(secret: FetchSecret, at_reana: dict[str, Any]) -> None:
    Run.objects.update(status="stopped")
    looked_after(secret)
    secrets.put(secret, SERVER, "token", Asker(secret.run), fetching.targets_of(secret.run, Asker(secret.run)), needs_all=True)
    assert secret.name in at_reana["secrets"]
    assert looked_after(secret).state == FetchSecret.State.DELETED
    assert at_reana["secrets"] == {"OWN": "mine"}


def test_a_secret_that_is_made_anew_while_it_is_deleted_is_not_called_deleted(secret: FetchSecret) -> None:
    FetchSecret.objects.get().was_made()
    secret.was_deleted()
    assert FetchSecret.objects.get().state == FetchSecret.State.MADE


def test_a_secret_that_cannot_be_deleted_is_tried_again(secret: FetchSecret, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RemoteRefused("No.")

    Run.objects.update(status="failed")
    monkeypatch.setattr(reana, "delete_secret", refuse)
    found = looked_after(secret)
    assert (found.state, found.problem) == (FetchSecret.State.MADE, "No.")
    assert found.pk not in secret_worker.runner.waiting()  # not at once
    FetchSecret.objects.update(lease_until=None)
    assert found.pk in secret_worker.runner.waiting()


def test_the_jobs_of_the_step_say_which_copy_was_read_and_how_long_it_took(run: Run, tokens: list[str]) -> None:
    chosen(run, 102 * MEGABYTE, 101 * MEGABYTE)
    first, second = run.fetch_commands
    run.steps = [
        {"command": first, "state": "finished", "log": "x\ncopy=A\ncopy=EVIL\n", "started_seconds": 1.0, "finished_seconds": 3.5},
        {"command": second, "state": "failed", "log": ""},
    ]
    following.note(run)
    one, two = run.input_files.all()
    assert (one.state, one.rse, one.seconds, two.state) == ("delivered", "A", 2.5, "failed")


def test_a_door_for_the_lake_is_what_makes_a_copy_fetchable() -> None:
    assert [door.host for door in direct.doors(LAKE)] == ["storage.example"]
