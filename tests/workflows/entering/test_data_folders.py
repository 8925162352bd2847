"""A folder of `inputs.directories` that the repository does not have is an input: a dataset of the lake becomes it."""

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from projects.models import Project
from projects.workflows import reana_yaml
from projects.workflows.cwl_folders import cwl_folders
from projects.workflows.engines.child.mirror import mirror
from projects.workflows.entering import bindings, gathered, gathering, services
from projects.workflows.entering.forms import SaveForm
from projects.workflows.entering.places import Place
from projects.workflows.models import Entry, Specification
from tests.workflows.entering.conftest import FILES, REANA
from tests.workflows.entering.test_entering import zip_of
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
DATASET = {"lake": "escape", "did": "TEST_SP:night.events"}
TEXT = REANA.replace("directories: [lib]", "directories: [lib, ./events/, .]")


def entered(
    by: User, project: Project, done: Callable[[Entry], Entry], specification: Specification | None = None, text: str = TEXT
) -> Entry:
    files = [zip_of({**FILES, "reana.yaml": text.encode()})]
    return done(services.enter_files(by=by, project=project, key=uuid.uuid4(), files=files, specification=specification))


def test_it_is_bound_when_the_workflow_is_saved_and_stays_bound(people: dict[str, User], project: Project, done: Any) -> None:
    lead = people["lead"]
    entry = entered(lead, project, done)
    assert entry.unbound == [["events", "absent"]]
    form = SaveForm({"title": "Fit", "name": "fit", "did-0": DATASET["did"]}, entry=entry, by=lead, known={})
    assert "A folder: a dataset or a container becomes it." in form.binding_rows()[0][1]
    assert form.is_valid(), form.errors
    version = services.save(by=lead, entry=entry, name="fit", title="Fit", bindings=form.bindings())
    assert version.data == {"events": DATASET}
    specification = Specification.objects.get()
    assert specification.remarks == ()
    again = entered(lead, project, done, specification, TEXT.replace("level: 2", "level: 3"))
    assert bindings.bindings_of(lead, again) == {"events": DATASET}
    assert SaveForm(entry=again, by=lead, known=bindings.bindings_of(lead, again)).paths == ["events"]


def test_a_folder_whose_files_are_elsewhere_is_bound_file_by_file() -> None:
    place = Place(sizes={"reana.yaml": 1}, reasons={"events/a.fits": "lfs", "sub": "submodule"})
    place.read = lambda _path: b"inputs: {directories: [events, sub, none]}\n"  # type: ignore[method-assign]
    found = gathering.gather(place, "reana.yaml")
    assert found.unbound == [["events/a.fits", "lfs"], ["sub", "submodule"], ["none", "absent"]]
    assert gathered.later(found) == ["events/a.fits", "sub/", "none/"]


def test_a_directory_that_lists_its_files_is_none_that_data_become() -> None:
    checked = reana_yaml.read("workflow: {type: cwl, file: main.cwl}\n")
    files = [{"class": "File", "path": "a.fits"}, {"class": "Directory", "path": "inside"}]
    values = {"one": {"class": "Directory", "path": "made", "listing": files}, "two": {"class": "Directory", "location": "file://whole"}}
    assert cwl_folders(checked, values) == ["inside", "whole"]


def test_an_engine_finds_a_folder_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "scratch").mkdir()
    base, _left_out = mirror(tmp_path / "files", tmp_path / "scratch", "", ["events/", "a.fits", "deep/er/"])
    assert [(base / name).is_dir() for name in ("events", "a.fits", "deep/er")] == [True, False, True]


def test_a_file_of_the_portal_is_not_bound_to_a_folder(signed_in: Any, people: dict[str, User], project: Project, done: Any) -> None:
    services.save(by=people["lead"], entry=entered(people["lead"], project, done), name="fit", title="Fit", bindings={"events": DATASET})
    lead = signed_in("lead")
    query = "?specification=fit&path=events"
    page = lead.post(
        f"{reverse('workflows:launch-upload', args=[project.slug])}{query}", {"file": SimpleUploadedFile("mine.csv", b"1")}
    ).content.decode()
    assert "This input is a folder." in page
    assert 'name="use" value="upload/' not in page
    assert 'type="file"' not in page
    typed = {"specification": "fit", "key": str(uuid.uuid4()), "do": "launch", "p-level": "2", "p-name": "a", "i-0": f"upload/{'0' * 64}"}
    assert lead.post(reverse("workflows:launch", args=[project.slug]), typed).status_code == 422
