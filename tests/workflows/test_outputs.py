"""Files of a run at a real REANA server: every one is copied, or listed with its size and the reason; a bad one costs only itself."""

import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from datalake.rucio import Did
from projects.models import Membership, Project, Role
from projects.workflows import copying, keep_places, kept_files, output_views, outputs, polling, reana, services
from projects.workflows.models import Keep, Run, RunFile
from projects.workflows.refusals import NotNow
from tests.devstack.reana_server import PYTHON, Server, running, serial
from tests.workflows.conftest import SERVER
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain
from vre_portal.jobs import fates
from vre_portal.services import Service, ServiceKind

pytestmark = [pytest.mark.integration, pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")]
State = RunFile.State
Workspace = Callable[..., Path]
ODD_NAMES = [
    "a b.txt", "A[1].txt", "A1.txt", "hash#1.txt", "q?.txt", "per%20cent.txt", "star*.txt", "starA.txt", "ümlaut→.txt", "sub dir/x.dat",
    "+plus.txt", "semi;colon.txt", "'quote'.txt", "<b>.txt", "\u202egnp.txt", "empty",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("reana")) as found:
        yield found


@pytest.fixture
def door(server: Server, run: Run, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path) -> Service:
    """The server as the portal's services.toml would name it, with a token for the run's person and for nobody else."""
    found = Service(ServiceKind.REANA, SERVER, "Test REANA", server.query_url, "reana", {"dialect": "query", "requests_per_second": 0})

    def token(user: Any, *_: Any, **__: Any) -> str:
        assert user.pk == run.by_id, "somebody else's token was asked for"
        return server.token()

    for module in (polling, copying, kept_files, output_views):
        monkeypatch.setattr(module, "access_token", token)
    for module in (polling, copying, kept_files):
        monkeypatch.setattr(module, "service", lambda kind, name=None: found)
    monkeypatch.setattr(output_views, "service", lambda kind, name=None: found if kind == ServiceKind.REANA else LAKE)
    monkeypatch.setattr(keep_places, "service", lambda *_: LAKE)
    monkeypatch.setattr(keep_places, "services", lambda *_: [LAKE])
    settings.MEDIA_ROOT = str(tmp_path / "media")
    return found


LAKE = Service(ServiceKind.RUCIO, "escape", "Test lake", "http://127.0.0.1:9", "rucio", {"upload_rse": "A", "copy_rses": ["B"]})


@pytest.fixture
def workspace(server: Server, run: Run, door: Service) -> Workspace:
    """A run that has just finished, with files on the server's disk: `workspace({"plots/a.png": b"..."}, declared="directories: [plots]")`."""

    def make(files: dict[str, bytes | int], declared: str = "directories: [results]") -> Path:
        name = server.create(serial("true"))
        folder = next(path for path in server.state.rglob(name) if path.is_dir())
        for path, content in files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("wb") as handle:
                handle.truncate(content) if isinstance(content, int) else handle.write(content)
        text = f"workflow: {{type: serial, specification: {{steps: []}}}}\noutputs: {{{declared}}}"
        Run.objects.filter(pk=run.pk).update(remote_id=name, status=Run.Status.FINISHED, text=text)
        run.refresh_from_db()
        run.__dict__.pop("reana_yaml", None)  # read of the text before
        return folder

    return make


def listed(run: Run, door: Service, server: Server) -> None:
    held = Run.claim(run.pk)
    assert held is not None
    held.project, held.by = run.project, run.by
    assert outputs.list_files(held, door, server.token())
    held.release()
    run.refresh_from_db()


def copied(run: Run) -> dict[str, RunFile]:
    """One round of copying, at once; the files by path."""
    RunFile.objects.update(lease_until=None)
    cache.delete(f"copy-files-{run.pk}")
    copying.copy_files(run.pk)
    return by_path(run)


def by_path(run: Run) -> dict[str, RunFile]:
    run.refresh_from_db()
    run.__dict__.pop("waiting_files", None)
    return {file.path: file for file in run.outputs.all()}


def content(file: RunFile) -> bytes:
    with file.file.open("rb") as handle:
        return bytes(handle.read())


def test_every_name_is_copied(workspace: Workspace, run: Run, door: Service, server: Server) -> None:
    workspace({f"results/{name}": name.encode() if name != "empty" else b"" for name in ODD_NAMES})
    listed(run, door, server)
    files = copied(run)
    assert {path: (file.state, file.reason) for path, file in files.items()} == {f"results/{name}": ("copied", "") for name in ODD_NAMES}
    assert all(content(files[f"results/{name}"]) == name.encode() for name in ODD_NAMES if name != "empty")
    assert run.collected_at is not None
    assert not run.fetching


@pytest.mark.parametrize("bad", ["aa\n.txt", "mm\n.txt", "zz\n.txt"], ids=["front", "middle", "end"])
def test_a_name_that_reana_cannot_be_asked_for_costs_only_itself(
    bad: str, workspace: Workspace, run: Run, door: Service, server: Server, signed_in: Callable[[str], Client]
) -> None:
    good = [f"results/{letter}.txt" for letter in "blny"]
    workspace({**dict.fromkeys(good, b"x"), f"results/{bad}": b"12345"})
    listed(run, door, server)
    files = copied(run)
    assert {path for path, file in files.items() if file.is_copied} == set(good)
    lost = files[f"results/{bad}"]
    assert (lost.state, lost.size) == (State.LEFT, 5)
    assert "line break" in lost.reason
    for page in (run.get_absolute_url(), f"{run.get_absolute_url()}files/"):
        text = signed_in("lead").get(page).content.decode()
        assert "line break" in text
        assert f"results/{bad}" not in text
        assert f"results/{bad[:2]}\ufffd.txt" in text
        assert "Download from REANA" not in text  # which would fail


@pytest.mark.parametrize("bad", ["a.txt", "m.txt", "z.txt"], ids=["front", "middle", "end"])
def test_a_file_that_reana_refuses_costs_only_itself_and_is_not_tried_again(
    bad: str, workspace: Workspace, run: Run, door: Service, server: Server
) -> None:
    good = [f"results/{letter}.txt" for letter in "blny"]
    folder = workspace({**dict.fromkeys(good, b"x"), f"results/{bad}": b"12345"})
    listed(run, door, server)
    (folder / "results" / bad).unlink()
    files = copied(run)
    assert {path for path, file in files.items() if file.is_copied} == set(good)
    lost = files[f"results/{bad}"]
    assert (lost.state, lost.size) == (State.FAILED, 5)
    assert "does not exist" in lost.reason
    assert run.collected_at is not None


@pytest.mark.parametrize("bad", ["a.txt", "m.txt", "z.txt"], ids=["front", "middle", "end"])
def test_a_file_that_has_changed_since_it_was_listed_is_not_taken(
    bad: str, workspace: Workspace, run: Run, door: Service, server: Server
) -> None:
    good = [f"results/{letter}.txt" for letter in "bn"]
    folder = workspace({**dict.fromkeys(good, b"x"), f"results/{bad}": b"12345"})
    listed(run, door, server)
    (folder / "results" / bad).write_bytes(b"123")
    files = copied(run)
    assert {path for path, file in files.items() if file.is_copied} == set(good)
    assert "with 5 bytes but sent 3" in files[f"results/{bad}"].reason


@pytest.mark.parametrize("bad", ["a.txt", "m.txt", "z.txt"], ids=["front", "middle", "end"])
def test_an_error_of_the_moment_is_tried_again_a_few_times_and_said(
    bad: str, workspace: Workspace, run: Run, door: Service, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [f"results/{letter}.txt" for letter in "blny"]
    workspace({**dict.fromkeys(good, b"x"), f"results/{bad}": b"12345"})
    listed(run, door, server)
    asked: list[str] = []
    monkeypatch.setattr(reana, "download", refusing(reana.download, f"results/{bad}", asked))
    files = copied(run)
    assert {path for path, file in files.items() if file.is_copied} == set(good)
    assert files[f"results/{bad}"].state == State.WAITING
    assert files[f"results/{bad}"].reason == f"Test REANA is failing. {fates.RETRY_MESSAGE}"
    assert run.fetching
    assert copying.runs_with_work() == []  # not again at once
    for _ in range(copying.MAX_TRIES):
        files = copied(run)
    assert files[f"results/{bad}"].state == State.FAILED
    assert files[f"results/{bad}"].reason == "Test REANA is failing. It was tried 6 times."
    assert len(asked) == copying.MAX_TRIES
    assert not run.fetching


def refusing(download: Any, name: str, asked: list[str]) -> Any:
    """The real door, but one file cannot be had at the moment: no server can be made to do that."""

    def wrapped(server: Service, token: str, workflow: str, path: str, **options: Any) -> Any:
        if path == name:
            asked.append(path)
            raise RemoteUnavailable("Test REANA is failing.")
        return download(server, token, workflow, path, **options)

    return wrapped


def test_a_server_that_fails_is_left_alone_until_the_next_round(
    workspace: Workspace, run: Run, door: Service, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace({f"results/{number}.txt": b"x" for number in range(10)})
    listed(run, door, server)
    asked: list[str] = []

    def failing(_server: Service, _token: str, _workflow: str, path: str, **_: Any) -> Any:
        asked.append(path)
        raise RemoteUnavailable("away")

    monkeypatch.setattr(reana, "download", failing)
    copied(run)
    assert len(asked) == copying.MAX_FAILED_IN_A_ROW


def test_files_that_are_refused_one_after_another_do_not_end_the_round(
    workspace: Workspace, run: Run, door: Service, server: Server
) -> None:
    bad = [f"results/a{number}.txt" for number in range(copying.MAX_FAILED_IN_A_ROW + 1)]
    folder = workspace({**dict.fromkeys(bad, b"12345"), "results/z.txt": b"x"})
    listed(run, door, server)
    for path in bad:
        (folder / path).unlink()
    files = copied(run)
    assert {files[path].state for path in bad} == {State.FAILED}
    assert files["results/z.txt"].is_copied


def test_the_big_run_lists_all_that_is_not_here(
    workspace: Workspace, run: Run, door: Service, server: Server, signed_in: Callable[[str], Client], django_assert_max_num_queries: Any
) -> None:
    workspace(
        {"results/big.fits": 60_000_000, **{f"results/f{number:03}.txt": b"130\n" for number in range(1, 131)}, "code/show.py": b"1"},
        "files: [results/missing.png], directories: [results]",
    )
    Run.objects.update(code={"code/show.py": "1"})
    run.refresh_from_db()
    listed(run, door, server)
    files = copied(run)
    assert (run.files_total, len(files)) == (132, 133)
    big = files["results/big.fits"]
    assert (big.state, big.size, big.reason) == (State.LEFT, 60_000_000, "Larger than 50.0 MB.")
    assert sum(file.is_copied for file in files.values()) == 100
    assert sum(file.reason == "Only the first 100 outputs are copied." and file.state == State.LEFT for file in files.values()) == 30
    assert (files["results/missing.png"].state, files["results/missing.png"].size) == (State.MISSING, None)
    assert (files["code/show.py"].is_declared, files["code/show.py"].reason) == (False, outputs.INPUT)

    lead = signed_in("lead")
    with django_assert_max_num_queries(30):
        page = " ".join(lead.get(run.get_absolute_url()).content.decode().split())
    assert "32 of 132 declared outputs are not in the portal." in page
    assert "Larger than 50.0 MB." in page
    first = lead.get(f"{run.get_absolute_url()}files/?format=json").json()
    second = lead.get(first["next"]).json()
    assert (len(first["items"]), len(second["items"]), second["next"]) == (100, 33, None)
    assert {item["name"] for item in first["items"] + second["items"]} == set(files)
    rows = list(csv.DictReader(io.StringIO(lead.get(f"{run.get_absolute_url()}files/?format=csv").content.decode())))
    assert {row["name"]: row["size"] for row in rows} == {path: "" if file.size is None else str(file.size) for path, file in files.items()}
    not_here = lead.get(f"{run.get_absolute_url()}files/?state=not-here&format=json").json()["items"]
    assert len(not_here) == 33


def test_outputs_declared_by_a_pattern(workspace: Workspace, run: Run, door: Service, server: Server) -> None:
    workspace(
        {"results/args.json": b"[]", "results/deep/x.json": b"{}", "other.txt": b""}, 'files: ["results/*.json", "results/never.png"]'
    )
    listed(run, door, server)
    files = copied(run)
    assert {path: file.state for path, file in files.items()} == {
        "results/args.json": "copied",
        "results/never.png": "missing",
        "results/deep/x.json": "left",
        "other.txt": "left",
    }


def test_a_run_without_declared_outputs_says_so_and_lists_its_files(
    workspace: Workspace, run: Run, door: Service, server: Server, signed_in: Callable[[str], Client]
) -> None:
    workspace({"results/a.json": b"{}"}, "")
    listed(run, door, server)
    copied(run)
    assert by_path(run)["results/a.json"].reason == outputs.UNDECLARED
    assert "declares no outputs" in signed_in("lead").get(run.get_absolute_url()).content.decode()


def test_a_list_that_is_cut_says_so_and_keeps_the_declared_outputs(
    workspace: Workspace, run: Run, door: Service, server: Server, monkeypatch: pytest.MonkeyPatch, signed_in: Callable[[str], Client]
) -> None:
    monkeypatch.setattr(outputs, "MAX_ROWS", 5)
    workspace({f"a/{number}": b"" for number in range(10)} | {"z/out.csv": b"a,b\n"}, "files: [z/out.csv]")
    listed(run, door, server)
    assert run.files_total == 11
    assert (run.outputs.count(), run.outputs.filter(path="z/out.csv").exists()) == (5, True)
    assert "11 files; 5 are listed" in signed_in("lead").get(run.get_absolute_url()).content.decode()


def test_beyond_the_list_nothing_is_called_missing(
    workspace: Workspace, run: Run, door: Service, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "MAX_LISTED", 3)
    workspace({f"a/{number}": b"" for number in range(10)}, "files: [z/out.csv]")
    listed(run, door, server)
    assert not run.outputs.filter(state=State.MISSING).exists()
    assert "more than 3 files" in run.files_note


def test_a_listing_that_is_interrupted_is_begun_anew_without_doubles(workspace: Workspace, run: Run, door: Service, server: Server) -> None:
    workspace({"results/a": b"1", "results/b": b"2"})
    RunFile.objects.create(run=run, path="results/a", size=1, state=State.WAITING)
    listed(run, door, server)
    assert sorted(copied(run)) == ["results/a", "results/b"]


def test_files_wait_for_a_sign_in_and_say_so(
    workspace: Workspace, run: Run, door: Service, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace({"results/a": b"1"})
    listed(run, door, server)

    def signed_out(*_: Any, **__: Any) -> str:
        raise SignInAgain("Your sign-in has expired.")

    monkeypatch.setattr(copying, "access_token", signed_out)
    file = copied(run)["results/a"]
    assert file.state == State.WAITING
    assert str(run.by) in file.reason
    assert copying.runs_with_work() == []


def test_who_may_no_longer_launch_gets_no_more_files(workspace: Workspace, run: Run, door: Service, server: Server) -> None:
    workspace({"results/a": b"1"})
    listed(run, door, server)
    run.project.memberships.all().delete()
    file = copied(run)["results/a"]
    assert file.state == State.FAILED
    assert "may no longer run workflows" in file.reason


def test_a_file_that_is_not_here_is_streamed_to_whoever_launched_the_run_and_to_nobody_else(
    workspace: Workspace, run: Run, door: Service, server: Server, signed_in: Callable[[str], Client]
) -> None:
    Project.objects.update(visibility="public")
    Run.objects.update(published_at=timezone.now())
    workspace({"hash#1 [x].txt": b"from REANA", "plots/a.png": b"p"}, "directories: [plots]")
    listed(run, door, server)
    left = copied(run)["hash#1 [x].txt"]
    page = f"{run.get_absolute_url()}files/{left.pk}/"
    reply = signed_in("lead").get(page)
    assert b"".join(reply.streaming_content) == b"from REANA"
    assert (reply["Content-Length"], reply["X-Content-Type-Options"]) == ("10", "nosniff")
    assert "hash#1 [x].txt" in reply["Content-Disposition"]
    assert by_path(run)["hash#1 [x].txt"].state == State.LEFT
    for name in ("member", "admin", "anonymous"):
        assert signed_in(name).get(page).status_code == 404
        assert signed_in(name).get(f"{run.get_absolute_url()}files/").status_code == 200


def test_another_who_may_launch_gets_no_file_from_reana_in_the_name_of_whoever_launched_the_run(
    workspace: Workspace, run: Run, door: Service, server: Server, people: dict[str, User], signed_in: Callable[[str], Client]
) -> None:
    Membership.objects.create(project=run.project, user=people["member"], role=Role.MEMBER)
    workspace({"plots/a.png": b"p", "b.txt": b"from REANA"}, "directories: [plots]")
    listed(run, door, server)
    left = copied(run)["b.txt"]
    member, address = signed_in("member"), f"{run.get_absolute_url()}files/"
    assert member.get(address).status_code == 200
    assert member.get(f"{address}{left.pk}/").status_code == 404
    assert member.post(f"{address}copy/", {"file": left.pk}).status_code == 403
    assert by_path(run)["b.txt"].state == State.LEFT


def test_whoever_launched_the_run_can_have_files_copied(
    workspace: Workspace, run: Run, door: Service, server: Server, signed_in: Callable[[str], Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    Project.objects.update(visibility="public")
    Run.objects.update(published_at=timezone.now())
    folder = workspace({"other.txt": b"1", "big.bin": 60_000_000, "results/gone.txt": b"1"})
    listed(run, door, server)
    (folder / "results/gone.txt").unlink()
    files = copied(run)
    (folder / "results/gone.txt").write_bytes(b"1")
    copy = f"{run.get_absolute_url()}files/copy/"
    lead = signed_in("lead")
    assert lead.post(copy, {"file": files["other.txt"].pk}).status_code == 302
    assert copied(run)["other.txt"].is_copied
    assert lead.post(copy).status_code == 302  # all that failed
    assert copied(run)["results/gone.txt"].is_copied
    lead.post(copy, {"file": files["big.bin"].pk})
    assert by_path(run)["big.bin"].state == State.LEFT
    RunFile.objects.filter(path="other.txt").update(state=State.LEFT)
    assert signed_in("member").post(copy, {"file": files["other.txt"].pk}).status_code in (403, 404)
    assert by_path(run)["other.txt"].state == State.LEFT


def test_data_that_the_run_read_are_never_shown_to_whoever_sees_the_run(
    workspace: Workspace, run: Run, door: Service, server: Server, signed_in: Callable[[str], Client]
) -> None:
    Project.objects.update(visibility="public")
    Run.objects.update(published_at=timezone.now())
    Run.objects.filter(pk=run.pk).update(inputs={"data/closed.fits": {"lake": "escape", "did": "closed:x"}})
    workspace({"data/closed.fits": b"1", "data/made.fits": b"2"}, "directories: [data]")
    listed(run, door, server)
    files = copied(run)
    assert files["data/made.fits"].is_copied
    closed = files["data/closed.fits"]
    assert (closed.state, closed.reason) == (State.LEFT, outputs.DATA)
    lead = signed_in("lead")
    lead.post(f"{run.get_absolute_url()}files/copy/", {"file": closed.pk})
    assert by_path(run)["data/closed.fits"].state == State.LEFT
    assert lead.get(f"{run.get_absolute_url()}files/").content.decode().count("Copy to the portal") == 0
    wish = {"key": "1" * 32, "dataset": "DM.X", "copy_rse": "B", "chosen": [closed.pk]}
    assert lead.post(f"{run.get_absolute_url()}keep/", wish).status_code == 422
    assert lead.get(closed.get_absolute_url()).status_code == 200  # whoever launched the run could read it
    assert signed_in("anonymous").get(closed.get_absolute_url()).status_code == 404


def test_no_more_files_are_copied_than_the_portals_disk_is_meant_for(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "MAX_FILES_HERE", 2)
    for name in "abc":
        RunFile.objects.create(run=run, path=name, size=1, state=State.LEFT)
    with pytest.raises(NotNow, match="At most 2 files"):
        services.copy_files(by=run.by, run=run, files=run.outputs.not_copied())


def test_nothing_is_offered_to_be_kept_that_is_half_there(
    workspace: Workspace, run: Run, door: Service, server: Server, signed_in: Callable[[str], Client]
) -> None:
    workspace({"results/a.txt": b"1", "results/line\nbreak": b"2"})
    lead, keep = signed_in("lead"), f"{run.get_absolute_url()}keep/"
    for begin in (lambda: None, lambda: listed(run, door, server)):
        begin()
        assert "Keep result" not in lead.get(run.get_absolute_url()).content.decode()
        assert "still being copied" in lead.get(keep).content.decode()
        assert lead.post(keep, {"dataset": "DM.X"}).status_code == 409
    copied(run)
    assert "Keep result" in lead.get(run.get_absolute_url()).content.decode()
    form = " ".join(lead.get(keep).content.decode().split())
    assert "1 declared output is not copied" in form
    assert "line break" in form
    services.copy_files(by=run.by, run=run, files=run.outputs.not_copied())
    assert "Keep result" not in lead.get(run.get_absolute_url()).content.decode()


def test_any_file_of_the_workspace_can_be_kept_and_a_bad_one_costs_only_itself(
    workspace: Workspace, run: Run, door: Service, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = ["a#bad\n.txt", "hash#1.txt", "big.bin", "results/here.txt", "results/lost.txt"]
    folder = workspace({path: b"content of " + path.encode() for path in paths})
    listed(run, door, server)
    (folder / "results/here.txt").unlink()  # copied before it went
    (folder / "results/here.txt").write_bytes(b"content of results/here.txt")
    files = copied(run)
    Path(files["results/lost.txt"].file.path).unlink()
    (folder / "results/lost.txt").unlink()
    kept = keep_of(run, paths)
    sent: dict[str, bytes] = {}

    def upload(_lake: Any, _token: str, _rse: str, scope: str, name: str, content: Any) -> Did:
        sent[name] = content.read()
        return Did(scope, name, "FILE", bytes=len(sent[name]))

    monkeypatch.setattr(kept_files.rucio, "upload_file", upload)
    held = Keep.claim(kept.pk)
    assert held is not None
    kept_files.upload_files(held, LAKE, "token", kept_files.names_of("DM.X", paths))
    assert sent == {
        "DM.X.hash_1.txt": b"content of hash#1.txt",
        "DM.X.big.bin": b"content of big.bin",
        "DM.X.here.txt": b"content of results/here.txt",
    }
    kept.refresh_from_db()
    assert sorted(kept.failed) == ["a#bad\n.txt", "results/lost.txt"]
    assert "line break" in kept.failed["a#bad\n.txt"]
    assert kept.uploaded == ["hash#1.txt", "big.bin", "results/here.txt"]


def test_another_person_keeps_what_is_here_and_is_told_whose_the_rest_is(
    workspace: Workspace, run: Run, door: Service, server: Server, people: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace({"results/here.txt": b"1", "other.txt": b"2"})
    listed(run, door, server)
    copied(run)
    kept = keep_of(run, ["results/here.txt", "other.txt"], by=people["member"])
    monkeypatch.setattr(kept_files.rucio, "upload_file", lambda *_: Did("S", "n", "FILE"))
    held = Keep.claim(kept.pk)
    assert held is not None
    kept_files.upload_files(held, LAKE, "token", kept_files.names_of("DM.X", kept.paths))
    kept.refresh_from_db()
    assert kept.uploaded == ["results/here.txt"]
    assert f"{run.by}, who launched the run" in kept.failed["other.txt"]


def keep_of(run: Run, paths: list[str], by: Any = None) -> Keep:
    return Keep.objects.create(
        run=run, by=by or run.by, key="0" * 32, lake="escape", scope="TEST_SP", dataset="DM.X", paths=paths, rse="A", copy_rse="B",
        created_at=timezone.now(),
    )  # fmt: skip


def test_the_form_offers_what_the_person_may_have_and_takes_names_for_the_rest(
    workspace: Workspace, run: Run, door: Service, server: Server, monkeypatch: pytest.MonkeyPatch, signed_in: Callable[[str], Client]
) -> None:
    from projects.workflows import keep_form

    monkeypatch.setattr(keep_form, "MAX_CHOICES", 1)
    workspace({"results/here.txt": b"1", "other [1].txt": b"2", "third.txt": b"3"})
    listed(run, door, server)
    copied(run)
    lead, keep = signed_in("lead"), f"{run.get_absolute_url()}keep/"
    here = run.outputs.get(path="results/here.txt").pk
    wish = {"key": "1" * 32, "dataset": "DM.X", "copy_rse": "B", "chosen": [here]}
    reply = lead.post(keep, {**wish, "others": "nothing.txt"})
    assert reply.status_code == 422
    assert "Not among the files of this run: nothing.txt." in reply.content.decode()
    assert lead.post(keep, {**wish, "others": "other [1].txt\r\n"}).status_code == 302
    assert Keep.objects.get().paths == ["results/here.txt", "other [1].txt"]
