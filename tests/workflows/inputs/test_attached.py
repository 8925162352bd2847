"""Files of runs and uploads as inputs: who may use them, what the run inherits, and that their bytes are what they were."""

import json
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from projects.audience import Origin
from projects.models import Membership, Role
from projects.workflows import reana, services, worker
from projects.workflows.inputs import attached_staging, uploads
from projects.workflows.inputs.attached import usable
from projects.workflows.models import InputUpload, LaunchTemplate, Run, RunFile, Specification, StoredFile
from projects.workflows.outputs import planned
from projects.workflows.refusals import NotNow
from tests.factories import make_project
from tests.workflows.inputs.conftest import BODY, SCOPE, STEPS, TEXT, make_finished
from tests.workflows.test_submitting import at_reana as at_reana
from vre_portal.iam.models import User
from vre_portal.iam.personal_data.data_export import export_person

pytestmark = pytest.mark.django_db
EMBARGO = "KM3NET_EMBARGO_SP"


def launch(specification: Specification, by: User, attached: dict[str, Any]) -> Run:
    return services.launch(
        by=by, project=specification.project, specification=specification, parameters={"years": 3}, inputs={}, attached=attached,
        key=uuid.uuid4(), server="reana",
    )  # fmt: skip


def upload(by: User, specification: Specification, body: bytes = b"mine", name: str = "mine.csv") -> InputUpload:
    return uploads.store(by=by, project=specification.project, file=SimpleUploadedFile(name, body))


@pytest.fixture(autouse=True)
def tokens(no_service: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everybody has one, and no IAM is asked."""
    monkeypatch.setattr(worker, "access_token", lambda *_args, **_options: "token")
    monkeypatch.setattr(worker.in_job, "require", lambda *_args: None)  # what the server says is another test's


def test_a_run_inherits_the_origins_of_the_run_whose_file_it_reads(specification: Specification, people: dict[str, User]) -> None:
    source = make_finished(specification, people["lead"], EMBARGO, SCOPE)
    made = launch(specification, people["lead"], {"a.fits": {"file": source.outputs.get().pk}})
    assert {row.origin for row in made.origins.all()} == {Origin("escape", EMBARGO), Origin("escape", SCOPE)}
    assert not Run.objects.filter(pk=made.pk).visible_to(people["outsider"]).exists()


def test_whose_files_somebody_may_use(specification: Specification, people: dict[str, User]) -> None:
    """Those of the project's runs that they see, and of their own runs elsewhere; nobody else's, nothing restricted, no input of a run."""
    elsewhere = make_project(lead=people["lead"], slug="elsewhere")
    Membership.objects.create(project=elsewhere, user=people["member"], role=Role.MEMBER)
    other = Specification.objects.create(project=elsewhere, name="s", title="S", text=TEXT)
    runs = {
        "here": make_finished(specification, people["lead"]),
        "closed": make_finished(specification, people["lead"], EMBARGO, number=2),
        "own elsewhere": make_finished(other, people["member"]),
        "of others elsewhere": make_finished(other, people["lead"], number=2),
        "an input": make_finished(specification, people["lead"], number=3),
    }
    Run.objects.filter(pk=runs["an input"].pk).update(attached={"results/flux.csv": {"file": 1}})
    attached = {name: {"file": run.outputs.get().pk} for name, run in runs.items()}
    Membership.objects.create(project=specification.project, user=people["newcomer"], role=Role.MEMBER)
    assert set(usable(people["member"], specification.project, attached)) == {"here", "own elsewhere"}
    assert set(usable(people["lead"], specification.project, attached)) == {"here", "closed", "of others elsewhere"}
    assert set(usable(people["newcomer"], specification.project, attached)) == {"here"}
    assert set(usable(people["outsider"], specification.project, attached)) == set()


def test_an_upload_is_for_its_person_until_a_run_of_the_project_reads_it(specification: Specification, people: dict[str, User]) -> None:
    made = upload(people["lead"], specification)
    attached = {"a.fits": {"stored": made.stored.sha256}}
    with pytest.raises(NotNow):
        launch(specification, people["member"], attached)
    run = launch(specification, people["lead"], attached)
    assert list(run.uploads.all()) == [made]
    assert launch(specification, people["member"], attached).attached == attached
    assert not usable(people["lead"], make_project(lead=people["lead"], slug="other"), attached)


def test_the_bytes_are_brought_and_checked(
    specification: Specification, people: dict[str, User], at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_finished(specification, people["lead"], SCOPE)
    made = upload(people["lead"], specification)
    run = launch(specification, people["lead"], {"a.fits": {"file": source.outputs.get().pk}, "events": {"stored": made.stored.sha256}})
    sent: dict[str, bytes] = {}
    monkeypatch.setattr(reana, "upload", lambda _s, _t, _w, path, content: sent.update({path: b"".join(content)}))
    worker.submit(run.pk)
    assert Run.objects.get(pk=run.pk).status == Run.Status.PENDING
    assert sent == {"a.fits": BODY, "events": b"mine"}


def test_what_is_learned_of_the_other_run_after_the_launch_is_inherited_before_the_bytes(
    specification: Specification, people: dict[str, User], at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_finished(specification, people["lead"])
    run = launch(specification, people["lead"], {"a.fits": {"file": source.outputs.get().pk}})
    source.comes_from(Origin("escape", EMBARGO))
    monkeypatch.setattr(reana, "upload", lambda *_: at_reana.append(str(run.origins.get().origin.scope)))
    worker.submit(run.pk)
    assert EMBARGO in at_reana


def test_whose_groups_ended_is_asked_before_the_bytes(
    specification: Specification, people: dict[str, User], at_reana: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    source = make_finished(specification, people["lead"])
    run = launch(specification, people["lead"], {"a.fits": {"file": source.outputs.get().pk}})
    monkeypatch.setattr(attached_staging, "refresh_user", lambda _user: people["outsider"])  # as the IAM has them now
    monkeypatch.setattr(reana, "upload", lambda *_: at_reana.append("upload"))
    worker.submit(run.pk)
    assert Run.objects.get(pk=run.pk).status == Run.Status.FAILED
    assert "upload" not in at_reana


@pytest.mark.parametrize("fault", ["changed", "gone", "closed", "deleted"])
def test_what_may_not_be_read_any_more_is_not_brought(
    specification: Specification, people: dict[str, User], at_reana: list[str], monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    source = make_finished(specification, people["lead"])
    file = source.outputs.get()
    run = launch(specification, people["member"], {"a.fits": {"file": file.pk}})
    path = Path(file.file.path)
    if fault == "changed":
        path.write_bytes(b"x" * len(BODY))
    elif fault == "gone":
        path.unlink()
    elif fault == "deleted":
        RunFile.objects.all().delete()
    else:
        source.comes_from(Origin("escape", EMBARGO))
        User.objects.filter(pk=people["member"].pk).update(groups=["escape"])
    sent: list[bytes] = []
    monkeypatch.setattr(reana, "upload", lambda _s, _t, _w, _path, content: sent.append(b"".join(content)))
    worker.submit(run.pk)
    after = Run.objects.get(pk=run.pk)
    assert (after.status, sent) == (Run.Status.FAILED, [])
    assert "a.fits" in after.error
    assert "start" not in at_reana


def test_an_attached_file_is_no_output_of_its_run(specification: Specification, people: dict[str, User], finished: Run) -> None:
    run = launch(specification, people["lead"], {"results/flux.csv": {"file": finished.outputs.get().pk}})
    (row,) = planned(run, [reana.File("results/flux.csv", len(BODY), "")], is_complete=True)
    assert (row.state, row.reason) == (RunFile.State.LEFT, "Input of the run.")


def test_limits_of_uploads(specification: Specification, people: dict[str, User], settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.RUN_INPUT_MEGABYTES = 0
    with pytest.raises(uploads.NotStored, match="more than"):
        upload(people["lead"], specification)
    settings.RUN_INPUT_MEGABYTES = 1
    monkeypatch.setattr(uploads, "MAX_UNUSED", 1)
    first = upload(people["lead"], specification, name="C:\\data\\a\nb.csv")
    assert first.name == "a b.csv"
    assert upload(people["lead"], specification).pk == first.pk
    with pytest.raises(uploads.NotStored, match="that no run reads"):
        upload(people["lead"], specification, b"another")
    assert len([path for path in Path(settings.MEDIA_ROOT).rglob("*") if path.is_file()]) == 1  # what is refused is not left there
    monkeypatch.setattr(uploads, "FILES_OF_PROJECT", 0)
    with pytest.raises(uploads.NotStored, match="use 4 B of 0 B"):
        upload(people["member"], specification, b"another")


def test_uploads_that_no_run_reads_are_swept_and_leave_with_their_person(specification: Specification, people: dict[str, User]) -> None:
    used, unused = upload(people["lead"], specification, b"used"), upload(people["lead"], specification, b"unused")
    launch(specification, people["lead"], {"a.fits": {"stored": used.stored.sha256}})
    old = timezone.now() - timedelta(days=20)
    InputUpload.objects.update(created_at=old)
    StoredFile.objects.update(used_at=old)
    assert {row["name"] for row in export_person(people["lead"])["workflows.inputupload"]} == {"mine.csv"}
    assert not StoredFile.objects.orphans().exists()
    uploads.forget()
    assert list(InputUpload.objects.all()) == [used]
    assert list(StoredFile.objects.orphans()) == [unused.stored]
    upload(people["lead"], specification, b"unused again")
    uploads.erase(people["lead"], "")
    assert list(InputUpload.objects.all()) == [used]


def test_the_form_launches_with_a_file_of_a_run_and_says_where_one_is_not_usable(
    lead: Client, specification: Specification, finished: Run, people: dict[str, User]
) -> None:
    text = json.dumps({"inputs": {"files": ["a.fits", "b.csv"], "parameters": {"years": 3}}, "workflow": STEPS})
    Specification.objects.filter(pk=specification.pk).update(
        text=text, data={p: {"lake": "escape", "did": ""} for p in ("a.fits", "b.csv")}
    )
    address = reverse("workflows:launch", args=[specification.project.slug])
    typed = {
        "specification": "s",
        "key": str(uuid.uuid4()),
        "p-years": "3",
        "i-0": f"file/{finished.outputs.get().pk}",
        "i-1": "file/999999",
    }
    reply = lead.post(address, typed)
    assert reply.status_code == 422
    assert "The file chosen for b.csv is not available to you" in reply.content.decode()
    made = upload(people["lead"], specification)
    reply = lead.post(address, typed | {"i-1": f"upload/{made.stored.sha256}"})
    assert reply.status_code == 302
    run = Run.objects.latest("pk")
    assert (run.inputs, run.attached) == ({}, {"a.fits": {"file": finished.outputs.get().pk}, "b.csv": {"stored": made.stored.sha256}})
    page = lead.get(run.get_absolute_url()).content.decode()
    assert "File of run 1" in page
    assert "mine.csv (uploaded)" in page
    assert lead.get(f"{run.get_absolute_url()}?format=json").json()["attached"] == run.attached
    again = lead.get(f"{address}?specification=s&from={run.number}").content.decode()
    assert f'value="file/{finished.outputs.get().pk}"' in again
    assert f'value="upload/{made.stored.sha256}"' in again
    assert "Run 1 of Fit" in again


def test_a_template_keeps_files_of_runs_and_a_link_keeps_all(
    lead: Client, specification: Specification, finished: Run, people: dict[str, User]
) -> None:
    address = reverse("workflows:launch", args=[specification.project.slug])
    file, stored = f"file/{finished.outputs.get().pk}", upload(people["lead"], specification).stored.sha256
    typed = {"specification": "s", "key": str(uuid.uuid4()), "p-years": "3", "i-0": file, "i-1": f"upload/{stored}", "template-name": "T"}
    page = lead.post(address, typed | {"do": "save"}, follow=True).content.decode()
    assert "Uploaded files are not part of a template: events." in page
    assert LaunchTemplate.objects.get().attached == {"a.fits": {"file": finished.outputs.get().pk}}
    assert f'value="{file}"' in page
    assert f"i-1=upload%2F{stored}" in lead.post(address, typed | {"do": "link"}).content.decode()
