"""The other specifications of a repository or an upload are added without giving it again."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects.models import Project
from projects.workflows.entering import services, siblings
from projects.workflows.entering.beginning import EntryRefused, zip_of
from projects.workflows.models import Entry, Specification
from tests.page_text import text_of
from tests.repositories.git_servers import allow, git_server
from tests.workflows.entering.conftest import FILES, REANA
from vre_portal.iam.models import User
from vre_portal.repositories.models import Snapshot

pytestmark = pytest.mark.django_db
Done = Callable[[Entry], Entry]
BOTH = FILES | {"reana-other.yaml": REANA.replace("level: 2", "level: 9").encode()}
ADD = "Add another workflow of this repository"


@pytest.fixture
def git(tmp_path: Path, monkeypatch: Any) -> Iterator[str]:
    with git_server(tmp_path, BOTH) as address:
        allow(monkeypatch, address)
        yield address


def chosen(done: Done, entry: Entry, path: str) -> Entry:
    assert done(entry).state == Entry.State.CHOICE
    services.choose(entry=Entry.objects.get(pk=entry.pk), path=path)
    entry = done(Entry.objects.get(pk=entry.pk))
    assert entry.state == Entry.State.READ, entry.reason
    return entry


def test_the_next_one_is_chosen_from_the_fetched_repository(
    people: dict[str, User], project: Project, git: str, done: Done, signed_in: Callable[..., Client]
) -> None:
    by, lead = people["lead"], signed_in("lead")
    first = chosen(done, services.enter_repository(by=by, project=project, key=uuid.uuid4(), address=git), "reana.yaml")
    page = lead.get(first.get_absolute_url()).content.decode()
    assert "Save, then add another of these files" in text_of(page.encode())
    reply = lead.post(first.get_absolute_url(), {"title": "Fit", "name": "fit", "then": "another"})
    second = done(Entry.objects.latest("pk"))
    assert (reply["Location"], second.pk != first.pk) == (second.get_absolute_url(), True)
    shown = text_of(lead.get(second.get_absolute_url()).content)
    assert "reana.yaml In this project: Fit" in shown
    second = chosen(done, second, "reana-other.yaml")
    services.save(by=by, entry=second, name="other", title="Other", bindings={})
    assert Snapshot.objects.count() == 1
    assert Specification.objects.get(name="other").default_parameters["level"] == 9


def test_the_page_of_a_workflow_leads_to_the_others_and_fetches_again_only_what_is_gone(
    people: dict[str, User], project: Project, git: str, done: Done, signed_in: Callable[..., Client]
) -> None:
    by, lead = people["lead"], signed_in("lead")
    entry = chosen(done, services.enter_repository(by=by, project=project, key=uuid.uuid4(), address=git), "reana.yaml")
    services.save(by=by, entry=entry, name="fit", title="Fit", bindings={})
    where = "/projects/fits/workflows/specifications/fit/"
    assert ADD in text_of(lead.get(where).content)
    assert ADD not in text_of(signed_in("member").get(where).content)
    key = str(uuid.uuid4())
    pages = {lead.post(f"{where}another/", {"key": key})["Location"] for _press in range(2)}
    assert (len(pages), done(Entry.objects.latest("pk")).state, Snapshot.objects.count()) == (1, Entry.State.CHOICE, 1)
    Entry.objects.all().delete()
    Snapshot.objects.all().delete()
    lead.post(f"{where}another/", {"key": key})
    assert (done(Entry.objects.latest("pk")).state, Snapshot.objects.count()) == (Entry.State.CHOICE, 1)


def test_of_an_upload_the_same_files_are_chosen_from(people: dict[str, User], project: Project, done: Done) -> None:
    from django.core.files.uploadedfile import SimpleUploadedFile

    by, files = people["lead"], [SimpleUploadedFile("all.zip", zip_of(BOTH))]
    first = chosen(done, services.enter_files(by=by, project=project, key=uuid.uuid4(), files=files), "reana.yaml")
    second = siblings.enter_another(by=by, entry=first, key=uuid.uuid4())
    first.delete()  # with its file, which is not the other's
    assert chosen(done, second, "reana-other.yaml").default_parameters["level"] == 9


def test_what_is_no_repository_has_no_others(
    people: dict[str, User], project: Project, done: Done, signed_in: Callable[..., Client]
) -> None:
    by = people["lead"]
    entry = done(services.enter_text(by=by, project=project, key=uuid.uuid4(), text=REANA))
    with pytest.raises(EntryRefused):
        siblings.enter_another(by=by, entry=entry, key=uuid.uuid4())
    services.save(by=by, entry=entry, name="fit", title="Fit", bindings={})
    lead, where = signed_in("lead"), "/projects/fits/workflows/specifications/fit/"
    assert ADD not in text_of(lead.get(where).content)
    assert "did not come from a git repository" in text_of(lead.post(f"{where}another/", follow=True).content)
