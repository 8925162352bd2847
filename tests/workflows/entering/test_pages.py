"""The pages on which a specification enters, is looked at, compared, changed and ended."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from projects.models import Membership, Project, Role
from projects.workflows.entering import bindings, worker
from projects.workflows.entering.saving import add_version
from projects.workflows.models import Entry, Run, Specification, SpecificationVersion, StoredFile
from tests.page_text import text_of
from tests.workflows.entering.conftest import REANA
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]
NEW = "/projects/fits/workflows/specifications/new/"


@pytest.fixture
def lead(project: Project, signed_in: SignIn) -> Client:
    return signed_in("lead")


def version_of(project: Project, text: str = REANA, name: str = "fit", by: User | None = None, **files: bytes) -> SpecificationVersion:
    specification = Specification.objects.filter(project=project, name=name).first() or Specification(
        project=project, name=name, title="Fit"
    )
    stored = {path.replace("__", "/"): StoredFile.objects.keep(body) for path, body in files.items()}
    return add_version(specification, by=by, text=text, files=stored, data={}, origin=SpecificationVersion.Origin.EDITOR)


def test_no_files_and_two_of_one_name_are_refused_beside_their_field(lead: Client) -> None:
    reply = lead.post(f"{NEW}?from=upload", {"key": str(uuid.uuid4())})
    assert (reply.status_code, "This field is required." in reply.content.decode()) == (422, True)
    twice = [SimpleUploadedFile("reana.yaml", REANA.encode()), SimpleUploadedFile("reana.yaml", b"")]
    reply = lead.post(f"{NEW}?from=upload", {"key": str(uuid.uuid4()), "uploads": twice})
    assert (reply.status_code, "Two files are called reana.yaml." in reply.content.decode()) == (422, True)


def test_as_many_single_files_as_the_form_takes_arrive(lead: Client) -> None:
    many = [SimpleUploadedFile(f"file-{number}.txt", b"") for number in range(201)]
    reply = lead.post(f"{NEW}?from=upload", {"key": str(uuid.uuid4()), "uploads": many})
    assert (reply.status_code, "Choose at most 200 files, or a zip." in reply.content.decode()) == (422, True)
    assert lead.post(f"{NEW}?from=upload", {"key": str(uuid.uuid4()), "uploads": many[:200]}).status_code == 302


def test_what_was_written_and_is_not_saved_can_be_edited_again(
    lead: Client, signed_in: SignIn, project: Project, people: dict[str, User]
) -> None:
    text = REANA.replace("level: 2", "level: [")
    lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": text})
    entry = Entry.objects.get()
    again = f"{NEW}?from=editor&amp;entry={entry.pk}"
    assert again in lead.get(read(entry)).content.decode()
    assert "level: [" in lead.get(again.replace("&amp;", "&")).content.decode()
    Membership.objects.create(project=project, user=people["member"], role=Role.LEAD)
    assert "level: [" not in signed_in("member").get(again.replace("&amp;", "&")).content.decode()  # it is the person's own


def test_what_failed_is_tried_again_with_its_address(lead: Client, project: Project, people: dict[str, User]) -> None:
    where = {"address": "https://git.example.org/a/b.git", "ref": "feature/x y"}
    entry = Entry.objects.create(project=project, by=people["lead"], key=uuid.uuid4(), origin="git", state="failed", reason="No.", **where)
    page = lead.get(entry.get_absolute_url()).content.decode()
    assert "https://git.example.org/a/b.git branch, tag or commit feature/x y" in text_of(page.encode())
    found = re.search(r'href="([^"]+)">\s*Try again', page)
    assert found
    form = lead.get(found[1].replace("&amp;", "&")).content.decode()
    assert 'value="https://git.example.org/a/b.git"' in form
    assert 'value="feature/x y"' in form


def read(entry: Entry) -> str:
    worker.read(entry.pk)
    return entry.get_absolute_url()


def test_written_in_the_editor_checked_shown_and_saved(lead: Client, project: Project) -> None:
    page = text_of(lead.get(f"{NEW}?from=editor").content)
    assert "inputs.parameters" in page  # the help beside it
    text = REANA.replace("files: [code/fit.py, data/table.npz]", "files: [events.fits]").replace("directories: [lib]", "directories: []")
    reply = lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": text})
    entry = Entry.objects.get()
    assert reply["Location"] == entry.get_absolute_url()
    where = read(entry)
    shown = text_of(lead.get(where).content)
    for words in ("serial", "level", "whole number", "python:3.12", "out.csv", "events.fits", "It is not among the files."):
        assert words in shown, words
    assert not Specification.objects.exists()  # nothing before the person says so
    reply = lead.post(where, {"title": "My fit", "name": "my-fit", "did-0": ""})
    assert reply["Location"] == "/projects/fits/workflows/specifications/my-fit/"
    specification = Specification.objects.get()
    assert specification.data == {"events.fits": {"lake": "escape", "did": ""}}
    shown = text_of(lead.get(reply["Location"]).content)
    assert "My fit" in shown
    assert "chosen at launch" in shown
    assert lead.get(where)["Location"] == reply["Location"]


def test_a_workflow_whose_input_is_chosen_at_launch_can_be_launched(lead: Client, project: Project) -> None:
    version = version_of(
        project, "inputs: {files: [a.fits]}\nworkflow: {type: serial, specification: {steps: [{environment: e, commands: [c]}]}}\n"
    )
    Specification.objects.update(data={"a.fits": {"lake": "escape", "did": ""}})
    page = lead.get("/projects/fits/workflows/new/?specification=fit")
    assert page.status_code == 200
    assert version.specification.name in page.content.decode()


@pytest.mark.parametrize("name", ["new", "entries", "a b", "", "ü", "a/b"])
def test_a_name_that_can_be_no_address_is_refused_and_the_rest_is_kept(lead: Client, project: Project, name: str) -> None:
    lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": REANA})
    where = read(Entry.objects.get())
    reply = lead.post(where, {"title": "Kept title", "name": name})
    assert (reply.status_code, "Kept title" in reply.content.decode()) == (422, True)


def test_faults_are_told_with_their_lines_and_can_be_saved_as_a_draft(lead: Client, project: Project) -> None:
    lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": "inputs:\n  files: 5\nworkflow: {type: serial}\n"})
    page = lead.get(read(Entry.objects.get())).content.decode()
    assert "inputs.files (line 2)" in text_of(page.encode())
    assert ('href="#yaml-2"' in page, 'id="yaml-2"' in page) == (True, True)


def test_checks_are_grouped_say_who_looked_and_lead_to_their_line(lead: Client, project: Project) -> None:
    text = REANA.replace("${level}", "${levl}")
    lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": text})
    where = read(Entry.objects.get())
    lead.post(where, {"title": "Fit", "name": "fit"})
    lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": text})
    for page in (read(Entry.objects.first()), "/projects/fits/workflows/specifications/fit/"):
        body = lead.get(page).content.decode()
        line = text.splitlines().index(next(line for line in text.splitlines() if "levl" in line)) + 1
        assert f'href="#yaml-{line}"' in body, page
        assert f'<span id="yaml-{line}">' in body, page
        shown = text_of(body.encode())
        for words in ("Warnings", "Passed", "Checked by the portal"):
            assert words in shown, (page, words)


def test_a_version_that_no_engine_read_has_the_checks_of_its_text(lead: Client, project: Project) -> None:
    version_of(project, REANA.replace("${level}", "${levl}"))
    shown = text_of(lead.get("/projects/fits/workflows/specifications/fit/").content)
    assert ("Warnings" in shown, "levl" in shown) == (True, True)


@pytest.mark.parametrize("door", ["git", "upload", "link", "editor", "copy", "nonsense"])
def test_each_door_opens_and_an_empty_form_is_told_what_it_lacks(lead: Client, project: Project, door: str) -> None:
    assert lead.get(f"{NEW}?from={door}").status_code == 200
    if door != "copy":
        assert lead.post(f"{NEW}?from={door}", {}).status_code == 422


@pytest.mark.parametrize(
    "address", ["file:///etc/passwd", "http://127.0.0.1:1/x", "http://169.254.169.254/a/b", "ext::sh -c id", "https://u:p@h.example/a"]
)
def test_an_address_that_may_not_be_fetched_is_refused_on_the_form(lead: Client, project: Project, address: str) -> None:
    reply = lead.post(NEW, {"key": str(uuid.uuid4()), "address": address})
    assert reply.status_code == 422
    assert not Entry.objects.exists()


def test_an_upload_in_the_browser(lead: Client, project: Project) -> None:
    files = [SimpleUploadedFile("reana.yaml", REANA.encode()), SimpleUploadedFile("notes.txt", b"")]
    lead.post(f"{NEW}?from=upload", {"key": str(uuid.uuid4()), "uploads": files})
    assert "code/fit.py" in text_of(lead.get(read(Entry.objects.get())).content)


def test_somebody_elses_entry_is_not_found_and_members_enter_nothing(
    lead: Client, project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    entry = Entry.objects.create(project=project, by=people["lead"], key=uuid.uuid4(), origin="editor", state="read", text=REANA)
    Membership.objects.create(project=project, user=people["member"], role=Role.EDITOR)
    editor = signed_in("member")
    assert editor.get(NEW).status_code == 200
    assert editor.get(entry.get_absolute_url()).status_code == 404
    Membership.objects.filter(user=people["member"]).update(role=Role.MEMBER)
    member = signed_in("member")
    assert (member.get(NEW).status_code, member.post(NEW).status_code) == (403, 403)


def test_a_workflow_of_a_project_that_the_person_cannot_see_is_not_copied(lead: Client, project: Project) -> None:
    hidden = Project.objects.create(slug="hidden", title="Hidden")
    version_of(hidden, name="secret")
    page = lead.get(f"{NEW}?from=copy")
    assert "hidden/secret" not in page.content.decode()
    assert lead.post(f"{NEW}?from=copy", {"key": str(uuid.uuid4()), "source": "hidden/secret"}).status_code == 404
    assert not Entry.objects.exists()


def test_versions_are_listed_and_compared_by_lines_and_parameters(lead: Client, project: Project, people: dict[str, User]) -> None:
    version_of(project, by=people["lead"], code__fit=b"print(1)\nsame\n", gone=b"1", data=b"\xff\x00")
    version_of(project, REANA.replace("level: 2", "level: 3"), by=people["lead"], code__fit=b"print(2)\nsame\n", new=b"1", data=b"\xff\x01")
    page = text_of(lead.get("/projects/fits/workflows/specifications/fit/versions/").content)
    assert "What changed" in page
    assert "Lena Lead" in page
    page = text_of(lead.get("/projects/fits/workflows/specifications/fit/compare/?from=1&to=2").content)
    for words in ("-print(1)", "+print(2)", "added new", "removed gone", "It is not a text file.", "level 2 3"):
        assert words in page, words
    assert lead.get("/projects/fits/workflows/specifications/fit/compare/?from=1&to=9").status_code == 404
    assert lead.get("/projects/fits/workflows/specifications/fit/compare/?from=x").status_code == 200


def test_hostile_text_is_shown_as_text(lead: Client, project: Project) -> None:
    version_of(project, code=b"a\n")
    version_of(project, REANA.replace("name: a", "name: '<script>alert(1)</script>'"), code="<script>x</script>\u202e\n".encode())
    for page in ("", "versions/", "compare/"):
        body = lead.get(f"/projects/fits/workflows/specifications/fit/{page}").content.decode()
        assert "<script>alert" not in body
        assert "<script>x" not in body
        assert "\u202e" not in body


def test_the_run_page_names_the_version_and_says_what_changed_since(lead: Client, project: Project, people: dict[str, User]) -> None:
    version = version_of(project)
    Run.objects.create(
        project=project, number=1, by=people["lead"], specification=version.specification, version=version, text=REANA, key=uuid.uuid4(),
        server="s", name="vre-1", status=Run.Status.FINISHED,
    )  # fmt: skip
    assert "The workflow has changed since" not in text_of(lead.get("/projects/fits/workflows/1/").content)
    version_of(project, REANA.replace("level: 2", "level: 3"))
    assert "The workflow has changed since" in text_of(lead.get("/projects/fits/workflows/1/").content)
    form = text_of(lead.get("/projects/fits/workflows/new/?specification=fit&from=1").content)
    assert "Run 1 used version 1 of the workflow; this form is for version 2." in form
    assert "version 1" in text_of(lead.get("/projects/fits/workflows/1/").content)


def test_the_editor_opens_with_the_current_text_and_goes_on_with_a_draft(lead: Client, project: Project) -> None:
    version_of(project)
    where = "/projects/fits/workflows/specifications/fit/edit/"
    assert "level: 2" in lead.get(where).content.decode()
    lead.post(where, {"key": str(uuid.uuid4()), "text": REANA.replace("level: 2", "level: 7")})
    entry = Entry.objects.get()
    shown = text_of(lead.get(read(entry)).content)
    assert "What changes" in shown
    assert "level 2 7" in shown
    assert "level: 7" in lead.get(f"{where}?entry={entry.pk}").content.decode()
    assert lead.post(where, {"key": str(uuid.uuid4()), "text": "a: \0"}).status_code == 422


def test_an_archived_workflow_is_not_offered_and_comes_back(lead: Client, project: Project) -> None:
    version_of(project)
    where = "/projects/fits/workflows/specifications/fit/"
    lead.post(f"{where}archive/", {"archived": "yes"})
    assert "This workflow is archived." in text_of(lead.get(where).content)
    assert lead.get("/projects/fits/workflows/new/?specification=fit").status_code in (200, 404)
    assert 'href="/projects/fits/workflows/specifications/fit/"' not in lead.get("/projects/fits/workflows/").content.decode()
    lead.post(f"{where}archive/", {"archived": "no"})
    assert 'href="/projects/fits/workflows/specifications/fit/"' in lead.get("/projects/fits/workflows/").content.decode()
    assert lead.post(f"{where}delete/")["Location"] == "/projects/fits/workflows/"
    assert not Specification.objects.exists()


def test_a_restricted_binding_is_not_named_to_those_who_may_not_read_it(project: Project, signed_in: SignIn, monkeypatch: Any) -> None:

    Project.objects.update(visibility=Project.Visibility.PUBLIC)
    version_of(project)
    Specification.objects.update(data={"a.fits": {"lake": "escape", "did": "closed:secret-name"}})
    monkeypatch.setattr(bindings.audience, "can_read", lambda who, _origin: getattr(who, "preferred_username", "") == "lead")
    where = "/projects/fits/workflows/specifications/fit/"
    assert "secret-name" not in Client().get(where).content.decode()
    assert "secret-name" not in Client().get(f"{where}?format=json").content.decode()
    assert "secret-name" in signed_in("lead").get(where).content.decode()


def test_a_software_entry_leads_to_the_projects_in_which_the_person_adds_workflows(lead: Client, project: Project) -> None:
    page = lead.get("/dashboard/workflows/add/?address=https://git.example.org/a/b").content.decode()
    assert "/projects/fits/workflows/specifications/new/?from=git&amp;address=https%3A%2F%2Fgit.example.org%2Fa%2Fb" in page
    assert (
        'value="https://git.example.org/a/b"' in lead.get(f"{NEW}?from=git&address=https://git.example.org/a/b&software=1").content.decode()
    )
    assert lead.get("/dashboard/workflows/add/?address=https://git.example.org/a?token=x").status_code == 404


def test_a_save_over_somebody_elses_is_asked_once_more(lead: Client, project: Project) -> None:
    version_of(project)
    where = "/projects/fits/workflows/specifications/fit/edit/"
    assert 'name="seen" value="1"' in lead.get(where).content.decode()
    version_of(project, REANA.replace("level: 2", "level: 3"))  # while the editor is open
    lead.post(where, {"key": str(uuid.uuid4()), "text": REANA.replace("name: a", "name: b"), "seen": "1"})
    page = read(Entry.objects.get())
    assert "Version 2 was saved after you began." in text_of(lead.get(page).content)
    version_of(project, REANA.replace("level: 2", "level: 4"))
    reply = lead.post(page, {"title": "Fit", "seen": "2"})
    assert (reply.status_code, "level 4 2" in text_of(reply.content)) == (409, True)
    assert 'name="seen" value="3"' in reply.content.decode()
    assert lead.post(page, {"title": "Fit", "seen": "3"}).status_code == 302
    assert Specification.objects.get().default_parameters == {"level": 2, "name": "b"}


def test_inputs_beyond_the_fields_can_be_chosen_at_launch(lead: Client, project: Project) -> None:
    names = [f"d/{number}.fits" for number in range(60)]
    part = "workflow: {type: serial, specification: {steps: [{name: a, environment: e, commands: [c]}]}}\n"
    lead.post(f"{NEW}?from=editor", {"key": str(uuid.uuid4()), "text": f"inputs: {{files: [{', '.join(names)}]}}\n{part}"})
    page = read(Entry.objects.get())
    assert "10 further inputs, such as d/50.fits" in text_of(lead.get(page).content)
    lead.post(page, {"title": "x", "name": "x", **{f"did-{number}": f"s:f{number}" for number in range(50)}})
    data = Specification.objects.get().data
    assert (len(data), data["d/49.fits"]["did"], data["d/55.fits"]["did"]) == (60, "s:f49", "")


def test_a_workflow_tells_nobody_how_many_runs_they_cannot_see(lead: Client, project: Project, people: dict[str, User]) -> None:
    version = version_of(project)
    Project.objects.update(visibility=Project.Visibility.PUBLIC)
    Run.objects.create(
        project=project, number=1, by=people["lead"], specification=version.specification, version=version, text=REANA, key=uuid.uuid4(),
        server="s", name="vre-1",
    )  # fmt: skip
    where = "/projects/fits/workflows/specifications/fit/"
    assert "1 run" not in text_of(Client().get(where).content)
    page = lead.get(where).content.decode()
    assert ("1 run" in text_of(page.encode()), "?workflow=fit" in page, "Delete workflow" in page) == (True, True, False)


def test_a_workflow_and_what_is_reviewed_show_the_graph_and_lead_on(lead: Client, project: Project) -> None:
    version_of(project)
    where = "/projects/fits/workflows/specifications/fit/"
    page = lead.get(where).content.decode()
    for part in ('class="graph"', 'id="step-1"', f"{where}hints/", f"{where}badge/", "/projects/fits/workflows/templates/"):
        assert part in page, part
    lead.post(f"{where}edit/", {"key": str(uuid.uuid4()), "text": REANA.replace("level: 2", "level: 7")})
    assert 'class="graph"' in lead.get(read(Entry.objects.get())).content.decode()


def test_what_is_not_saved_is_found_again_and_can_be_discarded(lead: Client, project: Project, signed_in: SignIn) -> None:
    lead.post(f"{NEW}?from=upload", {"key": str(uuid.uuid4()), "uploads": [SimpleUploadedFile("reana.yaml", REANA.encode())]})
    entry = Entry.objects.get()
    page = lead.get("/projects/fits/workflows/").content.decode()
    assert ("Not saved yet" in page, entry.get_absolute_url() in page) == (True, True)
    assert "You can leave this page." in text_of(lead.get(entry.get_absolute_url()).content)
    discard = f"{entry.get_absolute_url()}discard/"
    assert signed_in("admin").post(discard).status_code in (403, 404)
    assert lead.post(discard)["Location"] == "/projects/fits/workflows/"
    assert not Entry.objects.exists()
    assert "Not saved yet" not in lead.get("/projects/fits/workflows/").content.decode()


def test_the_door_of_uploads_names_its_limits(lead: Client, project: Project) -> None:
    assert "At most 30 MB at once, and 10.5 MB per file." in text_of(lead.get(f"{NEW}?from=upload").content)


def test_an_earlier_version_comes_back_as_the_next(lead: Client, project: Project, people: dict[str, User]) -> None:
    version_of(project, by=people["lead"], code__fit=b"print(1)\n")
    version_of(project, "parametrs: {}\n", by=people["lead"])
    where = "/projects/fits/workflows/specifications/fit/"
    page = lead.get(f"{where}versions/").content.decode()
    assert (f"{where}versions/1/restore/" in page, f"{where}versions/2/restore/" in page) == (True, False)
    lead.post(f"{where}versions/1/restore/")
    assert lead.post(read(Entry.objects.get()), {"title": "Fit", "seen": "2"}).status_code == 302
    version = Specification.objects.get().current
    assert version is not None
    assert (version.number, version.text) == (3, REANA)
    assert Specification.objects.get().faults == ()
    assert lead.post(f"{where}versions/9/restore/")["Location"] == where


def test_faults_are_told_before_a_version_that_works_is_replaced(lead: Client, project: Project) -> None:
    version_of(project)
    where = "/projects/fits/workflows/specifications/fit/"
    lead.post(f"{where}edit/", {"key": str(uuid.uuid4()), "text": "parametrs: {}\n", "seen": "1"})
    page = text_of(lead.get(read(Entry.objects.get())).content)
    assert "This version could not be launched; the current one can." in page
    assert "Save a version with faults" in page
