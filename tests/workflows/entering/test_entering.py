"""A specification enters: fetched from a real git server, read by a job, and saved as a version whose files are byte for byte those that were read."""

import io
import os
import uuid
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from dulwich.objects import Tag

from devstack.git.repositories import make
from projects.models import Project
from projects.workflows import new_runs, staging
from projects.workflows import services as runs
from projects.workflows.engines import asking
from projects.workflows.engines.reading import Reading
from projects.workflows.entering import bindings, launch_links, reading_again, services, worker
from projects.workflows.entering.saving import NoRoom
from projects.workflows.models import Entry, Run, Specification, SpecificationVersion, StoredFile, VersionFile
from tests.repositories.git_servers import allow, git_server, repository
from tests.workflows.entering.conftest import FILES, REANA
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User
from vre_portal.repositories.looking import commit_at
from vre_portal.repositories.slot import MAX_AT_ONCE, fetch_slot
from vre_portal.services import Service, ServiceKind

pytestmark = pytest.mark.django_db
Done = Callable[[Entry], Entry]


@pytest.fixture
def git(tmp_path: Path, monkeypatch: Any) -> Any:
    """The address of a repository, which a test may make anew with other files."""
    with git_server(tmp_path, FILES) as address:
        allow(monkeypatch, address)
        yield address


def saved(by: User, entry: Entry, name: str = "fit", **bindings: dict[str, str]) -> SpecificationVersion:
    assert entry.state == Entry.State.READ, entry.reason
    return services.save(by=by, entry=entry, name=name, title="Fit", bindings=bindings)


def contents(version: SpecificationVersion) -> dict[str, bytes]:
    return {file.path: file.stored.read() for file in version.files.all()}


NAMED = {path: FILES[path] for path in ("code/fit.py", "data/table.npz", "lib/a/one.txt", "lib/two.txt")}


def test_a_repository_becomes_version_one_with_its_files_byte_for_byte(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID
) -> None:
    entry = done(services.enter_repository(by=people["lead"], project=project, key=key, address=git))
    version = saved(people["lead"], entry)
    assert contents(version) == NAMED
    specification = Specification.objects.get()
    assert (specification.current, version.number, version.origin) == (version, 1, "git")
    assert (specification.source, len(specification.commit), specification.text) == (git, 40, REANA)
    assert specification.faults == ()
    assert AuditEntry.objects.filter(action="specification.save", subject="specification/fits/fit").count() == 1


def test_what_was_saved_outlives_the_snapshot_that_it_came_from(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID
) -> None:
    entry = done(services.enter_repository(by=people["lead"], project=project, key=key, address=git))
    assert entry.snapshot is not None
    entry.snapshot.delete()
    assert contents(saved(people["lead"], Entry.objects.get())) == NAMED


def test_the_same_form_twice_is_one_entry_and_one_version(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID
) -> None:
    first = services.enter_repository(by=people["lead"], project=project, key=key, address=git)
    assert services.enter_repository(by=people["lead"], project=project, key=key, address=git) == first
    entry = done(first)
    assert saved(people["lead"], entry) == services.save(by=people["lead"], entry=entry, name="fit", title="Fit", bindings={})
    assert (Entry.objects.count(), SpecificationVersion.objects.count()) == (1, 1)


def test_of_several_specifications_the_person_chooses(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID, tmp_path: Path
) -> None:
    make(
        tmp_path / "analysis.git",
        {**FILES, "cwl/reana-cwl.yaml": b"workflow: {type: cwl, file: main.cwl}\n", "cwl/main.cwl": b"class: Workflow\n"},
    )
    entry = done(services.enter_repository(by=people["lead"], project=project, key=key, address=git))
    assert (entry.state, [item[:2] for item in entry.choices]) == ("choice", [["reana.yaml", "serial"], ["cwl/reana-cwl.yaml", "cwl"]])
    with pytest.raises(services.EntryRefused):
        services.choose(entry=entry, path="../etc/passwd")
    services.choose(entry=entry, path="cwl/reana-cwl.yaml")
    entry = done(Entry.objects.get())
    assert (entry.root, [item[0] for item in entry.listing]) == ("cwl", ["main.cwl"])


def test_a_repository_without_a_specification_says_so(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID, tmp_path: Path
) -> None:
    make(tmp_path / "analysis.git", {"README.md": b"x"})
    entry = done(services.enter_repository(by=people["lead"], project=project, key=key, address=git))
    assert (entry.state, "no REANA specification" in entry.reason) == ("failed", True)


def test_a_pointer_to_git_lfs_is_to_be_bound_to_data(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID, tmp_path: Path
) -> None:
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 5\n"
    make(tmp_path / "analysis.git", {**FILES, "data/table.npz": pointer})
    entry = done(services.enter_repository(by=people["lead"], project=project, key=key, address=git))
    assert entry.unbound == [["data/table.npz", "lfs"]]
    assert any("Git LFS" in note for note in entry.notes)
    version = saved(people["lead"], entry, **{"data/table.npz": {"lake": "escape", "did": "s:f"}})
    assert (version.data["data/table.npz"]["did"], "data/table.npz" in contents(version)) == ("s:f", False)


def test_a_newer_commit_is_found_and_shown_and_becomes_version_two(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID, tmp_path: Path
) -> None:
    saved(people["lead"], done(services.enter_repository(by=people["lead"], project=project, key=key, address=git)))
    specification = Specification.objects.get()
    same = done(reading_again.look_for_update(by=people["lead"], specification=specification, key=uuid.uuid4()))
    assert (same.state, same.snapshot) == ("same", None)  # nothing was fetched for it
    make(tmp_path / "analysis.git", {**FILES, "code/fit.py": b"print(2)\n"})
    newer = done(reading_again.look_for_update(by=people["lead"], specification=specification, key=uuid.uuid4()))
    version = saved(people["lead"], newer)
    specification.refresh_from_db()
    assert (version.number, specification.current, contents(version)["code/fit.py"]) == (2, version, b"print(2)\n")
    assert specification.commit != specification.versions.get(number=1).commit
    assert contents(specification.versions.get(number=1)) == NAMED


def test_an_annotated_tag_names_its_commit_without_a_fetch(git: str, tmp_path: Path) -> None:
    repo = repository(tmp_path)
    head = repo.head()
    tag: Any = Tag()
    tag.object, tag.name, tag.tagger, tag.tag_time, tag.tag_timezone, tag.message = (
        (type(repo[head]), head),
        b"v1",
        b"a <a@b>",
        1,
        0,
        b"one\n",
    )
    repo.object_store.add_object(tag)
    repo.refs[b"refs/tags/v1"] = tag.id  # type: ignore[index]
    repo.close()
    assert commit_at(git, "main") == commit_at(git, "") == head.decode()
    assert commit_at(git, "v1") == head.decode()


def test_a_launch_link_brings_its_specification_and_offers_its_values(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID, tmp_path: Path
) -> None:
    make(tmp_path / "analysis.git", {**FILES, "b/reana.yaml": b"a: 1"})
    link = launch_links.LaunchLink(git, path="reana.yaml", name="my fit", parameters={"level": 5, "other": 1})
    entry = done(services.enter_link(by=people["lead"], project=project, key=key, link=link))
    assert (entry.state, entry.path, entry.offered) == ("read", "reana.yaml", {"level": 5, "other": 1})
    assert saved(people["lead"], entry).offered == {"level": 5, "other": 1}


def zip_of(files: dict[str, bytes]) -> SimpleUploadedFile:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for path, body in files.items():
            archive.writestr(f"analysis/{path}", body)
    return SimpleUploadedFile("a.zip", made.getvalue())


def test_a_zip_and_single_files_enter_as_well(people: dict[str, User], project: Project, done: Done, key: uuid.UUID) -> None:
    entry = done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)]))
    assert contents(saved(people["lead"], entry)) == NAMED
    single = [
        SimpleUploadedFile("reana.yaml", b"inputs: {files: [a.bin]}\nworkflow: {type: serial, specification: {steps: []}}\n"),
        SimpleUploadedFile("a.bin", b"\xff\x00"),
    ]
    entry = done(services.enter_files(by=people["lead"], project=project, key=uuid.uuid4(), files=single))
    assert contents(saved(people["lead"], entry, "single")) == {"a.bin": b"\xff\x00"}


def test_the_editor_keeps_the_other_files_and_tells_faults_with_lines(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID
) -> None:
    saved(people["lead"], done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)])))
    specification = Specification.objects.get()
    bad = done(
        services.enter_text(
            by=people["lead"], project=project, key=uuid.uuid4(), text="workflow:\n  type: x\n", specification=specification
        )
    )
    assert "line 2" in bad.reana_yaml.faults[0]
    text = REANA.replace("level: 2", "level: 3")
    good = done(services.enter_text(by=people["lead"], project=project, key=uuid.uuid4(), text=text, specification=specification))
    version = saved(people["lead"], good)
    assert (version.number, version.origin, version.default_parameters["level"], contents(version)) == (2, "editor", 3, NAMED)


def test_a_copy_leaves_behind_bindings_that_the_person_may_not_read(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID, monkeypatch: Any
) -> None:
    saved(
        people["lead"], done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)])),
        **{"open.fits": {"lake": "escape", "did": "open:f"}, "closed.fits": {"lake": "escape", "did": "closed:f"}},
    )  # fmt: skip
    monkeypatch.setattr(bindings.audience, "can_read", lambda _who, origin: origin.scope != "closed")
    other = Project.objects.create(slug="other", title="Other")
    entry = done(
        services.enter_copy(
            by=people["member"], project=other, key=uuid.uuid4(), source=Specification.objects.select_related("project").get()
        )
    )
    assert bindings.bindings_of(people["member"], entry) == {"open.fits": {"lake": "escape", "did": "open:f"}}
    assert any("not everybody can see" in note for note in entry.notes)
    assert contents(saved(people["member"], entry, "copy")) == NAMED
    assert StoredFile.objects.count() == len(NAMED)  # each content once


def test_a_project_whose_files_take_too_much_is_told_the_figures(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID, settings: Any
) -> None:
    settings.SPECIFICATION_MEGABYTES = 0
    entry = done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)]))
    with pytest.raises(NoRoom, match="0 B of 0 B"):
        saved(people["lead"], entry)
    assert not Specification.objects.exists()


def test_a_name_that_is_taken_is_refused_and_nothing_is_changed(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID
) -> None:
    Specification.objects.create(project=project, name="fit", title="Old", text="a: 1")
    entry = done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)]))
    with pytest.raises(services.NameTaken):
        saved(people["lead"], entry)
    assert (Specification.objects.get().title, Entry.objects.get().state) == ("Old", "read")


def test_a_run_names_its_version_and_stages_the_bytes_of_that_version(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID, monkeypatch: Any
) -> None:
    version = saved(people["lead"], done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)])))
    for module, name in ((runs, "require_launchable"), (new_runs, "require_token_stored")):
        monkeypatch.setattr(module, name, lambda *_: None)
    specification = Specification.objects.select_related("current").get()
    run = runs.launch(
        by=people["lead"], project=project, specification=specification, parameters={}, inputs={}, key=uuid.uuid4(), server="s"
    )
    assert (run.version, run.code, run.is_outdated) == (version, {}, False)
    text = REANA.replace("level: 2", "level: 3")
    saved(
        people["lead"],
        done(
            services.enter_text(by=people["lead"], project=project, key=uuid.uuid4(), text=text, specification=Specification.objects.get())
        ),
    )
    sent: dict[str, bytes] = {}
    monkeypatch.setattr(staging.reana, "list_files", lambda *_: [])
    monkeypatch.setattr(staging.reana, "upload", lambda _server, _token, _id, path, body: sent.update({path: body}))
    run = Run.objects.get(pk=run.pk)
    staging.bring(run, Service(ServiceKind.REANA, "s", "S", "http://127.0.0.1:9"), "token")
    assert (sent, run.is_outdated, run.version) == (NAMED, True, version)


def test_a_workflow_with_runs_is_archived_and_not_deleted(people: dict[str, User], project: Project, done: Done, key: uuid.UUID) -> None:
    saved(people["lead"], done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)])))
    specification = Specification.objects.get()
    run = Run.objects.create(
        project=project,
        number=1,
        by=people["lead"],
        specification=specification,
        version=specification.current,
        key=key,
        name="r",
        text="a: 1",
        server="s",
    )
    with pytest.raises(services.EntryRefused, match="has runs"):
        services.delete(by=people["lead"], specification=specification)
    services.set_archived(by=people["lead"], specification=specification, archived=True)
    assert not Specification.objects.in_use().exists()
    run.delete()
    services.delete(by=people["lead"], specification=specification)
    assert (Specification.objects.count(), VersionFile.objects.count()) == (0, 0)


def test_a_content_that_the_storage_has_lost_is_stored_again(db: None) -> None:
    stored = StoredFile.objects.keep(b"text")
    stored.file.storage.delete(str(stored.file.name))
    again = StoredFile.objects.keep(b"text")
    assert again.pk == stored.pk
    assert StoredFile.objects.get(pk=stored.pk).read() == b"text"


def test_what_nothing_has_any_more_is_deleted_with_its_file_and_nothing_else(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID, django_capture_on_commit_callbacks: Any
) -> None:
    saved(people["lead"], done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)])))
    orphan = StoredFile.objects.keep(b"orphan")
    worker.forget()
    assert StoredFile.objects.filter(pk=orphan.pk).exists()  # an entry of the last days may name it
    StoredFile.objects.update(used_at="2020-01-01T00:00:00Z")
    Entry.objects.update(created_at="2020-01-01T00:00:00Z")
    with django_capture_on_commit_callbacks(execute=True):
        worker.forget()
    assert not orphan.file.storage.exists(str(orphan.file.name))
    assert (StoredFile.objects.count(), Entry.objects.count()) == (len(NAMED), 0)
    assert contents(SpecificationVersion.objects.get()) == NAMED


def test_the_authors_schema_reaches_the_form_and_stays_in_the_editor_and_in_a_copy(
    people: dict[str, User], project: Project, tmp_path: Path, monkeypatch: Any, done: Done
) -> None:
    schema = b'{"properties": {"level": {"title": "Significance", "x-unit": "sigma"}}}'
    lead, others = people["lead"], Project.objects.create(slug="others", title="Others")
    others.memberships.create(user=lead, role="lead")
    with git_server(tmp_path, FILES | {"reana.schema.json": schema}) as address:
        allow(monkeypatch, address)
        entered = done(services.enter_repository(by=lead, project=project, key=uuid.uuid4(), address=address))
        specification = saved(lead, entered).specification
    hint = specification.hints.of("level")
    assert (hint.label, hint.unit) == ("Significance", "sigma")
    text = REANA + "\n# changed\n"
    edited = done(services.enter_text(by=lead, project=project, key=uuid.uuid4(), text=text, specification=specification))
    assert saved(lead, edited).specification.hints.of("level").unit == "sigma"
    copied = done(services.enter_copy(by=lead, project=others, key=uuid.uuid4(), source=specification))
    assert saved(lead, copied).specification.hints.of("level").unit == "sigma"


def test_what_the_engine_gave_no_answer_to_is_read_again_and_stays_what_it_was(
    people: dict[str, User], project: Project, git: str, done: Done
) -> None:
    lead = people["lead"]
    entry = done(services.enter_repository(by=lead, project=project, key=uuid.uuid4(), address=git))
    version = saved(lead, entry)
    SpecificationVersion.objects.filter(pk=version.pk).update(reading={"engine": "serial", "why_not": "it was too slow"})
    again = done(reading_again.read_again(by=lead, specification=version.specification, key=uuid.uuid4()))
    assert saved(lead, again) == version  # what was read now is kept with it, and it is no new one
    version.refresh_from_db()
    assert version.reading["nodes"][0]["name"] == "fit"
    assert (version.origin, version.address, version.commit, version.path) == ("git", git, entry.commit, "reana.yaml")
    assert contents(version) == NAMED


def test_a_change_by_somebody_else_meanwhile_is_not_taken_back_unseen(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID
) -> None:
    lead = people["lead"]
    specification = saved(lead, done(services.enter_text(by=lead, project=project, key=key, text=REANA))).specification
    texts = (REANA.replace("level: 2", "level: 3"), REANA.replace("name: a", "name: b"))
    first, second = (
        done(services.enter_text(by=lead, project=project, key=uuid.uuid4(), text=text, specification=specification, seen=1))
        for text in texts
    )
    assert saved(lead, first).number == 2
    second = Entry.objects.get(pk=second.pk)
    assert second.changed_meanwhile
    with pytest.raises(services.ChangedMeanwhile, match="version 2 was saved meanwhile"):
        saved(lead, second)
    assert services.save(by=lead, entry=second, name="fit", title="Fit", bindings={}, seen=2).number == 3


def test_a_binding_that_the_person_may_not_know_stays(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID, monkeypatch: Any
) -> None:
    lead, bound = people["lead"], {"lake": "escape", "did": "closed:f"}
    first = done(services.enter_text(by=lead, project=project, key=key, text=REANA))
    specification = saved(lead, first, **{"data/table.npz": bound}).specification
    monkeypatch.setattr(bindings.audience, "can_read", lambda _who, origin: origin.scope != "closed")
    text, empty = REANA.replace("level: 2", "level: 3"), {"data/table.npz": {"lake": "escape", "did": ""}}
    entry = done(services.enter_text(by=lead, project=project, key=uuid.uuid4(), text=text, specification=specification))
    assert bindings.bindings_of(lead, entry) == {}
    assert saved(lead, entry, **empty).data == {"data/table.npz": bound}
    own = {"data/table.npz": {"lake": "escape", "did": "open:g"}}
    now = Specification.objects.get()
    again = done(services.enter_text(by=lead, project=project, key=uuid.uuid4(), text=f"{text}\n# x\n", specification=now))
    assert saved(lead, again, **own).data == own


def test_a_new_version_leaves_an_archived_workflow_archived(people: dict[str, User], project: Project, done: Done, key: uuid.UUID) -> None:
    lead = people["lead"]
    specification = saved(lead, done(services.enter_text(by=lead, project=project, key=key, text=REANA))).specification
    text = REANA.replace("level: 2", "level: 3")
    entry = done(services.enter_text(by=lead, project=project, key=uuid.uuid4(), text=text, specification=specification))
    services.set_archived(by=lead, specification=specification, archived=True)
    assert saved(lead, Entry.objects.get(pk=entry.pk)).specification.archived_at is not None


def test_the_same_text_from_elsewhere_leaves_where_a_version_came_from(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID, tmp_path: Path
) -> None:
    lead = people["lead"]
    version = saved(lead, done(services.enter_repository(by=lead, project=project, key=key, address=git)))
    same = done(services.enter_text(by=lead, project=project, key=uuid.uuid4(), text=REANA, specification=version.specification))
    assert saved(lead, same) == version
    version.refresh_from_db()
    assert (version.origin, version.address, len(version.commit)) == ("git", git, 40)
    make(tmp_path / "analysis.git", {**FILES, "README.md": b"# Another"})
    newer = done(reading_again.look_for_update(by=lead, specification=version.specification, key=uuid.uuid4()))
    assert saved(lead, newer).number == 2  # the same files, of another commit: the runs of the first keep theirs


def test_choosing_another_specification_keeps_nothing_of_the_one_before(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID
) -> None:
    part = b"workflow: {type: serial, specification: {steps: [{name: a, environment: e, commands: [c]}]}}\n"
    files = {**FILES, "sub/reana.yaml": part + b"inputs: {directories: [none]}\n", "sub/reana.schema.json": b"{}"}
    entry = done(services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(files)]))
    services.choose(entry=entry, path="sub/reana.yaml")
    first = done(entry)
    assert (first.parameter_schema, len(first.notes), first.unbound) == ("{}", 1, [["none", "absent"]])
    services.choose(entry=first, path="reana.yaml")
    second = done(first)
    assert (second.parameter_schema, second.notes, second.root, second.unbound) == ("", [], "", [])


def test_a_reading_that_the_clock_stopped_is_tried_again_and_then_told(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID, monkeypatch: Any
) -> None:
    asked: list[bool] = []

    def read(*_files: Any, **_facts: Any) -> Reading:
        asked.append(True)
        return Reading(engine="serial", why_not="Reading it was stopped.", by_clock=True)

    monkeypatch.setattr(worker.engines, "read", read)
    entry = services.enter_text(by=people["lead"], project=project, key=key, text=REANA)
    worker.read(entry.pk)
    entry.refresh_from_db()
    assert (entry.state, "Retrying automatically." in entry.reason) == ("reading", True)
    assert done(entry).reading["why_not"] == "Reading it was stopped."
    assert len(asked) == 3


def test_what_is_read_again_comes_from_its_repository_or_says_why_not(
    people: dict[str, User], project: Project, git: str, done: Done, tmp_path: Path
) -> None:
    lead = people["lead"]
    version = saved(lead, done(services.enter_repository(by=lead, project=project, key=uuid.uuid4(), address=git)))
    version.files.filter(path="lib/two.txt").delete()  # as where an included file was not known
    again = done(reading_again.read_again(by=lead, specification=version.specification, key=uuid.uuid4()))
    newer = saved(lead, again)
    assert (newer.number, contents(newer), newer.ref, newer.commit) == (2, NAMED, version.ref, version.commit)
    make(tmp_path / "analysis.git", {"other": b"1"})
    SpecificationVersion.objects.filter(pk=newer.pk).update(commit="0" * 40)
    specification = Specification.objects.get()
    kept = done(reading_again.read_again(by=lead, specification=specification, key=uuid.uuid4()))
    assert (kept.state, "could not be fetched again" in kept.notes[-1]) == ("read", True)
    assert saved(lead, kept) == newer


def test_files_without_rows_and_folders_of_dead_workers_are_swept(
    people: dict[str, User], project: Project, done: Done, key: uuid.UUID, settings: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    entry = services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)])
    version = saved(people["lead"], done(entry))
    monkeypatch.setattr(asking.tempfile, "gettempdir", lambda: str(tmp_path))
    media, folder = Path(settings.MEDIA_ROOT), tmp_path / f"{asking.PREFIX}x"
    left = [media / "entries" / "left.zip", media / "specifications" / "ab" / "left"]
    for path in (*left, media / "entries" / "new.zip", folder / "file"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    for path in (*left, folder, Path(entry.upload.path)):
        os.utime(path, (1, 1))
    worker.forget()
    assert [path.exists() for path in (*left, folder)] == [False, False, False]
    assert (media / "entries" / "new.zip").exists()
    assert Path(entry.upload.path).exists()
    assert contents(version) == NAMED


def test_a_press_that_comes_second_leaves_no_file(
    people: dict[str, User], project: Project, key: uuid.UUID, settings: Any, monkeypatch: Any
) -> None:
    first = services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)])
    looked, plain = [], Entry.objects.filter

    def looking(**facts: Any) -> Any:
        """The first look comes before the other press is there."""
        looked.append(facts)
        return Entry.objects.none() if len(looked) == 1 else plain(**facts)

    monkeypatch.setattr(Entry.objects, "filter", looking)
    assert services.enter_files(by=people["lead"], project=project, key=key, files=[zip_of(FILES)]) == first
    assert len(list((Path(settings.MEDIA_ROOT) / "entries").iterdir())) == 1


def test_looking_for_a_newer_commit_waits_for_its_turn(
    people: dict[str, User], project: Project, git: str, done: Done, key: uuid.UUID
) -> None:
    version = saved(people["lead"], done(services.enter_repository(by=people["lead"], project=project, key=key, address=git)))
    held = [fetch_slot() for _ in range(MAX_AT_ONCE)]
    try:
        entry = reading_again.look_for_update(by=people["lead"], specification=version.specification, key=uuid.uuid4())
        worker.read(entry.pk)
        entry.refresh_from_db()
        assert (entry.state, entry.tries) == ("fetching", 0)
    finally:
        for slot in held:
            slot.release()
    assert done(entry).state == "same"
