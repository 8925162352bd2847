"""A run once more as it was: by its own version, through the checks of a launch, after a page that says what is not the same any more."""

import re
import uuid
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from projects.workflows.entering.saving import add_version
from projects.workflows.models import ReanaOffer, Run, Specification, StoredFile
from tests.workflows.launching.conftest import TEXT
from tests.workflows.launching.test_versions import add, sent

pytestmark = pytest.mark.django_db
NEWER = TEXT.replace("kind: one", "kind: one, extra: x").replace("image:2", "image:3")


@pytest.fixture
def run(member: Client, address: str, specification: Specification, offer: ReanaOffer) -> Run:
    """A run of version 1, with values and a setting of its own; version 2 is current by now."""
    add(specification, TEXT)
    member.post(address, sent(**{"p-quick": "on", "o-0-memory": "2Gi", "o-1-time": "2h"}))
    found = Run.objects.get()
    add(specification, NEWER)
    return found


def again_address(run: Run, query: str = "") -> str:
    return reverse("workflows:again", args=[run.project.slug, run.number]) + query


def words(page: Any) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.content.decode())).split())


def key_on(page: Any) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_one_press_launches_the_same_once(member: Client, run: Run) -> None:
    page = member.get(again_address(run))
    assert "As far as the portal knows, this launch uses what run 1 used." in words(page)
    assert "Version 2 of the workflow is current; this launch uses version 1, as the run did." in words(page)
    assert Run.objects.count() == 1
    for _ in range(2):
        reply = member.post(again_address(run), {"key": key_on(page)})
        assert (reply.status_code, Run.objects.count()) == (302, 2)
    new = Run.objects.get(number=2)
    for name in ("version_id", "text", "parameters", "inputs", "attached", "overrides", "server"):
        assert getattr(new, name) == getattr(run, name), name
    assert (new.made_from_id, new.parameters["quick"], new.overrides["0"]["memory"]) == (run.pk, True, "2Gi")
    assert "No differences" in words(member.get(new.get_absolute_url()))


def test_the_current_version_is_used_where_it_is_chosen_and_the_page_says_what_is_new(member: Client, run: Run) -> None:
    page = member.get(again_address(run, "?version=2"))
    assert "Version 2 of the workflow instead of version 1." in words(page)
    assert "extra is new and has its default, x." in words(page)
    assert member.post(again_address(run, "?version=2"), {"key": key_on(page)}).status_code == 302
    new = Run.objects.get(number=2)
    assert (new.version.number, new.parameters["extra"], new.overrides) == (2, "x", run.overrides)


def test_an_older_version_goes_through_the_checks_of_today(member: Client, run: Run, specification: Specification) -> None:
    Specification.objects.filter(pk=specification.pk).update(editor_hints={"count": {"max": 3}})
    page = member.get(again_address(run))
    assert "count = 4 of run 1 is not used" in words(page)
    ReanaOffer.objects.update(facts={"backends": ["slurmcern"]})
    page = member.get(again_address(run))
    assert "Test REANA does not offer this." in words(page)
    assert 'aria-disabled="true"' in page.content.decode()
    assert member.post(again_address(run), {"key": str(uuid.uuid4())}).status_code == 422
    assert Run.objects.count() == 1


def test_a_version_that_does_not_exist_is_not_found(member: Client, run: Run, address: str) -> None:
    for number in ("3", "0", "x", "9" * 40):
        assert member.get(again_address(run, f"?version={number}")).status_code == 404
        assert member.get(f"{address}&version={number}").status_code == 404


def test_a_workflow_whose_current_version_is_broken_is_run_again_by_the_older_one(
    member: Client, run: Run, specification: Specification
) -> None:
    add(specification, "workflow: [")
    reply = member.post(again_address(run), {"key": str(uuid.uuid4())})
    assert reply.status_code == 302
    assert "cannot be launched" in words(member.get(again_address(run, "?version=3")))
    assert member.post(again_address(run, "?version=3"), {"key": str(uuid.uuid4())}).status_code == 409


def test_an_archived_workflow_is_not_run_again(member: Client, run: Run, specification: Specification) -> None:
    Specification.objects.filter(pk=specification.pk).update(archived_at="2026-11-30T00:00Z")
    assert "The workflow is archived." in words(member.get(again_address(run)))
    assert member.post(again_address(run), {"key": str(uuid.uuid4())}).status_code == 409
    assert Run.objects.count() == 1


def test_a_server_that_is_gone_and_tags_of_images_are_named(member: Client, run: Run) -> None:
    Run.objects.update(server="old-one")
    page = member.get(again_address(run))
    assert "The run used the server “old-one”, which this portal does not have any more. It starts on Test REANA." in words(page)
    assert "named by a tag and not by a digest, so they may have changed: image:1, image:2." in words(page)
    assert member.post(again_address(run), {"key": key_on(page)}).status_code == 302
    assert Run.objects.get(number=2).server == "reana"


def test_a_run_of_a_portal_without_versions_says_so(member: Client, run: Run) -> None:
    Run.objects.update(version=None)
    page = words(member.get(again_address(run)))
    assert "The portal has no copy of the version that the run used." in page
    assert "this launch uses what" not in page


def test_who_may_not_launch_gets_no_further(run: Run, signed_in: Callable[[str], Client]) -> None:
    for reply in (signed_in("newcomer").get(again_address(run)), signed_in("newcomer").post(again_address(run), {})):
        assert reply.status_code in (403, 404)
    assert Run.objects.count() == 1


def test_the_buttons_stand_on_the_page_of_a_run_that_has_ended(member: Client, run: Run) -> None:
    assert again_address(run) not in member.get(run.get_absolute_url()).content.decode()
    Run.objects.update(status="finished")
    page = member.get(run.get_absolute_url()).content.decode()
    assert again_address(run) in page
    assert "specification=fit&amp;from=1&amp;version=1" in page  # with changes, too, it begins with the version of the run


def test_the_form_of_a_run_offers_its_version_and_launches_it(member: Client, run: Run, address: str, specification: Specification) -> None:
    page = member.get(f"{address}&from=1")
    assert "Run 1 used version 1 of the workflow; this form is for version 2." in words(page)
    assert "specification=fit&amp;from=1&amp;version=1" in page.content.decode()
    older = member.get(f"{address}&from=1&version=1")
    assert "This form is for version 1 of the workflow; version 2 is current." in words(older)
    assert 'name="version" value="1"' in older.content.decode()
    assert 'name="p-extra"' not in older.content.decode()
    form = sent(version="1")
    assert member.post(f"{address}&from=1&version=1", form).status_code == 302
    new = Run.objects.get(number=2)
    assert (new.version.number, new.text, "extra" in new.parameters) == (1, TEXT, False)
    assert member.post(f"{address}&from=1", sent(version="1")).status_code == 409  # the address names no version: the current one is meant
    specification.refresh_from_db()
    assert specification.text == NEWER


def test_files_of_the_workflow_that_changed_are_named(member: Client, run: Run, address: str, specification: Specification) -> None:
    files = {"code/fit.py": StoredFile.objects.keep(b"new")}
    add_version(Specification.objects.get(pk=specification.pk), by=None, text=NEWER, files=files, data={}, origin="editor", commit="b" * 40)
    page = words(member.get(f"{address}&from=1"))
    assert "Files of the workflow that changed since the run: reana.yaml, code/fit.py (new)" in page
    assert "Changed files: reana.yaml, code/fit.py (new)" in words(member.get(again_address(run, "?version=3")))


def test_an_older_state_is_never_saved(specification: Specification, run: Run) -> None:
    then = Specification.objects.get(pk=specification.pk).as_of(run.version)
    assert (then.text, then.newest, then.pk) == (TEXT, 2, specification.pk)
    with pytest.raises(TypeError):
        then.save()


def test_settings_of_steps_that_differ_from_the_run_are_marked(member: Client, run: Run, address: str) -> None:
    page = member.get(f"{address}&from=1&version=1").content.decode()
    marks = re.findall(r'data-was="([^"]*)"[^>]*?(hidden)?>', page[page.index('id="step-settings"') :])
    assert {mark for mark in marks if not mark[1]} == set()
    form = sent(version="1", **{"o-0-memory": "3Gi", "o-1-time": "120m", "o-1-environment": "image:9", "do": "check"})
    changed = member.post(f"{address}&from=1&version=1", form).content.decode()
    marks = re.findall(r'data-was="([^"]*)"[^>]*?(hidden)?>', changed[changed.index('id="step-settings"') :])
    assert {mark[0] for mark in marks if not mark[1]} == {"2Gi", "image:2"}
    newer = member.get(f"{address}&from=1").content.decode()  # whose second step has another image of its own
    marks = re.findall(r'data-was="([^"]*)"[^>]*?(hidden)?>', newer[newer.index('id="step-settings"') :])
    assert {mark[0] for mark in marks if not mark[1]} == {"image:2"}
