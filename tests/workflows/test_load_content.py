"""A content file is loaded entry by entry: what is wrong with one is told with its place, and the others are there afterwards."""

import os
import subprocess
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from projects.models import Project
from projects.workflows.entering.saving import add_version
from projects.workflows.models import Specification, SpecificationVersion, StoredFile

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_media")]

PROJECT = """
[[project]]
slug = "{slug}"
title = "Title"
visibility = "public"
"""
WORKFLOW = """
[[project.workflow]]
name = "{name}"
title = "{name}"
specification = "{path}"
lake = "escape"
"""
GOOD = """
inputs: {files: [code/a.py], parameters: {level: 2}}
workflow: {type: serial, specification: {steps: [{name: s, environment: e, commands: [echo]}]}}
"""
BAD: dict[str, str] = {
    "malformed": "version: 0.9.0\nworkflow: yadage\n",
    "not YAML": "a: [",
    "host": GOOD.replace("code/a.py", "/etc/hostname"),
    "parent": GOOD.replace("code/a.py", "../secret.txt"),
    "link": GOOD.replace("code/a.py", "code/link.txt"),
    "device": GOOD.replace("code/a.py", "code/zero"),
    "pipe": GOOD.replace("code/a.py", "code/pipe"),
    "missing": GOOD.replace("code/a.py", "code/nowhere.py"),
    "folder": GOOD.replace("code/a.py", "code"),
}


@pytest.fixture
def _media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path / "media")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A content folder with a good workflow, and beside it what a specification must not reach."""
    made = tmp_path / "content"
    (made / "code").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    (made / "code" / "a.py").write_text("print()")
    (made / "code" / "pic.bin").write_bytes(b"\x89PNG\xff\x00")
    (made / "code" / "nul.txt").write_bytes(b"a\x00b")
    (made / "code" / "link.txt").symlink_to(tmp_path / "secret.txt")
    (made / "code" / "zero").symlink_to("/dev/zero")
    os.mkfifo(made / "code" / "pipe")
    (made / "good.yaml").write_text(GOOD)
    return made


def load(folder: Path, text: str) -> tuple[str, str]:
    """What the command writes as errors, and with what words it ends; empty words where it ends well."""
    (folder / "content.toml").write_text(text)
    errors = StringIO()
    try:
        call_command("load_content", str(folder / "content.toml"), stderr=errors, stdout=StringIO())
    except CommandError as error:
        return errors.getvalue(), str(error)
    return errors.getvalue(), ""


def workflow(path: str = "good.yaml", name: str = "w", more: str = "") -> str:
    return WORKFLOW.format(name=name, path=path) + more


@pytest.mark.parametrize("place", [0, 1, 2], ids=["front", "middle", "end"])
@pytest.mark.parametrize("name", BAD)
def test_a_bad_workflow_costs_only_itself(folder: Path, name: str, place: int) -> None:
    (folder / "bad.yaml").write_text(BAD[name])
    workflows = [workflow(name="first"), workflow(name="second")]
    workflows.insert(place, workflow("bad.yaml", "bad"))
    text = PROJECT.format(slug="one") + "".join(workflows) + PROJECT.format(slug="two") + workflow(name="third")
    errors, end = load(folder, text)
    assert "problem" in end
    line = text.split('name = "bad"')[0].count("\n")
    assert f"content.toml:{line}: project one, workflow bad: bad.yaml: " in errors
    assert set(Specification.objects.values_list("name", flat=True)) == {"first", "second", "bad", "third"}
    assert [item.name for item in Specification.objects.all() if item.faults] == ["bad"]
    assert not any(b"secret" in stored.read() for stored in StoredFile.objects.all())


def test_files_and_folders_are_kept_byte_for_byte_and_what_is_unchanged_gives_no_new_version(folder: Path) -> None:
    (folder / "good.yaml").write_text(GOOD.replace("files: [code/a.py]", "directories: [code]"))
    text = PROJECT.format(slug="one") + workflow()
    assert load(folder, text) == ("", "")
    version = Specification.objects.get().current
    assert version is not None
    kept = {file.path: file.stored.read() for file in version.files.all()}
    assert kept == {"code/a.py": b"print()", "code/pic.bin": b"\x89PNG\xff\x00", "code/nul.txt": b"a\x00b"}
    assert load(folder, text) == ("", "")
    assert Specification.objects.get().versions.count() == 1
    (folder / "code" / "a.py").write_text("print(1)")
    assert load(folder, text) == ("", "")
    assert list(Specification.objects.get().versions.values_list("number", flat=True)) == [2, 1]


def test_what_somebody_changed_in_the_browser_is_not_undone_at_the_next_start(folder: Path) -> None:
    text = PROJECT.format(slug="one") + workflow()
    load(folder, text)
    specification = Specification.objects.get()
    add_version(specification, by=None, text="changed: 1", files={}, data={}, origin=SpecificationVersion.Origin.EDITOR)
    load(folder, text)
    assert Specification.objects.get().text == "changed: 1"
    (folder / "code" / "a.py").write_text("print(2)")
    load(folder, text)
    assert [row.origin for row in specification.versions.all()] == ["operator", "editor", "operator"]


ENTRIES: dict[str, tuple[str, str]] = {
    "no name": ('[[project.workflow]]\ntitle = "t"\nspecification = "good.yaml"\n', "name is missing"),
    "a name that is a number": ('[[project.workflow]]\nname = 5\ntitle = "t"\nspecification = "good.yaml"\n', "name must be a text"),
    "a name with a slash": (workflow(name="a/b"), "name has letters"),
    "no such file": (workflow("nowhere.yaml"), "nowhere.yaml does not exist"),
    "a file elsewhere": (workflow("../secret.txt"), "is not a path below"),
    "a title that is too long": (workflow().replace('title = "w"', f'title = "{"t" * 201}"'), "title must have 1 to 200"),
    "inputs that are no table": (workflow(more='inputs = "x"\n'), "inputs must be a table"),
    "a DID that is a number": (workflow(more='inputs = {"code/a.py" = 5}\n'), "code/a.py must be a text"),
    "a step without an environment": (workflow(more='[project.workflow.steps.s]\ntitle = "t"\n'), "environment is missing"),
    "steps that are no tables": (workflow(more="steps = {s = 5}\n"), "s must be a table"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_an_entry_that_makes_no_sense_is_named_and_the_next_is_loaded(folder: Path, name: str) -> None:
    entry, words = ENTRIES[name]
    errors, end = load(folder, PROJECT.format(slug="one") + entry + workflow(name="next"))
    assert words in errors
    assert "1 problem" in end
    assert list(Specification.objects.values_list("name", flat=True)) == ["next"]


FACTS: dict[str, tuple[str, str]] = {
    "a limit that is a text": ('min = "low"', "min: must be a number"),
    "a default outside of the limits": ("max = 1", "the default 2 is outside"),
    "choices without the default": ("choices = [1, 3]", "the default 2 is not one of them"),
    "choices of another type": ('choices = ["1", "2"]', "the default 2 is not one of them"),
    "choices that are no list": ("choices = 5", "choices: must be a list"),
    "a label that is a number": ("label = 5", "label: must be text"),
    "a date": ("min = 2024-01-31", "dates or infinite numbers"),
    "an infinite limit": ("max = inf", "dates or infinite numbers"),
}


@pytest.mark.parametrize("name", FACTS)
def test_facts_that_contradict_the_specification_are_faults(folder: Path, name: str) -> None:
    fact, words = FACTS[name]
    errors, _ = load(folder, PROJECT.format(slug="one") + workflow(more=f"[project.workflow.parameters.level]\n{fact}\n"))
    assert words in errors
    assert any(words in fault for fault in Specification.objects.get().faults)


def test_what_is_corrected_and_loaded_again_has_no_fault_any_more(folder: Path) -> None:
    (folder / "bad.yaml").write_text(BAD["malformed"])
    text = PROJECT.format(slug="one") + workflow("bad.yaml")
    assert load(folder, text)[1]
    (folder / "bad.yaml").write_text(GOOD)
    assert load(folder, text) == ("", "")
    assert Specification.objects.get().faults == ()


PROJECTS: dict[str, tuple[str, str]] = {
    "no slug": ('[[project]]\ntitle = "t"\n', "slug is missing"),
    "a slug with a space": ('[[project]]\nslug = "a b"\ntitle = "t"\n', "slug:"),
    "no title": ('[[project]]\nslug = "x"\n', "title:"),
    "a title that is a list": ('[[project]]\nslug = "x"\ntitle = []\n', "title"),
    "an unknown visibility": ('[[project]]\nslug = "x"\ntitle = "t"\nvisibility = "secret"\n', "visibility:"),
    "a picture that is not there": ('[[project]]\nslug = "x"\ntitle = "t"\npicture = "none.png"\n', "picture:"),
    "a picture elsewhere": ('[[project]]\nslug = "x"\ntitle = "t"\npicture = "../secret.txt"\n', "is not a path below"),
    "a picture by its whole path": ('[[project]]\nslug = "x"\ntitle = "t"\npicture = "/etc/hostname"\n', "is not a path below"),
    "a picture through a link": ('[[project]]\nslug = "x"\ntitle = "t"\npicture = "code/link.txt"\n', "leads out of its folder"),
    "a picture that is none": ('[[project]]\nslug = "x"\ntitle = "t"\npicture = "code/a.py"\n', "not a complete JPEG"),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_a_bad_project_costs_only_itself(folder: Path, name: str) -> None:
    entry, words = PROJECTS[name]
    errors, end = load(folder, PROJECT.format(slug="one") + entry + PROJECT.format(slug="two"))
    assert words in errors
    assert "1 problem" in end
    assert set(Project.objects.values_list("slug", flat=True)) == {"one", "two"}


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ('people = {ghost = "lead"}', "people.ghost"),
        ('groups = {"a/b" = "king"}', "groups.a/b: the role must be one of"),
        ('[[project.data]]\nservice = "escape"\n', "data 1: did is missing"),
        ("[[project.software]]\ntitle = 5\n", "software 1: title must be a text"),
        ('[[project.link]]\ntitle = "t"\n', "link 1: url is missing"),
    ],
)
def test_a_bad_item_of_a_project_costs_only_itself(folder: Path, item: str, words: str) -> None:
    good = '[[project.link]]\nurl = "https://example.org/"\ntitle = "here"\n'
    errors, end = load(folder, PROJECT.format(slug="one") + f"{item}\n" + good + PROJECT.format(slug="two"))
    assert words in errors
    assert "1 problem" in end
    assert Project.objects.get(slug="one").resources.filter(title="here").count() == 1
    assert Project.objects.filter(slug="two").exists()


def test_nothing_that_a_foreign_repository_names_is_run(folder: Path) -> None:
    ran, program = folder / "ran", folder / "program"
    program.write_text(f"#!/bin/sh\ntouch {ran}\n")
    program.chmod(0o755)
    named = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (("init", "-q"), ("add", "good.yaml"), (*named, "commit", "-q", "-m", "one")):
        subprocess.run(["git", "-C", str(folder), *command], check=True, capture_output=True)
    commit = subprocess.run(["git", "-C", str(folder), "cat-file", "commit", "HEAD"], check=True, capture_output=True, text=True).stdout
    signed = commit.replace("\n\n", "\ngpgsig -----BEGIN PGP SIGNATURE-----\n x\n -----END PGP SIGNATURE-----\n\n", 1)
    made = ["git", "-C", str(folder), "hash-object", "-t", "commit", "-w", "--stdin"]
    number = subprocess.run(made, input=signed, check=True, capture_output=True, text=True).stdout.strip()
    subprocess.run(["git", "-C", str(folder), "reset", "-q", "--soft", number], check=True)
    for setting, value in (("log.showSignature", "true"), ("gpg.program", str(program)), ("core.fsmonitor", str(program))):
        subprocess.run(["git", "-C", str(folder), "config", setting, value], check=True)
    load(folder, PROJECT.format(slug="one") + workflow())
    assert Specification.objects.get().commit == number
    assert not ran.exists()


@pytest.mark.parametrize("text", ["[[project", "project = 5", "\ufeff\x00", 'a = "'])
def test_a_file_that_is_no_content_file_ends_in_one_sentence(folder: Path, text: str) -> None:
    _, end = load(folder, text)
    assert "content.toml: " in end


def test_the_line_is_left_out_where_the_file_is_written_in_another_way(folder: Path) -> None:
    errors, _ = load(folder, 'project = [{slug = "one", title = "t", workflow = [{name = "w"}]}]')
    assert "content.toml: project one, workflow w: " in errors
