"""The plan: for the people of the project alone, ticked in both directions, in order, shared and revoked, without what one may not know."""

import uuid
from collections.abc import Callable
from datetime import date
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from projects.models import Project, Role
from projects.onboarding import overview, plan_services
from projects.onboarding.models import Plan, PlanItem, PlanMatch
from projects.requests.models import Request
from tests.factories import make_project, make_public
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.search import audiences

SignIn = Callable[..., Client]
People = dict[str, User]
State = PlanItem.State
pytestmark = pytest.mark.django_db


@pytest.fixture
def plan(people: People) -> Plan:
    project = make_public(slug="sky", title="Sky", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    return Plan.objects.create(project=project, created_by=people["lead"])


def add(plan: Plan, title: str, **facts: Any) -> PlanItem:
    return PlanItem.objects.create(plan=plan, title=title, position=plan.items.count() + 1, **facts)


def test_only_people_of_the_project_see_it_even_of_a_public_one(signed_in: SignIn, plan: Plan) -> None:
    add(plan, "Ask for space")
    pages = {name: signed_in(name).get("/projects/sky/plan/") for name in ("lead", "member", "outsider", "admin")}
    assert {name: page.status_code for name, page in pages.items()} == {"lead": 200, "member": 200, "outsider": 404, "admin": 404}
    assert "Ask for space" in pages["member"].content.decode()
    assert signed_in("anonymous").get("/projects/sky/plan/").status_code == 302
    assert signed_in("outsider").get("/projects/sky/plan/progress/").status_code == 404


def test_members_read_and_do_not_change(signed_in: SignIn, plan: Plan) -> None:
    item, member = add(plan, "Ask for space"), signed_in("member")
    assert "Mark as done" not in member.get("/projects/sky/plan/").content.decode()
    for path in (
        f"items/{item.pk}/state/",
        f"items/{item.pk}/move/",
        f"items/{item.pk}/remove/",
        f"items/{item.pk}/",
        "share/",
        "unshare/",
        "",
    ):
        assert member.post(f"/projects/sky/plan/{path}", {"state": "done", "title": "x", "key": uuid.uuid4()}).status_code == 403, path
    item.refresh_from_db()
    assert (item.state, plan.items.count()) == (State.OPEN, 1)


def test_an_item_is_ticked_in_both_directions_and_the_plan_says_who(signed_in: SignIn, plan: Plan, people: People) -> None:
    item, lead = add(plan, "Ask for space"), signed_in("lead")
    lead.post(f"/projects/sky/plan/items/{item.pk}/state/", {"state": "done"})
    item.refresh_from_db()
    assert (item.state, item.ticked_by) == (State.DONE, people["lead"])
    assert "Lena Lead" in lead.get("/projects/sky/plan/").content.decode()
    assert "1 of 1 items done" in lead.get("/projects/sky/plan/progress/").content.decode()
    lead.post(f"/projects/sky/plan/items/{item.pk}/state/", {"state": "open"})
    lead.post(f"/projects/sky/plan/items/{item.pk}/state/", {"state": "not needed"})
    item.refresh_from_db()
    assert item.state == State.NOT_NEEDED
    assert lead.post(f"/projects/sky/plan/items/{item.pk}/state/", {"state": "gone"}).status_code == 404


def test_an_item_of_a_request_follows_it_until_it_ends_without_being_granted(signed_in: SignIn, people: People, plan: Plan) -> None:
    request = Request.objects.create(kind="project-need", by=people["lead"], project=plan.project, title="GPUs", text="training")
    item, lead = add(plan, "GPUs", source=PlanItem.Source.REQUEST, request=request, state=State.DONE), signed_in("lead")
    where = f"/projects/sky/plan/items/{item.pk}/state/"

    def shown(state: Request.State) -> tuple[bool, str]:
        Request.objects.filter(pk=request.pk).update(state=state)
        answer = lead.post(where, {"state": "not needed"}, follow=True).content.decode()
        return "This item has the state of its request." in answer, next(overview.plan_progress(people["lead"], [plan.project])).value

    page = lead.get("/projects/sky/plan/").content.decode()
    assert "Mark as done" not in page
    assert "0 of 1 items done" in page
    assert shown(Request.State.ACTING) == (True, "0 of 1 items done")
    assert shown(Request.State.GRANTED) == (True, "1 of 1 items done")
    assert lead.get("/projects/sky/plan/?format=json").json()["items"][0]["state"] == "done"
    assert shown(Request.State.DECLINED) == (False, "0 of 0 items done")


def test_matches_that_a_reader_may_not_know_of_are_left_out_and_counted(signed_in: SignIn, people: People, plan: Plan) -> None:
    hidden = make_project(title="Hidden halo", lead=people["lead"])
    item = add(plan, "Look at projects like yours")
    for title, rule in (("Hidden halo", audiences.rule(audiences.condition("project", hidden.pk))), ("Open halo", audiences.PUBLIC)):
        PlanMatch.objects.create(item=item, title=title, audience=rule)
    assert "Hidden halo" in signed_in("lead").get("/projects/sky/plan/").content.decode()
    member = signed_in("member").get("/projects/sky/plan/").content.decode()
    assert "Hidden halo" not in member
    assert "Open halo" in member
    assert "1 item is not shown" in member
    assert signed_in("member").get("/projects/sky/plan/?format=json").json()["items"][0]["matches"] == ["Open halo"]
    assert "Hidden halo" not in str(data_export.export_person(people["member"]))


def test_rows_of_earlier_plans_are_carried_over_as_one_item_for_a_need(people: People, plan: Plan) -> None:
    facts = {"source": PlanItem.Source.MATCH, "step": "software", "need": "Software Tool", "audience": "public"}
    add(plan, "Tool", note="use 2.0", state=State.OPEN, **facts)
    add(plan, "Tool-extra", person="Ada", state=State.DONE, ticked_by=people["lead"], ticked_at=timezone.now(), **facts)
    add(plan, "Hidden tool", note="of the hidden project", person="Eve", **{**facts, "audience": "members:5"})
    gap = add(plan, "Archive VO", source=PlanItem.Source.GAP, step="further")
    add(plan, "PyVO", source=PlanItem.Source.MATCH, step="further", need="Archive VO")
    add(plan, "Ask for space")
    import_module("projects.onboarding.migrations.0002_one_item_for_a_need").group_matches(apps, None)
    items = {item.title: (item.state, item.person, item.note, [match.title for match in item.matches.all()]) for item in plan.items.all()}
    assert items == {
        "Software Tool": (State.DONE, "Ada", "use 2.0", ["Tool", "Tool-extra", "Hidden tool"]),
        "Archive VO": (State.OPEN, "", "", ["PyVO"]),
        "Ask for space": (State.OPEN, "", "", []),
    }
    software = plan.items.get(title="Software Tool")
    assert (software.ticked_by, software.audience) == (people["lead"], "")
    assert [match.audience for match in software.matches.all()] == ["public", "public", "members:5"]
    assert gap.matches.get().title == "PyVO"


def test_the_plan_is_a_tab_for_the_people_of_the_project_alone(signed_in: SignIn, plan: Plan) -> None:
    tab = 'href="/projects/sky/plan/"'
    for name, shown in (("lead", True), ("member", True), ("outsider", False), ("anonymous", False)):
        nav = signed_in(name).get("/projects/sky/").content.decode().partition('<nav class="tabs"')[2].partition("</nav>")[0]
        assert (tab in nav) == shown, name
    nav = signed_in("lead").get("/projects/sky/plan/").content.decode().partition('<nav class="tabs"')[2].partition("</nav>")[0]
    assert nav.partition('aria-current="page">')[2].startswith("Plan")


def test_ticking_twice_is_one_tick(people: People, plan: Plan) -> None:
    item = add(plan, "Ask for space")
    ticks = [plan_services.tick(by=people["lead"], project=plan.project, pk=item.pk, state=State.DONE) for _ in range(2)]
    assert ticks == [True, False]


def test_an_item_is_added_once_changed_with_care_and_removed(signed_in: SignIn, plan: Plan) -> None:
    lead = signed_in("lead")
    form = {"title": "Write the proposal", "person": "A. Student", "due": "2028-01-31", "note": "", "key": str(uuid.uuid4())}
    for _ in range(2):
        assert lead.post("/projects/sky/plan/", form).status_code == 302
    item = plan.items.get()
    assert (item.title, item.person, item.due) == ("Write the proposal", "A. Student", date(2028, 1, 31))
    where = f"/projects/sky/plan/items/{item.pk}/"
    assert lead.post(where, {**form, "note": "first", "version": 1}).status_code == 302
    late = lead.post(where, {**form, "note": "second", "version": 1})
    assert late.status_code == 409
    assert "first" in late.content.decode()
    assert "second" in late.content.decode()
    item.refresh_from_db()
    assert item.note == "first"
    lead.post(f"{where}remove/")
    assert plan.items.count() == 0


def test_what_onboarding_found_is_not_removed(people: People, plan: Plan) -> None:
    item = add(plan, "DEMO-ANNECY", source=PlanItem.Source.MATCH)
    with pytest.raises(plan_services.PlanRefused):
        plan_services.remove(by=people["lead"], project=plan.project, pk=item.pk)
    assert plan.items.count() == 1


def test_items_are_put_in_order(signed_in: SignIn, plan: Plan) -> None:
    first, second, third = (add(plan, title) for title in ("one", "two", "three"))
    lead = signed_in("lead")
    lead.post(f"/projects/sky/plan/items/{third.pk}/move/", {"way": "up"})
    assert [item.title for item in plan.items.all()] == ["one", "three", "two"]
    lead.post(f"/projects/sky/plan/items/{first.pk}/move/", {"way": "up"})  # it is the first already
    lead.post(f"/projects/sky/plan/items/{second.pk}/move/", {"way": "down"})
    assert [item.title for item in plan.items.all()] == ["one", "three", "two"]


def test_an_item_of_another_plan_is_not_found_here(signed_in: SignIn, people: People, plan: Plan) -> None:
    other = Plan.objects.create(project=make_project(lead=people["lead"]))
    item = add(other, "elsewhere")
    assert signed_in("lead").get(f"/projects/sky/plan/items/{item.pk}/").status_code == 404
    assert signed_in("lead").post(f"/projects/sky/plan/items/{item.pk}/state/", {"state": "done"}).status_code == 404
    item.refresh_from_db()
    assert item.state == State.OPEN


def test_what_a_reader_may_not_know_of_is_left_out_and_counted(signed_in: SignIn, people: People, plan: Plan) -> None:
    hidden = make_project(title="Hidden halo", lead=people["lead"])
    rule = audiences.rule(audiences.condition("project", hidden.pk))
    item = add(plan, "Hidden halo", audience=rule, source=PlanItem.Source.MATCH)
    add(plan, "Open halo")
    assert "Hidden halo" in signed_in("lead").get("/projects/sky/plan/").content.decode()
    member = signed_in("member").get("/projects/sky/plan/").content.decode()
    assert "Hidden halo" not in member
    assert "1 item is not shown" in member
    as_json = signed_in("member").get("/projects/sky/plan/?format=json").json()
    assert [row["title"] for row in as_json["items"]] == ["Open halo"]
    assert "Hidden halo" not in signed_in("member").get("/projects/sky/plan/?format=csv").content.decode()
    PlanItem.objects.filter(pk=item.pk).update(ticked_by=people["member"])
    assert "Hidden halo" not in str(data_export.export_person(people["member"]))


def test_a_link_shows_the_plan_without_people_and_is_revoked(signed_in: SignIn, people: People, plan: Plan) -> None:
    hidden = make_project(title="Hidden halo", lead=people["lead"])
    add(plan, "Hidden halo", audience=audiences.rule(audiences.condition("project", hidden.pk)))
    add(
        plan,
        "Ask for space",
        person="A. Student",
        note="call Bob",
        due=date(2020, 1, 1),
        ticked_by=people["lead"],
        ticked_at=timezone.now(),
    )
    lead, visitor = signed_in("lead"), signed_in("anonymous")
    sent = {"key": str(uuid.uuid4()), "seen": plan.sharing_mark}
    page = lead.post("/projects/sky/plan/share/", sent).content.decode()
    address = page.partition("/plans/")[2].partition("/")[0]
    assert f"/plans/{address}/" in lead.post("/projects/sky/plan/share/", sent).content.decode()  # pressed twice
    shown = visitor.get(f"/plans/{address}/")
    text = shown.content.decode()
    assert shown.status_code == 200
    assert shown["X-Robots-Tag"] == "noindex, nofollow"
    assert "no-store" in shown["Cache-Control"]
    assert "Ask for space" in text
    for secret in ("Hidden halo", "A. Student", "call Bob", "Lena Lead", "Mark as done"):
        assert secret not in text, secret
    assert address not in str(Plan.objects.values().get())  # only a digest is stored
    assert address not in str(data_export.export_person(people["lead"]))
    lead.post("/projects/sky/plan/unshare/")
    assert visitor.get(f"/plans/{address}/").status_code == 404
    again = lead.post("/projects/sky/plan/share/", sent, follow=True).content.decode()  # the page of the link, loaded again
    assert "The link was changed in another window." in again
    assert visitor.get(f"/plans/{address}/").status_code == 404


def test_a_new_link_ends_the_old_one_and_an_archived_project_shows_none(signed_in: SignIn, people: People, plan: Plan) -> None:
    def share() -> str:
        seen = Plan.objects.get().sharing_mark
        return plan_services.share(by=people["lead"], project=plan.project, key=uuid.uuid4(), seen=seen).rstrip("/").rpartition("/")[2]

    old, new = share(), share()
    visitor = signed_in("anonymous")
    assert [visitor.get(f"/plans/{secret}/").status_code for secret in (old, new)] == [404, 200]
    Project.objects.filter(pk=plan.project_id).update(archived_at=timezone.now())
    assert visitor.get(f"/plans/{new}/").status_code == 404


def test_no_empty_secret_opens_a_plan_that_was_never_shared(plan: Plan) -> None:
    assert plan.secret_digest == ""
    assert plan_services.shared_plan("") is None


def test_the_state_of_a_request_is_live_and_its_page_only_for_those_who_may_read_it(signed_in: SignIn, people: People, plan: Plan) -> None:
    request = Request.objects.create(kind="project-need", by=people["lead"], project=plan.project, title="GPUs", text="training")
    add(plan, "GPUs", source=PlanItem.Source.REQUEST, request=request)
    lead, member = signed_in("lead"), signed_in("member")
    assert request.get_absolute_url() in lead.get("/projects/sky/plan/").content.decode()
    assert request.get_absolute_url() not in member.get("/projects/sky/plan/").content.decode()
    Request.objects.filter(pk=request.pk).update(state=Request.State.GRANTED)
    assert "granted" in member.get("/projects/sky/plan/").content.decode()


def test_a_lead_sees_the_progress_on_the_dashboard(people: People, plan: Plan) -> None:
    add(plan, "a", state=State.DONE)
    add(plan, "b")
    add(plan, "c", state=State.NOT_NEEDED)
    notes = list(overview.plan_progress(people["lead"], [plan.project, make_project()]))
    assert [(note.value, note.url) for note in notes] == [("1 of 2 items done", "/projects/sky/plan/")]


def test_an_empty_plan_is_made_once(signed_in: SignIn, people: People) -> None:
    project = make_project(slug="new", lead=people["lead"])
    lead = signed_in("lead")
    assert "Make an empty plan" in lead.get("/projects/new/plan/").content.decode()
    for _ in range(2):
        lead.post("/projects/new/plan/")
    assert Plan.objects.filter(project=project).count() == 1


def test_who_may_no_longer_change_a_project_is_told_so_and_makes_no_plan(
    signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_project(slug="new", lead=people["lead"])
    monkeypatch.setattr(plan_services, "can", lambda *_: False)  # the role was lost after the page had looked
    reply = signed_in("lead").post("/projects/new/plan/", follow=True)
    assert "You can no longer change this project." in reply.content.decode()
    assert not Plan.objects.exists()


def test_an_archived_project_takes_no_changes_of_its_plan(signed_in: SignIn, plan: Plan) -> None:
    item = add(plan, "Ask for space")
    Project.objects.filter(pk=plan.project_id).update(archived_at=timezone.now())
    lead = signed_in("lead")
    assert lead.get("/projects/sky/plan/").status_code == 200
    assert lead.post(f"/projects/sky/plan/items/{item.pk}/state/", {"state": "done"}).status_code in (403, 409)
    item.refresh_from_db()
    assert item.state == State.OPEN


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", "javascript:alert(1)", "{{ 7*7 }}", "\u202egnp.exe"])
def test_hostile_words_stay_words(signed_in: SignIn, plan: Plan, hostile: str) -> None:
    add(plan, hostile, why=hostile, need=hostile, note=hostile, person=hostile)
    page = signed_in("lead").get("/projects/sky/plan/").content.decode()
    assert "<script>alert" not in page
    assert 'href="javascript:' not in page
