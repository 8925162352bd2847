"""A kept result says how far it is, waits for whoever has to sign in, and adds to nobody else's dataset."""

import json
import zlib
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.utils import timezone

from datalake import naming, rucio
from datalake.rucio.metadata import MAX_VALUE_CHARS
from projects.workflows import archiving, kept_files, provenance, services
from projects.workflows.models import Keep, Run, RunFile
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain
from vre_portal.services import Service, ServiceKind


def raising(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def proceeded(kept: Keep) -> Keep:
    Keep.objects.update(lease_until=None)
    archiving.proceed(kept.pk)
    return Keep.objects.get(pk=kept.pk)


def at(kept: Keep, status: str) -> Keep:
    Keep.objects.update(status=status, rule="0" * 32)
    return kept


def test_a_sign_in_that_ran_out_does_not_make_a_copy_that_is_under_way_a_failure(kept: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving, "access_token", raising(SignInAgain("Your sign-in has expired.")))
    for status in (Keep.Status.QUEUED, Keep.Status.UPLOADING, Keep.Status.REPLICATING):
        found = proceeded(at(kept, status))
        assert found.status == status
        assert f"when {kept.by} signs in" in found.error
    assert archiving.keeps.waiting() == []  # not asked again at once


def test_a_rule_that_is_gone_is_a_failure_and_one_that_cannot_be_seen_is_not(kept: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rucio, "get_rule", raising(RemoteRefused("not for you", status=403)))
    assert proceeded(at(kept, Keep.Status.REPLICATING)).status == Keep.Status.REPLICATING
    monkeypatch.setattr(rucio, "get_rule", raising(RemoteUnavailable("away")))
    assert proceeded(kept).status == Keep.Status.REPLICATING
    monkeypatch.setattr(rucio, "get_rule", raising(RemoteRefused("no such rule", status=404)))
    assert proceeded(kept).status == Keep.Status.FAILED


STUCK = rucio.Rule("0" * 32, "TEST_SP", "DM.X", "DATASET", "lead", "STUCK", 1, "B", locks_ok=1, locks_stuck=1)
RAW = "MismatchChecksumRSE: [2026-11-30 10:00:01] TRANSFER ERROR: destination checksum 00b4 does not match"


@pytest.mark.parametrize(
    ("raw", "words"),
    [(RAW, "The file does not match its checksum"), ("E 5: unheard of", "Show the message from Rucio"), ("", "gives no reason")],
)
def test_a_second_copy_that_is_stuck_says_why_in_words_and_can_be_retried(
    kept: Keep, signed_in: Any, monkeypatch: pytest.MonkeyPatch, raw: str, words: str
) -> None:
    kept.run.project.memberships.create(group="escape/km3net", role="member")
    monkeypatch.setattr(rucio, "get_rule", lambda *_: replace(STUCK, error=raw))
    found = proceeded(at(kept, Keep.Status.REPLICATING))
    assert found.status == Keep.Status.STUCK
    assert words in found.error
    assert not raw or raw not in found.error
    retry, rule = f'action="/datalake/escape/rules/{found.rule}/retry-rule/"', f'href="/datalake/escape/rules/{found.rule}/"'
    pages = {name: signed_in(name).get(f"{kept.run.get_absolute_url()}kept/").content.decode() for name in ("lead", "member")}
    assert {name: (retry in page, rule in page) for name, page in pages.items()} == {"lead": (True, True), "member": (False, True)}


def test_a_dataset_that_is_there_is_not_added_to(kept: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rucio, "get_did", lambda *_: rucio.Did("TEST_SP", "DM.X", "DATASET"))
    monkeypatch.setattr(rucio, "add_collection", raising(AssertionError("added to")))
    found = proceeded(kept)
    assert found.status == Keep.Status.FAILED
    assert "another name" in found.error


def test_files_of_one_name_in_two_folders_keep_their_folders() -> None:
    names = kept_files.names_of("DM.X", ["a/out.csv", "b/out.csv", "plots/p.png"])
    assert names == {"a/out.csv": "DM.X.a_out.csv", "b/out.csv": "DM.X.b_out.csv", "plots/p.png": "DM.X.p.png"}


def test_names_are_such_as_the_lake_takes_and_no_two_are_equal() -> None:
    paths = ["A[1].txt", "A#1#.txt", "line\nbreak", "Ω.txt", "deep/" + "x" * 300 + ".fits", "a_b.txt", "a b.txt"]
    names = kept_files.names_of("DM.X", paths)
    assert len(set(names.values())) == len(paths)
    assert all(naming.fault(LAKE, "TEST_SP", name) == "" for name in names.values())
    assert names["line\nbreak"] == "DM.X.line_break"
    assert names["deep/" + "x" * 300 + ".fits"].endswith(".fits")
    assert kept_files.names_of("DM.X", paths[::-1]) == names


def test_a_result_has_three_keys_in_the_lake_whatever_its_parameters(kept: Keep) -> None:
    kept.run.parameters = {"fast": True, "energies": [1, 2], "file": {"class": "File"}, "n": 3, "none": None}
    kept.run.commit = "c0ffee"
    found = provenance.in_lake(kept.run)
    assert sorted(found) == ["vre_provenance", "vre_run", "vre_specification"]
    assert json.loads(found["vre_provenance"]) == {
        "source": "",
        "commit": "c0ffee",
        "parameters": kept.run.parameters,
        "workflow": f"{settings.PORTAL_URL}/projects/{kept.run.project.slug}/workflows/specifications/s/",
        "version": None,
        "engine": "serial",
        "images": [],
    }


STEPS = """workflow:
  type: serial
  specification:
    steps:
    - {name: fit, environment: 'docker.io/fit:1', commands: [a]}
    - {environment: 'docker.io/plot:2', commands: [b]}
"""


def test_the_metadata_name_the_image_of_each_step_as_the_run_changed_it(kept: Keep) -> None:
    kept.run.text, kept.run.overrides = STEPS, {"0": {"name": "fit", "environment": "docker.io/fit:dev"}}
    details = json.loads(provenance.in_lake(kept.run)["vre_provenance"])
    assert details["images"] == [{"step": "fit", "image": "docker.io/fit:dev"}, {"step": "step 2", "image": "docker.io/plot:2"}]


def test_where_the_portal_read_no_steps_the_images_are_those_of_the_jobs(kept: Keep) -> None:
    kept.run.text = "workflow: {type: cwl, file: a.cwl}"
    kept.run.steps = [{"name": "one", "environment": "docker.io/a"}] * 2 + [{"name": "two", "environment": ""}]
    made = provenance.provenance_of(kept.run)
    assert (made.engine_title, made.images) == ("CWL", (("one", "docker.io/a", ""),))
    kept.run.image_digests = {"docker.io/a": "sha256:1"}
    assert json.loads(provenance.in_lake(kept.run)["vre_provenance"])["images"] == [
        {"step": "one", "image": "docker.io/a", "digest": "sha256:1"}
    ]


def test_metadata_that_are_too_long_for_the_lake_leave_out_what_is_long(kept: Keep) -> None:
    kept.run.parameters, kept.run.commit = {"long": "x" * MAX_VALUE_CHARS}, "c0ffee"
    details = json.loads(provenance.in_lake(kept.run)["vre_provenance"])
    assert ("parameters" in details, "images" in details, details["commit"]) == (False, False, "c0ffee")


def test_the_lakes_checksum_of_a_file_is_noted_when_it_is_kept(
    kept: Keep, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    uploads(monkeypatch, {"DM.X.b": RemoteRefused("Not this one.")})
    chosen(kept, ["a", "b"])
    assert proceeded(kept).in_lake == {"a": {"bytes": 1, "adler32": f"{zlib.adler32(b'x'):08x}"}}


@pytest.mark.parametrize("bad", ["a", "m", "z"], ids=["front", "middle", "end"])
def test_a_file_that_the_lake_refuses_is_left_out_and_said(
    bad: str, kept: Keep, run: Run, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any, signed_in: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    attached = uploads(monkeypatch, {f"DM.X.{bad}": RemoteRefused("There is something else of that name.", status=409)})
    chosen(kept, ["b", "n", *("amz")])
    found = proceeded(kept)
    assert found.status == Keep.Status.REPLICATING
    assert found.failed == {bad: "There is something else of that name."}
    assert attached == [f"DM.X.{name}" for name in "bnamz" if name != bad]
    ended(run)
    page = " ".join(signed_in("lead").get(run.get_absolute_url()).content.decode().split())
    assert "1 of 5 files not kept:" in page
    assert "There is something else of that name." in page


def test_a_file_that_fails_for_an_hour_no_longer_holds_up_the_others(
    kept: Keep, run: Run, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    attached = uploads(monkeypatch, {"DM.X.a": RemoteUnavailable("The storage is failing.")})
    chosen(kept, ["a", "b"])
    found = proceeded(kept)
    assert (found.status, found.uploaded, found.failed) == (Keep.Status.UPLOADING, ["b"], {})
    assert "The storage is failing." in found.error
    Keep.objects.update(created_at=timezone.now() - kept_files.PATIENCE * 2)
    found = proceeded(kept)
    assert (found.status, attached) == (Keep.Status.REPLICATING, ["DM.X.b"])
    assert "tried for an hour" in found.failed["a"]


def test_a_result_of_which_no_file_can_be_kept_has_failed(
    kept: Keep, run: Run, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Any
) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    uploads(monkeypatch, {"DM.X.a": RemoteRefused("Not this one.")})
    chosen(kept, ["a"])
    found = proceeded(kept)
    assert (found.status, found.error) == (Keep.Status.FAILED, "None of the files could be kept. Not this one.")


LAKE = Service(ServiceKind.RUCIO, "escape", "Test lake", "http://127.0.0.1:9")


def ended(run: Run) -> None:
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(status=Run.Status.FINISHED, listed_at=now, collected_at=now)


def chosen(kept: Keep, paths: list[str]) -> None:
    """Files that are here, chosen to be kept."""
    for path in paths:
        output = RunFile(run=kept.run, path=path, size=1, sha256="0" * 64)
        output.file.save("x", ContentFile(b"x"))
    Keep.objects.update(paths=paths)


def uploads(monkeypatch: pytest.MonkeyPatch, errors: dict[str, Exception]) -> list[str]:
    """A lake that takes all files but some; no server can be made to refuse just these. The names that it was asked to attach."""
    attached: list[str] = []

    def upload(_lake: Any, _token: str, _rse: str, _scope: str, name: str, content: Any) -> rucio.Did:
        if name in errors:
            raise errors[name]
        body = content.read()
        return rucio.Did("TEST_SP", name, "FILE", bytes=len(body), adler32=f"{zlib.adler32(body):08x}")

    monkeypatch.setattr(rucio, "get_did", raising(RemoteRefused("no such name", status=404)))
    monkeypatch.setattr(rucio, "upload_file", upload)
    monkeypatch.setattr(rucio, "attach", lambda _lake, _token, _scope, _name, dids: attached.extend(name for _, name in dids))
    for name in ("add_collection", "close_collection"):
        monkeypatch.setattr(rucio, name, lambda *_: None)
    monkeypatch.setattr(rucio, "ensure_rule", lambda *_: rucio.EnsuredRule("0" * 32))
    monkeypatch.setattr(rucio, "get_rule", raising(RemoteUnavailable("not now")))
    return attached


def test_a_mistake_of_the_portal_is_told_and_at_last_given_up(kept: Keep, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rucio, "get_did", raising(ZeroDivisionError("nobody foresaw this")))
    found = proceeded(kept)
    assert found.status == Keep.Status.QUEUED
    assert "administrators" in found.error
    Keep.objects.update(tries=archiving.keeps.max_tries - 1)
    assert proceeded(kept).status == Keep.Status.FAILED


def test_two_presses_of_the_button_are_one_keep(kept: Keep, run: Run) -> None:
    wish = {"by": kept.by, "run": run, "key": kept.key, "lake": "escape", "scope": "TEST_SP", "dataset": "DM.X", "paths": []}
    assert services.keep(**wish, rse="A", copy_rse="B") == kept


def test_a_long_name_of_an_output_is_no_name_on_disk(run: Run, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    output = RunFile(run=run, path="plots/" + "\u6f22" * 200, size=1, sha256="0" * 64)
    output.file.save(f"{run.name}-{'0' * 16}", ContentFile(b"x"))
    assert len(output.file.name) < 100


def test_a_project_without_a_scope_keeps_nothing_and_says_so(run: Run, signed_in: Any) -> None:
    type(run.project).objects.update(scope="")
    ended(run)
    reply = signed_in("lead").post(f"{run.get_absolute_url()}keep/", {"dataset": "DM.X"})
    assert reply.status_code == 422
    assert "no scope in the Data Lake" in reply.content.decode()
    assert Keep.objects.count() == 0


def test_an_output_that_is_gone_from_the_disk_is_no_fault(run: Run, signed_in: Any, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    RunFile.objects.create(run=run, path="out.csv", size=1, sha256="0" * 64, file="runs/gone")
    ended(run)
    type(run.project).objects.update(visibility="public")
    Run.objects.update(published_at=timezone.now())
    member = signed_in("member")
    assert "The portal no longer has this file." in member.get(run.get_absolute_url()).content.decode()
    assert member.get(f"{run.get_absolute_url()}files/out.csv").status_code == 404
