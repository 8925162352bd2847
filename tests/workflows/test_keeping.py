"""A kept result says how far it is, waits for whoever has to sign in, and adds to nobody else's dataset."""

from typing import Any

import pytest
from django.core.files.base import ContentFile

from datalake import rucio
from projects.workflows import keeping, services
from projects.workflows.models import Keep, Run, RunFile
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.iam.vault import SignInAgain


def raising(error: Exception) -> Any:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    return fail


def proceeded(kept: Keep) -> Keep:
    Keep.objects.update(lease_until=None)
    keeping.proceed(kept.pk)
    return Keep.objects.get(pk=kept.pk)


def at(kept: Keep, status: str) -> Keep:
    Keep.objects.update(status=status, rule="0" * 32)
    return kept


def test_a_sign_in_that_ran_out_does_not_make_a_copy_that_is_under_way_a_failure(kept: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "access_token", raising(SignInAgain("Your sign-in has run out.")))
    for status in (Keep.Status.QUEUED, Keep.Status.UPLOADING, Keep.Status.REPLICATING):
        found = proceeded(at(kept, status))
        assert found.status == status
        assert f"when {kept.by} signs in" in found.error
    assert keeping.keeps.waiting() == []  # not asked again at once


def test_a_rule_that_is_gone_is_a_failure_and_one_that_cannot_be_seen_is_not(kept: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rucio, "get_rule", raising(RemoteRefused("not for you", status=403)))
    assert proceeded(at(kept, Keep.Status.REPLICATING)).status == Keep.Status.REPLICATING
    monkeypatch.setattr(rucio, "get_rule", raising(RemoteUnavailable("away")))
    assert proceeded(kept).status == Keep.Status.REPLICATING
    monkeypatch.setattr(rucio, "get_rule", raising(RemoteRefused("no such rule", status=404)))
    assert proceeded(kept).status == Keep.Status.FAILED


def test_a_dataset_that_is_there_is_not_added_to(kept: Keep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rucio, "get_did", lambda *_: rucio.Did("TEST_SP", "DM.X", "DATASET"))
    monkeypatch.setattr(rucio, "add_dataset", raising(AssertionError("added to")))
    found = proceeded(kept)
    assert found.status == Keep.Status.FAILED
    assert "another name" in found.error


def test_files_of_one_name_in_two_folders_keep_their_folders() -> None:
    names = keeping.names_of("DM.X", ["a/out.csv", "b/out.csv", "plots/p.png"])
    assert names == {"a/out.csv": "DM.X.a_out.csv", "b/out.csv": "DM.X.b_out.csv", "plots/p.png": "DM.X.p.png"}


def test_a_mistake_of_the_portal_is_told_and_at_last_given_up(kept: Keep, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rucio, "get_did", raising(ZeroDivisionError("nobody foresaw this")))
    found = proceeded(kept)
    assert found.status == Keep.Status.QUEUED
    assert "operators" in found.error
    Keep.objects.update(tries=keeping.keeps.max_tries - 1)
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
    reply = signed_in("lead").post(f"{run.get_absolute_url()}keep/", {"dataset": "DM.X"})
    assert reply.status_code == 422
    assert "no scope in the Data Lake" in reply.content.decode()
    assert Keep.objects.count() == 0


def test_an_output_that_is_gone_from_the_disk_is_no_fault(run: Run, signed_in: Any, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    RunFile.objects.create(run=run, path="out.csv", size=1, sha256="0" * 64, file="runs/gone")
    lead = signed_in("lead")
    assert lead.get(run.get_absolute_url()).status_code == 200
    assert lead.get(f"{run.get_absolute_url()}files/out.csv").status_code == 404
