"""Publishing a run, taking it back, what becomes of runs that were public, and what may be kept where."""

import csv
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from projects import audience, exposure
from projects.models import Membership, Project, Role
from projects.workflows import archiving, polling, publication, reana, worker
from projects.workflows.models import Keep, Run, RunOrigin
from projects.workflows.permissions import why_not_keep
from tests.factories import make_project
from tests.workflows.test_who_sees_runs import EMBARGO, make_run
from tests.workflows.test_who_sees_runs import project as project
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
ORIGIN = f"escape/{EMBARGO}"


def is_public(run: Run) -> bool:
    return Client().get(run.get_absolute_url()).status_code == 200


def test_one_press_of_whoever_launched_it_or_a_lead_publishes_and_takes_back(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    run = make_run(project, people["member"], "plain")
    where = run.get_absolute_url()
    for name in ("member", "lead"):
        assert "Publish run" in signed_in(name).get(where).content.decode()
        assert signed_in(name).post(f"{where}publish/").status_code == 302
        assert is_public(run)
        assert "Everybody who can see this project can see this run." in signed_in(name).get(where).content.decode()
        assert signed_in(name).post(f"{where}unpublish/").status_code == 302
        assert not is_public(run)
    told = list(AuditEntry.objects.order_by("number").values_list("action", "actor", "subject"))
    acts = [
        (action, people[name].handle, f"run/walled/{run.number}")
        for name in ("member", "lead")
        for action in ("run.publish", "run.unpublish")
    ]
    assert told == acts


def test_another_member_neither_publishes_nor_takes_back(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    run = make_run(project, people["member"], "plain")
    browser = signed_in("newcomer")
    assert "Publish run" not in browser.get(run.get_absolute_url()).content.decode()
    for part in ("publish/", "unpublish/"):
        assert browser.post(run.get_absolute_url() + part).status_code == 403
    assert not is_public(run)
    run.publish(people["lead"], [])
    assert browser.post(f"{run.get_absolute_url()}unpublish/").status_code == 403
    assert is_public(run)


def test_who_may_no_longer_launch_no_longer_decides(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    run = make_run(project, people["member"], "plain")
    Membership.objects.filter(user=people["member"]).update(role=Role.VIEWER)
    assert signed_in("member").post(f"{run.get_absolute_url()}publish/").status_code == 403


def test_what_comes_of_restricted_data_is_published_by_an_owner_who_confirms_them(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    run = make_run(project, people["member"], "restricted")
    where = f"{run.get_absolute_url()}publish/"
    assert signed_in("member").post(where, {"confirm": ORIGIN}).status_code == 403  # launched it, may read the data, owns them not
    lead = signed_in("lead")
    page = lead.get(where).content.decode()
    assert "Candidate neutrinos before publication" in page
    for confirmed, status in (({}, 200), ({"asked": 1}, 422), ({"asked": 1, "confirm": "escape/OTHER"}, 422)):
        assert lead.post(where, confirmed).status_code == status
        assert not is_public(run)
    assert lead.post(where, {"asked": 1, "confirm": ORIGIN}).status_code == 302
    assert is_public(run)
    named = "It read restricted data, and an owner of the data agreed to the publication"
    assert named in lead.get(run.get_absolute_url()).content.decode()
    assert named not in Client().get(run.get_absolute_url()).content.decode()
    assert AuditEntry.objects.get(action="run.publish").facts["restricted"] == [ORIGIN]
    assert signed_in("member").post(f"{run.get_absolute_url()}unpublish/").status_code == 302
    assert not is_public(run)
    assert RunOrigin.objects.filter(confirmed_at__isnull=False).count() == 0


def test_a_lead_who_owns_not_all_of_the_data_publishes_nothing(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    people["lead"].groups = ["escape", "escape/km3net-embargo"]
    people["lead"].save()
    run = make_run(project, people["lead"], "restricted")
    assert signed_in("lead").post(f"{run.get_absolute_url()}publish/", {"confirm": ORIGIN}).status_code == 403


def test_data_that_are_learned_or_restricted_later_end_a_publication(
    project: Project, people: dict[str, User], signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(project, people["member"], "plain")
    signed_in("member").post(f"{run.get_absolute_url()}publish/")
    run.comes_from(audience.Origin("escape", EMBARGO), audience.Origin("escape", EMBARGO))
    assert not is_public(run)
    assert signed_in("newcomer").get(run.get_absolute_url()).status_code == 404
    assert "not visible to others" in signed_in("lead").get(run.get_absolute_url()).content.decode()
    signed_in("lead").post(f"{run.get_absolute_url()}publish/", {"confirm": ORIGIN})
    assert is_public(run)


def test_an_origin_that_came_after_the_page_was_shown_is_not_confirmed_by_it(project: Project, people: dict[str, User]) -> None:
    run = make_run(project, people["lead"], "restricted")
    RunOrigin.objects.create(run=run, lake="escape", scope="gone/X")
    publication.publish(by=people["lead"], run=run, confirmed=[audience.Origin("escape", EMBARGO)])
    run.comes_from(audience.Origin("gone", "X"))
    assert not is_public(run)
    with pytest.raises(publication.NotPublished):
        publication.publish(by=people["lead"], run=run, confirmed=[audience.Origin("escape", EMBARGO)])


def test_leads_decide_once_about_runs_that_were_public(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    free = [make_run(project, people["member"], "plain", was_public=True) for _ in range(2)]
    closed = make_run(project, people["member"], "restricted", was_public=True)
    lead, here = signed_in("lead"), "/projects/walled/workflows/"
    for page in (here, f"{here}latest/"):
        assert "3 earlier runs are no longer public" in lead.get(page).content.decode()
        assert "earlier run" not in signed_in("member").get(page).content.decode()
    page = lead.get(f"{here}earlier/").content.decode()
    assert "2 runs that you can publish together" in page
    assert "1 run with restricted input data" in page
    assert lead.post(f"{here}earlier/").status_code == 200  # nothing is decided
    assert lead.post(f"{here}earlier/", {"decision": "publish"}).status_code == 302
    assert [is_public(run) for run in (*free, closed)] == [True, True, False]
    assert "earlier run" not in lead.get(here).content.decode()
    assert AuditEntry.objects.get(action="run.publish-earlier").facts["runs"] == 2
    assert signed_in("member").post(f"{here}earlier/", {"decision": "publish"}).status_code == 403


def test_leads_may_keep_them_for_members(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    run = make_run(project, people["member"], "plain", was_public=True)
    assert signed_in("lead").post("/projects/walled/workflows/earlier/", {"decision": "keep"}).status_code == 302
    assert not is_public(run)
    assert not Run.objects.get(pk=run.pk).was_public


def test_a_lead_decides_only_about_runs_that_they_see(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    people["lead"].groups = ["escape"]
    people["lead"].save()
    run = make_run(project, people["member"], "restricted", was_public=True)
    assert "earlier run" not in signed_in("lead").get("/projects/walled/workflows/").content.decode()
    signed_in("lead").post("/projects/walled/workflows/earlier/", {"decision": "keep"})
    assert Run.objects.get(pk=run.pk).was_public


def test_the_migration_names_origins_and_remembers_what_was_public(project: Project, people: dict[str, User]) -> None:
    from importlib import import_module

    migration = import_module("projects.workflows.migrations.0008_runs_for_members")
    inputs = {
        "a": {"lake": "escape", "did": f"{EMBARGO}:x"},
        "b": {"lake": "escape", "did": f"{EMBARGO}:y"},
        "c": {"lake": "escape", "did": "A:z"},
    }
    run, odd = (
        make_run(project, people["lead"], "published", inputs=inputs),
        make_run(project, people["lead"], "plain", inputs={"a": "odd"}),
    )
    lifted, hidden = (
        make_run(make_with_specification(people, embargo_until=timezone.now() + shift), people["lead"], "plain") for shift in (-DAY, DAY)
    )
    RunOrigin.objects.all().delete()
    migration.name_origins(apps, None)
    migration.remember_what_was_public(apps, None)
    assert set(RunOrigin.objects.filter(run=run).values_list("lake", "scope")) == {("escape", EMBARGO), ("escape", "A")}
    assert [Run.objects.get(pk=item.pk).was_public for item in (run, odd, lifted, hidden)] == [True, True, True, False]


DAY = timedelta(days=1)


def make_with_specification(people: dict[str, User], **facts: Any) -> Project:
    from projects.workflows.models import Specification

    made = make_project(lead=people["lead"], **facts)
    Specification.objects.create(project=made, name="s", title="S", text="a: 1")
    return made


def keep_form(**changes: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "dataset": "DM.Kept.fits", "copy_rse": "DEMO-ANNECY", **changes}


def test_what_is_kept_in_a_public_scope_is_public_at_once_and_this_is_asked_first(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    Project.objects.update(scope="KM3NET_ECAP_SP")
    run = make_run(project, people["member"], "plain")
    where, member = f"{run.get_absolute_url()}keep/", signed_in("member")
    page = member.get(where).content.decode()
    assert "KM3NET_ECAP_SP is public." in page
    form = keep_form(chosen=[run.outputs.get().pk])
    reply = member.post(where, form)
    assert (reply.status_code, Keep.objects.filter(dataset="DM.Kept.fits").count()) == (422, 0)
    assert "Confirm that these files become public." in reply.content.decode()
    assert member.post(where, {**form, "public": "on"}).status_code == 302
    assert Keep.objects.filter(dataset="DM.Kept.fits").count() == 1


def test_another_member_keeps_nothing_in_a_public_scope_and_learns_who_may(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    Project.objects.update(scope="KM3NET_ECAP_SP")
    run = make_run(project, people["member"], "plain")
    browser = signed_in("newcomer")
    assert "Keep result</a>" not in browser.get(run.get_absolute_url()).content.decode()
    assert "and the project leads can make its results public" in browser.get(f"{run.get_absolute_url()}keep/").content.decode()
    assert browser.post(f"{run.get_absolute_url()}keep/", keep_form(chosen=[run.outputs.get().pk], public="on")).status_code == 403
    Project.objects.update(scope="SOME_SP")  # not public: whoever may keep results may
    assert browser.post(f"{run.get_absolute_url()}keep/", keep_form(chosen=[run.outputs.get().pk])).status_code == 302


@pytest.mark.parametrize(("scope", "status"), [("KM3NET_ECAP_SP", 403), ("SOME_SP", 403), (EMBARGO, 302)])
def test_what_comes_of_restricted_data_is_kept_only_where_all_readers_may_read_the_data(
    project: Project, people: dict[str, User], signed_in: SignIn, scope: str, status: int
) -> None:
    Project.objects.update(scope=scope)
    run = make_run(project, people["lead"], "confirmed")  # also when it is published
    reply = signed_in("lead").post(f"{run.get_absolute_url()}keep/", keep_form(chosen=[run.outputs.get().pk], public="on"))
    assert reply.status_code == status
    assert ("comes from restricted data" in reply.content.decode()) == (status == 403)


@pytest.mark.parametrize("change", ["origin", "public", "role of the launcher", "access"])
def test_the_worker_asks_again_before_it_writes(
    project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    written: list[str] = []
    monkeypatch.setattr(archiving, "access_token", lambda *_, **__: written.append("token") or "t")
    run = make_run(project, people["newcomer"], "restricted" if change == "access" else "plain")
    kept = Keep.objects.get(run=run)
    Keep.objects.update(scope=EMBARGO if change == "access" else "SOME_SP")
    if change == "origin":
        run.comes_from(audience.Origin("escape", EMBARGO))
    elif change != "access":
        Keep.objects.update(scope="KM3NET_ECAP_SP", by=people["member"])
    if change == "role of the launcher":
        Keep.objects.update(by=people["newcomer"])
        Membership.objects.filter(user=people["newcomer"]).update(role=Role.VIEWER)
    archiving.proceed(kept.pk)
    kept.refresh_from_db()
    assert (kept.status, written) == (Keep.Status.FAILED, [])
    words = {
        "origin": "no longer has access to the data",
        "public": "are public immediately",
        "role of the launcher": "may no longer",
        "access": "no longer has access to the data",
    }
    assert words[change] in kept.error


def test_a_run_at_work_is_stopped_when_access_to_its_data_ends(
    project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    from types import SimpleNamespace

    from django.core.cache import cache

    cache.clear()
    run = make_run(project, people["newcomer"], "restricted", status=Run.Status.RUNNING, remote_id="r-1", error="", finished_at=None)
    told: list[str] = []
    monkeypatch.setattr(polling, "access_token", lambda *_, **__: "t")
    monkeypatch.setattr(reana, "stop", lambda *_: told.append("stop"))
    monkeypatch.setattr(reana, "logs", lambda *_: reana.Logs("", (), False))
    for state in ("running", "stopped"):
        monkeypatch.setattr(reana, "statuses", lambda *_, state=state: [SimpleNamespace(id="r-1", status=state)])
        polling.follow(run.by_id, "reana")
    run.refresh_from_db()
    assert (run.status, told) == (Run.Status.STOPPED, ["stop"])
    assert "no longer has access to the data" in run.error


def test_a_queued_run_is_refused_when_access_to_its_data_ended(
    project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "access_token", lambda *_, **__: pytest.fail("nothing is asked of REANA"))
    run = make_run(project, people["newcomer"], "restricted", status=Run.Status.QUEUED, error="", finished_at=None)
    worker.submit(run.pk)
    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    assert "no longer has access to the data" in run.error


def test_a_public_project_shows_its_published_runs(project: Project, people: dict[str, User]) -> None:
    runs = {sort: make_run(project, people["lead"], sort) for sort in ("plain", "published", "unconfirmed", "confirmed")}
    shown = next(item for item in exposure.exposures(people["lead"], project) if item.what == "published runs")
    assert (shown.count, shown.opens) == (2, (str(runs["confirmed"]), str(runs["published"])))


@pytest.mark.parametrize("act", ["publish", "unpublish"])
def test_each_decision_holds_the_run_before_it_touches_its_origins(project: Project, people: dict[str, User], act: str) -> None:
    run = make_run(project, people["member"], "restricted")
    with CaptureQueriesContext(connection) as queries:
        if act == "publish":
            publication.publish(by=people["lead"], run=run, confirmed=[audience.Origin("escape", EMBARGO)])
        else:
            publication.unpublish(by=people["lead"], run=run)
    statements = [query["sql"] for query in queries if query["sql"].startswith(("SELECT", "UPDATE"))]
    if act == "publish":  # the project itself is held first, so that it is open for certain
        held, *statements = statements
        assert "FOR NO KEY UPDATE" in held
        assert 'FROM "projects_project"' in held
    assert "FOR UPDATE" in statements[0]
    assert 'FROM "workflows_run"' in statements[0]
    assert [statement for statement in statements if statement.startswith("UPDATE")]


def test_programs_are_not_told_that_a_run_is_published_which_waits_for_an_owner(
    project: Project, people: dict[str, User], signed_in: SignIn
) -> None:
    run, browser = make_run(project, people["member"], "plain"), signed_in("lead")
    run.publish(people["lead"], [])

    def told() -> list[bool]:
        one = browser.get(f"{run.get_absolute_url()}?format=json").json()["published_at"]
        [listed] = browser.get(f"/projects/{project.slug}/workflows/?format=json").json()["items"]
        [row] = csv.DictReader(browser.get(f"/projects/{project.slug}/workflows/?format=csv").content.decode("utf-8-sig").splitlines())
        return [bool(one), bool(listed["published_at"]), bool(row["published_at"])]

    assert told() == [True, True, True]
    run.comes_from(audience.Origin("escape", EMBARGO))
    assert told() == [False, False, False]


def test_a_result_of_restricted_data_in_a_project_without_a_scope_is_refused_in_words_that_make_sense(
    project: Project, people: dict[str, User]
) -> None:
    run = make_run(project, people["lead"], "restricted")
    words = why_not_keep(people["lead"], run, audience.Origin("escape", ""))
    assert words.endswith("It can be kept only in a scope that nobody else can read, and this project has no scope in the Data Lake yet.")


def test_a_list_of_runs_costs_the_same_for_many(project: Project, people: dict[str, User], signed_in: SignIn) -> None:
    pages = [f"/projects/{project.slug}/workflows/{part}" for part in ("", "?format=json", "?format=csv", "latest/", "earlier/")]
    pages += ["/dashboard/runs/", f"/projects/{project.slug}/activity/"]
    browser = signed_in("lead")

    def cost() -> list[int]:
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                assert browser.get(page).status_code == 200, page
            counts.append(len(queries))
        return counts

    for part in ("plain", "restricted"):
        make_run(project, people["member"], part)
    Run.objects.update(was_public=True)
    cost()
    few = cost()
    for number in range(8):
        make_run(project, people["member"], "restricted" if number % 2 else "plain")
    Run.objects.update(was_public=True)
    assert dict(zip(pages, cost(), strict=True)) == dict(zip(pages, few, strict=True))


def test_an_owner_confirms_the_data_that_were_named_and_no_others(
    project: Project, people: dict[str, User], lake_options: Callable[..., None]
) -> None:
    run = make_run(project, people["member"], "restricted")
    run.comes_from(audience.Origin("escape", "LATER_SP"))
    publication.publish(by=people["lead"], run=run, confirmed=[audience.Origin("escape", EMBARGO)])
    assert is_public(run)
    lake_options(restricted_scopes={EMBARGO: ["escape/leads"], "LATER_SP": ["escape/leads"]})
    assert not is_public(run)
