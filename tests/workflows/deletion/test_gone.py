"""Who comes to a run that was deleted, or has its page open meanwhile, is led on."""

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
    assert 'hx-trigger="changed"' not in lead.get(where).content.decode()
    job = ask(ended, here=True)
    page = lead.get(where).content.decode()
    assert "This run is being deleted." in page
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
