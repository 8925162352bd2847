"""What the dashboard says needs somebody's attention: their own things alone, for as long as they wait."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from datalake.operations.models import Operation
from datalake.uploads.models import Upload
from projects.models import Membership, Project, Role
from projects.notebooks import overview as notebooks
from projects.notebooks.models import Session
from projects.requests.lake_kinds.restricted_data import RESTRICTED_DATA
from projects.requests.services import decline, open_request
from projects.workflows.models import Keep, Run, RunOrigin
from tests.factories import make_project
from tests.full_portal import run_of
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
WHERE = "/dashboard/attention/"
EMBARGO = "KM3NET_EMBARGO_SP"


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_project(slug="watched", title="Watched", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def titles(browser: Client) -> list[str]:
    return [item["title"] for item in browser.get(f"{WHERE}?format=json").json()["items"]]


def failed(project: Project, by: User, number: int = 1, **facts: Any) -> Run:
    run = run_of(project, by, number)
    run.keeps.all().delete()
    known = {"status": Run.Status.FAILED, "published_at": None, "error": "Input missing.fits not found.", "finished_at": timezone.now()}
    Run.objects.filter(pk=run.pk).update(**{**known, **facts})
    run.refresh_from_db()
    return run


def test_nothing_that_waits_is_said_in_words(signed_in: SignIn) -> None:
    assert "Nothing needs your attention." in signed_in("newcomer").get(WHERE).content.decode()


def test_a_failed_run_waits_for_the_person_who_launched_it_until_they_open_it(
    signed_in: SignIn, people: dict[str, User], project: Project
) -> None:
    run = failed(project, people["member"])
    assert titles(signed_in("member")) == ["Run 1 of Analysis failed"]
    assert titles(signed_in("lead")) == []
    signed_in("lead").get(run.get_absolute_url())
    assert titles(signed_in("member")) == ["Run 1 of Analysis failed"]  # somebody else's look does not dismiss it
    page = signed_in("member").get(WHERE).content.decode()
    assert f'href="{run.get_absolute_url()}"' in page
    assert "Input missing.fits not found." in page
    assert signed_in("member").get(run.get_absolute_url()).status_code == 200
    assert titles(signed_in("member")) == []


@pytest.mark.parametrize("change", [{"finished_at": timezone.now() - timedelta(days=8)}, {"status": Run.Status.STOPPED}])
def test_runs_that_ended_long_ago_or_were_stopped_do_not_wait(
    signed_in: SignIn, people: dict[str, User], project: Project, change: dict[str, Any]
) -> None:
    failed(project, people["member"], **change)
    assert titles(signed_in("member")) == []


def test_a_failed_run_is_not_named_to_somebody_who_left_the_project(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    Project.objects.filter(pk=project.pk).update(visibility=Project.Visibility.PUBLIC)
    failed(project, people["member"])
    Membership.objects.filter(project=project, group="escape/km3net").delete()
    assert titles(signed_in("member")) == []


def test_a_failed_run_is_not_named_to_somebody_who_lost_access_to_its_data(
    signed_in: SignIn, people: dict[str, User], project: Project
) -> None:
    run = failed(project, people["member"])
    RunOrigin.objects.create(run=run, lake="escape", scope=EMBARGO)
    assert titles(signed_in("member")) == []
    User.objects.filter(pk=people["member"].pk).update(groups=["escape", "escape/km3net", "escape/km3net-embargo"])
    assert titles(signed_in("member")) == ["Run 1 of Analysis failed"]


def test_many_failed_runs_of_one_project_are_one_line(signed_in: SignIn, people: dict[str, User], project: Project) -> None:
    for number in range(1, 8):
        failed(project, people["lead"], number)
    assert titles(signed_in("lead")) == ["7 failed runs in Watched"]


def test_a_result_that_was_not_kept_waits_until_another_attempt_was_made(
    signed_in: SignIn, people: dict[str, User], project: Project
) -> None:
    run_of(project, people["member"], 1)
    assert titles(signed_in("member")) == ["watched.1 was not kept, or only in part"]
    earlier = Keep.objects.get()
    Keep.objects.create(
        run=earlier.run, by=people["member"], key=uuid.uuid4(), lake="escape", scope="FULL_SP", dataset="watched.1", paths=[], rse="A",
        copy_rse="B", status=Keep.Status.OK,
    )  # fmt: skip
    assert titles(signed_in("member")) == []


@pytest.mark.parametrize(("state", "words"), [("sign-in", "waits for your sign-in"), ("failed", "did not start"), ("ready", None)])
def test_notebooks_wait_where_they_need_their_person(
    signed_in: SignIn, people: dict[str, User], project: Project, state: str, words: str | None
) -> None:
    Session.objects.create(
        project=project, by=people["member"], key=uuid.uuid4(), hub="hub", server="s", state=state, ended_at=timezone.now(),
        active_at=timezone.now(),
    )  # fmt: skip
    assert titles(signed_in("member")) == ([f"The notebook of Watched {words}"] if words else [])
    assert titles(signed_in("lead")) == []


@pytest.mark.parametrize(("unused", "is_listed"), [(10, False), (31, True), (59, True)])
def test_a_notebook_that_is_not_used_waits_within_half_an_hour_of_its_end(
    signed_in: SignIn, people: dict[str, User], project: Project, monkeypatch: pytest.MonkeyPatch, unused: int, is_listed: bool
) -> None:
    hub = Service(ServiceKind.JUPYTERHUB, "hub", "Hub", "http://127.0.0.1:1", options={"idle_minutes": 60})
    monkeypatch.setattr(notebooks, "service", lambda kind, name: hub)
    Session.objects.create(
        project=project, by=people["member"], key=uuid.uuid4(), hub="hub", server="s", state="ready",
        active_at=timezone.now() - timedelta(minutes=unused),
    )  # fmt: skip
    assert titles(signed_in("member")) == (["The notebook of Watched is about to end"] if is_listed else [])


def test_interrupted_and_failed_uploads_are_a_line_each(signed_in: SignIn, people: dict[str, User]) -> None:
    facts: dict[str, Any] = {"by": people["member"], "lake": "escape", "scope": "user.member", "rse": "A", "size": 10}
    old = timezone.now() - timedelta(minutes=11)
    Upload.objects.create(**facts, name="a.fits", received=4, changed_at=old)
    Upload.objects.create(**facts, name="going.fits", received=4)
    for name in ("b.fits", "c.fits"):
        Upload.objects.create(**facts, name=name, state="failed", reason="The storage is full.")
    assert sorted(titles(signed_in("member"))) == ["1 upload was interrupted", "2 uploads failed"]
    assert "a.fits" in signed_in("member").get(WHERE).content.decode()
    assert titles(signed_in("lead")) == []


def test_a_request_that_the_lake_refused_waits_until_it_is_made_again(signed_in: SignIn, people: dict[str, User]) -> None:
    facts: dict[str, Any] = {"lake": "escape", "by": people["member"], "kind": "close", "subjects": ["user.member:set"]}
    Operation.objects.create(**facts, state="refused", answer="No such dataset.", ended_at=timezone.now(), key=uuid.uuid4())
    (title,) = titles(signed_in("member"))
    assert title.endswith("of user.member:set was not carried out")
    assert titles(signed_in("lead")) == []
    Operation.objects.create(**facts, state="done", ended_at=timezone.now(), key=uuid.uuid4())
    assert titles(signed_in("member")) == []


def test_owners_of_restricted_data_see_who_asks_and_nobody_else_does(signed_in: SignIn, people: dict[str, User]) -> None:
    values = {"lake": "escape", "scope": EMBARGO}
    item = open_request(by=people["outsider"], kind=RESTRICTED_DATA, values=values, text="For <b>my</b> thesis.", key=uuid.uuid4())
    (title,) = titles(signed_in("lead"))  # escape/leads owns the scope
    assert title.startswith("Olga Outsider asks: Access to ")
    assert "For &lt;b&gt;my&lt;/b&gt; thesis." in signed_in("lead").get(WHERE).content.decode()
    assert titles(signed_in("outsider")) == titles(signed_in("member")) == []
    decline(by=people["lead"], request=item, text="Not yet.")
    assert titles(signed_in("lead")) == []


def test_more_than_eight_things_are_folded_and_all_of_them_are_there(signed_in: SignIn, people: dict[str, User]) -> None:
    for number in range(10):
        failed(make_project(slug=f"p{number}", lead=people["lead"]), people["lead"])
    page = signed_in("lead").get(WHERE).content.decode()
    assert page.count('data-kind="run"') == 10
    assert "Show 2 more" in page
