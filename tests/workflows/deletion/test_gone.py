"""Who comes to a run that was deleted, or has its page open meanwhile, is led on."""

import pytest
from django.test import Client

from projects.models import Project
from projects.workflows.deletion import worker
from projects.workflows.models import Run, RunDeletion
from tests.page_text import text_of
from tests.workflows.deletion.test_deletion import SignIn, ask, at_reana, ended  # noqa: F401 -- fixtures

FRAGMENT = {"HX-Request": "true"}


def test_an_open_page_follows_a_deletion_to_its_end(ended: Run, at_reana: list[str], signed_in: SignIn) -> None:  # noqa: F811
    lead, where = signed_in("lead"), ended.get_absolute_url()
    Run.objects.filter(pk=ended.pk).update(collected_at=ended.finished_at)
    other_window = lead.get(where).content.decode()  # opened before anybody thought of deleting
    assert f'data-topics="listed-{ended.pk}" data-poll="60"' in other_window
    earlier = other_window.split("?seen=")[1].split('"')[0].replace("&amp;", "&")
    assert lead.get(f"{where}?seen={earlier}", headers=FRAGMENT).status_code == 204
    job = ask(ended, here=True)
    page = lead.get(where).content.decode()
    assert "This run is being deleted." in page
    assert "This run is being deleted." in lead.get(f"{where}?seen={earlier}", headers=FRAGMENT).content.decode()
    assert 'data-poll="2"' in page
    assert "/delete/" not in page
    seen = page.split("?seen=")[1].split('"')[0].replace("&amp;", "&")
    assert f'data-topics="run-{ended.pk} ' in page
    assert lead.get(f"{where}?seen={seen}", headers=FRAGMENT).status_code == 204
    RunDeletion.objects.filter(pk=job.pk).update(error="REANA does not answer.")
    assert b"REANA does not answer." in lead.get(f"{where}?seen={seen}", headers=FRAGMENT).content
    worker.delete(job.pk)
    answer = lead.get(f"{where}?seen={seen}", headers=FRAGMENT)
    assert (answer.status_code, answer["HX-Redirect"]) == (204, f"{where.rpartition('/workflows/')[0]}/workflows/")


def test_an_old_link_leads_members_to_the_list_and_tells_strangers_nothing(ended: Run, at_reana: list[str], signed_in: SignIn) -> None:  # noqa: F811
    where = ended.get_absolute_url()
    Project.objects.filter(pk=ended.project_id).update(visibility=Project.Visibility.PUBLIC)
    worker.delete(ask(ended, here=True).pk)
    assert f"Run {ended.number} was deleted." in text_of(signed_in("lead").get(where, follow=True).content)
    assert signed_in("lead").get(f"{where}?format=json").status_code == 404
    assert signed_in("lead").get(where.replace(f"/{ended.number}/", "/999/")).status_code == 404
    for stranger in (Client(), signed_in("outsider")):
        assert stranger.get(where).status_code == 404


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The topics whose open pages are told something."""
    topics: list[str] = []
    monkeypatch.setattr("vre_portal.events.publish", lambda topic, *_: topics.append(topic))
    return topics


def test_an_open_list_marks_the_run_and_lets_it_go(ended: Run, at_reana: list[str], signed_in: SignIn, told: list[str]) -> None:  # noqa: F811
    lead, address = signed_in("lead"), f"{ended.project.get_absolute_url()}workflows/"
    box, link = f'value="{ended.pk}"', f'<a href="{ended.get_absolute_url()}">'
    page = lead.get(address).content.decode()
    assert box in page
    assert link in page
    job = ask(ended, here=True)
    assert {f"run-{ended.pk}", f"listed-{ended.pk}"} <= set(told)
    page = lead.get(address).content.decode()
    assert box not in page
    assert link not in page
    assert 'data-state="deleting"' in page
    assert f'data-topics="listed-{ended.pk}"' in page
    told.clear()
    worker.delete(job.pk)
    assert {f"run-{ended.pk}", f"listed-{ended.pk}"} <= set(told)
    answer = lead.get(address, headers=FRAGMENT)
    assert (answer.status_code, answer["HX-Refresh"]) == (204, "true")  # no run is left, which only the whole page says


def test_a_run_whose_files_at_reana_alone_are_deleted_is_none_that_is_deleted(
    ended: Run,  # noqa: F811
    at_reana: list[str],  # noqa: F811
    signed_in: SignIn,
    told: list[str],
) -> None:
    lead = signed_in("lead")
    page = text_of(lead.post(f"{ended.get_absolute_url()}delete/", {"workspace": "on"}, follow=True).content)
    assert f"The files of run {ended.number} at REANA are being deleted." in page
    assert f"Run {ended.number} is being deleted." not in page
    assert 'data-state="deleting"' not in lead.get(f"{ended.project.get_absolute_url()}workflows/").content.decode()
    assert f"run-{ended.pk}" in told


def test_a_deletion_that_fails_leaves_the_run_in_lists(ended: Run, at_reana: list[str], signed_in: SignIn, told: list[str]) -> None:  # noqa: F811
    job = ask(ended, here=True)
    told.clear()
    job.failed("it was published")
    assert f"listed-{ended.pk}" in told
    assert (
        f'<a href="{ended.get_absolute_url()}">' in signed_in("lead").get(f"{ended.project.get_absolute_url()}workflows/").content.decode()
    )
