"""The page before a run is launched once more lists what that launch uses, not what the run used, and names all that differs."""

import re
import uuid
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects.workflows.entering.saving import add_version
from projects.workflows.launching import offers
from projects.workflows.launching.again import Again, form_of
from projects.workflows.models import ReanaOffer, Run, Specification, StoredFile
from tests.workflows.launching.conftest import SERVICES, TEXT
from tests.workflows.launching.test_again import again_address, key_on, words
from tests.workflows.launching.test_versions import add, sent
from vre_portal import services as configured

pytestmark = pytest.mark.django_db
OTHER = TEXT.replace("kind: one", "kind: two, extra: x").replace(", when: 2027-01-31", "").replace("image:2", "image:3")
LAKE = '\n[[service]]\nkind = "rucio"\nname = "escape"\ntitle = "Lake"\nurl = "http://127.0.0.1:9"\n'
DATA = {"in.fits": {"lake": "escape", "did": "SCOPE:in.fits"}}


@pytest.fixture
def run(member: Client, address: str, specification: Specification, offer: ReanaOffer) -> Run:
    """A run of version 1."""
    add(specification, TEXT)
    member.post(address, sent(**{"p-kind": "one", "o-0-memory": "2Gi"}))
    return Run.objects.get()


def facts(page: Any) -> str:
    text = page.content.decode()
    start = text.index('<dl class="facts">')
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text[start : text.index("</dl>", start)])).split())


def test_another_version_lists_its_own_parameters_and_images(member: Client, run: Run, specification: Specification) -> None:
    add(specification, OTHER)
    page = member.get(again_address(run, "?version=2"))
    text = words(page)
    assert "The default of kind is now two. It was one; the value of the run, one, is used." in text
    assert "extra is new and has its default, x." in text
    assert "so they may have changed: image:1, image:3." in text
    listed = facts(page)
    assert "extra x" in listed
    assert "when" not in listed
    assert "fetch : Memory 2Gi" in listed
    own = member.get(again_address(run))
    assert "so they may have changed: image:1, image:2." in words(own)
    assert ("when 2027-02-01" in facts(own), "extra" in facts(own)) == (True, False)


@pytest.fixture
def lake(run: Run, tmp_path: Path) -> None:
    """The portal has a Data Lake, too."""
    (tmp_path / "services.toml").write_text(SERVICES + LAKE)
    configured._all.cache_clear()


def test_inputs_and_server_are_listed(member: Client, run: Run, specification: Specification, lake: None) -> None:
    found = Specification.objects.get(pk=specification.pk)
    newer = add_version(found, by=None, text=TEXT, files={}, data=DATA, origin="editor", commit="c" * 40)
    page = member.get(again_address(run, f"?version={newer.number}"))
    assert "in.fits is a new input and reads SCOPE:in.fits." in words(page)
    listed = facts(page)
    assert "REANA server Test REANA" in listed
    assert "in.fits SCOPE:in.fits" in listed
    Run.objects.update(inputs=DATA)
    own = words(member.get(again_address(run, f"?version={newer.number}")))
    assert "is a new input" not in own


def test_changed_new_and_removed_files_are_told_apart(member: Client, run: Run, specification: Specification) -> None:
    def save(text: str, commit: str, **files: bytes) -> None:
        stored = {name.replace("_", "/"): StoredFile.objects.keep(body) for name, body in files.items()}
        found = Specification.objects.get(pk=specification.pk)
        add_version(found, by=None, text=text, files=stored, data={}, origin="editor", commit=commit)

    save(TEXT, "a" * 40, code_a=b"1", code_b=b"1")
    Run.objects.update(version=Specification.objects.get(pk=specification.pk).current)
    save(TEXT, "b" * 40, code_b=b"2", code_c=b"3")
    page = words(member.get(again_address(run, "?version=3")))
    assert "Changed files: code/a (removed), code/b, code/c (new)" in page
    assert "reana.yaml" not in page


def test_a_failed_run_says_so_in_one_line(member: Client, run: Run) -> None:
    assert "failed" not in words(member.get(again_address(run)))
    Run.objects.update(status=Run.Status.FAILED, error="Step “fit” failed.\nTraceback <b>\nValueError: no events")
    page = member.get(again_address(run))
    assert "Run 1 failed; the same launch may fail again. Step “fit” failed. ValueError: no events" in words(page)
    assert "Traceback" not in words(page)


def test_without_a_stored_version_the_one_that_was_seen_is_launched(member: Client, run: Run, specification: Specification) -> None:
    Run.objects.update(version=None)
    page = member.get(again_address(run))
    assert 'action="?version=1"' in page.content.decode()
    add(specification, OTHER)
    member.post(again_address(run, "?version=1"), {"key": key_on(page)})
    new = Run.objects.get(number=2)
    assert (new.version.number, new.text) == (1, TEXT)


def test_the_same_form_for_another_version_says_that_it_launched_nothing(member: Client, run: Run, specification: Specification) -> None:
    add(specification, TEXT.replace("image:2", "image:4"))
    key = str(uuid.uuid4())
    member.post(again_address(run), {"key": key})
    reply = member.post(again_address(run, "?version=2"), {"key": key}, follow=True)
    assert Run.objects.count() == 2
    assert "This form has already launched run 2. Nothing else was launched." in words(reply)


def test_a_version_that_is_not_stored_is_never_the_same(run: Run, member: Client, people: dict[str, Any]) -> None:
    """Whatever else is equal: only the text, without the version, is compared."""
    Run.objects.update(version=None, commit="a" * 40)
    run = Run.objects.select_related("version", "specification__current", "project").get()
    form = form_of(run, run.specification, key=str(uuid.uuid4()), reader=people["member"], offers=offers.offers())
    assert form.is_valid()
    again = Again(run, form, people["member"])
    others = (again.version, again.server, again.values, again.missing, again.changed, again.moved)
    assert (any(others), bool(again.not_stored), again.is_same) == (False, True, False)
