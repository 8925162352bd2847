"""The name, note and tags of a run."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from projects.locking import ProjectClosed
from projects.models import Project
from projects.workflows.lists import services
from projects.workflows.models import Run, RunTag
from projects.workflows.models.label import MAX_TAGS
from tests.factories import make_person
from tests.workflows.lists.made_runs import join

SignIn = Callable[[str], Client]


def test_a_description_is_compared_when_it_is_written(run: Run) -> None:
    version = services.version_of(run)
    services.describe(by=run.by, run=run, version=version, title="First", note="", tags=[])
    with pytest.raises(services.ChangedMeanwhile):
        services.describe(by=run.by, run=run, version=version, title="Second", note="", tags=[])
    Project.objects.filter(pk=run.project_id).update(archived_at=timezone.now())
    with pytest.raises(ProjectClosed):
        services.describe(by=run.by, run=run, version=services.version_of(Run.objects.get()), title="Third", note="", tags=[])
    assert Run.objects.get().title == "First"


def test_a_run_has_no_more_tags_than_a_page_shows(signed_in: SignIn, run: Run) -> None:
    RunTag.objects.bulk_create([RunTag(run=run, name=f"tag {number}") for number in range(MAX_TAGS)])
    reply = signed_in("lead").post("/dashboard/runs/change/", {"act": "tag", "tag": "one more", "run": [run.pk]}, follow=True)
    assert "It has 20 tags already." in reply.content.decode()


def test_a_run_is_named_noted_and_tagged(signed_in: SignIn, run: Run) -> None:
    client, address = signed_in("lead"), f"{run.get_absolute_url()}describe/"
    version = client.get(address).context["form"]["version"].value()
    values = {"title": "Looser <cut>", "note": "First line\nsecond", "tags": "paper, Crab , paper", "version": version}
    assert client.post(address, values).status_code == 302
    page = client.get(run.get_absolute_url()).content.decode()
    for words in ("Looser &lt;cut&gt;", "First line\nsecond", ">Crab</bdi>", ">paper</bdi>"):
        assert words in page
    late = client.post(address, {**values, "title": "Another"})
    assert late.status_code == 409
    assert "Somebody else changed this meanwhile." in late.content.decode()
    assert 'value="Another"' in late.content.decode()
    again = client.post(address, {**values, "title": "Another", "version": late.context["form"]["version"].value()})
    assert again.status_code == 302
    run.refresh_from_db()
    assert run.title == "Another"


@pytest.mark.parametrize(("tags", "words"), [("x" * 41, "is too long"), (",".join(str(n) for n in range(21)), "At most 20 tags.")])
def test_tags_have_limits_and_nothing_that_was_typed_is_lost(signed_in: SignIn, run: Run, tags: str, words: str) -> None:
    client, address = signed_in("lead"), f"{run.get_absolute_url()}describe/"
    version = client.get(address).context["form"]["version"].value()
    reply = client.post(address, {"title": "Kept", "note": "", "tags": tags, "version": version})
    assert reply.status_code == 422
    assert words in reply.content.decode()
    assert 'value="Kept"' in reply.content.decode()


def test_only_who_launched_it_and_the_leads_describe_a_run(signed_in: SignIn, run: Run) -> None:
    join(run.project, make_person("member"))
    assert signed_in("member").get(f"{run.get_absolute_url()}describe/").status_code == 403
