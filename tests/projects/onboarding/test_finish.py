"""Finishing: one project, one plan and each chosen request once, whoever presses how often; nothing is sent that was not chosen."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects.models import Membership, Project, Role
from projects.onboarding import matching, plan_making, plan_services, sending, services
from projects.onboarding.models import Onboarding, Plan, PlanItem
from projects.requests import services as request_services
from projects.requests.models import Request
from projects.requests.services import RequestRefused
from tests.factories import make_onboarding, make_person, make_project
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import erasure
from vre_portal.notices.grouping import lines
from vre_portal.notices.models import Notice

SignIn = Callable[..., Client]
People = dict[str, User]
NEEDS = {
    "people": {"title": "Gamma-ray halos", "experiments": ["CTA"], "rows": [{"name": "A. Student", "email": "a@example.org"}]},
    "data": {"rows": [{"name": "Events", "size": 50.0}]},
    "compute": {"gpu": "yes", "gpu_for": "training"},
    "software": {"software": ["Nosuchtool"]},
    "further": {"deadline": "2028-03-01", "publication": ["software"]},
}


@pytest.fixture(autouse=True)
def everybody_creates(settings: Any) -> None:
    settings.PROJECT_CREATORS = []


def finish(browser: Client, item: Onboarding, *chosen: str, **more: Any) -> Any:
    form = {"fingerprint": item.fingerprint, "requests": chosen, "into": "new", **more}
    return browser.post(f"/onboarding/{item.pk}/review/", form)


@pytest.mark.django_db
def test_the_review_offers_what_is_not_met_and_sends_nothing(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")
    page = lead.get(f"/onboarding/{item.pk}/review/").content.decode()
    assert 'value="gpu"' in page
    assert (Request.objects.count(), Project.objects.count(), Plan.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
def test_only_chosen_requests_are_sent_and_what_is_left_is_in_the_plan(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")
    reply = finish(lead, item, "gpu")
    project = Project.objects.get()
    assert reply.url == f"/projects/{project.slug}/plan/"
    assert (project.title, project.is_draft, project.experiments) == ("Gamma-ray halos", True, ["CTA"])
    assert Membership.objects.get(project=project).user == people["lead"]
    assert [request.by for request in Request.objects.all()] == [people["lead"]]
    titles = {item.title: item for item in project.plan.items.all()}
    assert titles["Follow the request: GPUs: training"].request == Request.objects.get()
    assert Request.objects.get().title == "GPUs: training"
    assert titles["Add Nosuchtool to an environment"].source == PlanItem.Source.GAP
    assert titles["Invite A. Student"].why == "a@example.org"
    assert titles["Invite A. Student"].url == f"/projects/{project.slug}/people/"
    assert str(titles["Be ready for the deadline"].due) == "2028-03-01"


@pytest.mark.django_db
def test_a_shared_plan_names_nobody_who_takes_part(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")
    finish(lead, item)
    project = Project.objects.get()
    assert "a@example.org" in lead.get(f"/projects/{project.slug}/plan/").content.decode()
    secret = (
        plan_services.share(by=people["lead"], project=project, key=uuid.uuid4(), seen=project.plan.sharing_mark)
        .rstrip("/")
        .rpartition("/")[2]
    )
    shared = signed_in("anonymous").get(f"/plans/{secret}/").content.decode()
    assert "Add Nosuchtool to an environment" in shared
    for private in ("A. Student", "a@example.org"):
        assert private not in shared


@pytest.mark.django_db
def test_the_person_is_locked_before_the_project(people: People) -> None:
    item, project = make_onboarding(people["lead"], NEEDS), make_project(lead=people["lead"])
    with CaptureQueriesContext(connection) as queries:
        services.finish(by=people["lead"], onboarding=item, fingerprint=item.fingerprint, chosen=["gpu"], into=project)
    locks = [query["sql"] for query in queries if "FOR NO KEY UPDATE" in query["sql"]]
    assert [f'FROM "{table}"' in lock for lock, table in zip(locks, ("iam_user", "projects_project"), strict=False)] == [True, True]


@pytest.mark.django_db
def test_pressing_twice_makes_one_project_and_sends_each_request_once(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")
    first, second = (finish(lead, item, "gpu", "data-scope") for _ in range(2))
    assert first.url == second.url
    assert (Project.objects.count(), Plan.objects.count(), Request.objects.count()) == (1, 1, 2)


@pytest.mark.django_db(transaction=True)
def test_two_windows_that_finish_at_once_make_one_project(people: People, settings: Any) -> None:
    settings.PROJECT_CREATORS = []
    item = make_onboarding(people["lead"], NEEDS)
    errors: list[Exception] = []

    def press() -> None:
        try:
            person = User.objects.get(pk=people["lead"].pk)
            services.finish(by=person, onboarding=item, fingerprint=item.fingerprint, chosen=["gpu"], into=None)
        except Exception as error:  # noqa: BLE001 -- told by the test
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=press) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert (Project.objects.count(), Plan.objects.count(), Request.objects.count()) == (1, 1, 1)


@pytest.mark.django_db
def test_nothing_is_locked_while_what_exists_is_looked_up(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    item, order = make_onboarding(people["lead"], NEEDS), []
    matched, locked = services.matched, services._locked
    monkeypatch.setattr(services, "matched", lambda *given: order.append("matched") or matched(*given))
    monkeypatch.setattr(services, "_locked", lambda *given: order.append("locked") or locked(*given))
    services.finish(by=people["lead"], onboarding=item, fingerprint=item.fingerprint, chosen=[], into=None)
    assert order == ["matched", "locked"]


@pytest.mark.django_db
def test_answers_that_change_while_they_are_matched_send_nothing(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    item, matched = make_onboarding(people["lead"], NEEDS), services.matched

    def late(*given: Any) -> list[matching.Need]:
        services.save_step(by=people["lead"], onboarding=item, step="compute", seen=1, values={"gpu": "no"})
        return matched(*given)

    monkeypatch.setattr(services, "matched", late)
    with pytest.raises(services.StepChanged):
        services.finish(by=people["lead"], onboarding=item, fingerprint=item.fingerprint, chosen=["gpu"], into=None)
    assert (Project.objects.count(), Request.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_what_is_confirmed_is_what_is_sent_with_the_question_and_the_plan(signed_in: SignIn, people: People) -> None:
    answers = {
        **NEEDS,
        "people": {"title": "Halos", "summary": "How large are halos?"},
        "data": {"rows": [{"name": "Events", "size": 20500}]},
    }
    item = make_onboarding(people["lead"], answers)
    lead = signed_in("lead")
    page = lead.get(f"/onboarding/{item.pk}/review/").content.decode()
    assert "Environment with Nosuchtool" in page
    finish(lead, item, "software-nosuchtool", "data-1-place", "gpu")
    requests = {request.title: request for request in Request.objects.all()}
    assert set(requests) == {"Environment with Nosuchtool", "Place for Events (20.5 TB)", "GPUs: training"}
    for title, request in requests.items():
        assert "Halos" in request.text
        assert "How large are halos?" in request.text
        assert "/plan/" in request.text
        assert title not in request.text
    assert "20.5 TB" in requests["Place for Events (20.5 TB)"].values["details"]
    assert "20500" not in str(requests["Place for Events (20.5 TB)"].values)


@pytest.mark.django_db
def test_the_requests_of_a_plan_are_one_line_of_an_inbox(signed_in: SignIn, people: People) -> None:
    item = make_onboarding(people["lead"], NEEDS)
    finish(signed_in("lead"), item, "software-nosuchtool", "data-1-place", "gpu", "data-scope")
    mine = Notice.objects.filter(user=people["admin"], event__kind="requests.opened").select_related("event").order_by("-pk")
    assert len(mine) >= 3
    assert [len(line.notices) for line in lines(mine)] == [len(mine)]
    first = Request.objects.earliest("pk")
    signed_in("admin").get(first.get_absolute_url())
    assert mine.get(event__key=f"request:{first.pk}").read_at
    assert mine.filter(read_at=None).count() == len(mine) - 1


@pytest.mark.django_db
def test_each_need_is_one_thing_to_do_with_what_exists_below_it(people: People) -> None:
    plan = Plan.objects.create(project=make_project(lead=people["lead"]))
    found = tuple(matching.Match(title, "It runs workflows.", f"/{title}/") for title in ("One", "Two"))
    needs = [
        matching.Need("compute", "compute", "Computing: 10 CPU hours", found, ("Ask its administrators.",)),
        matching.Need("notebooks", "software", "Notebooks", found[:1]),
        matching.Need("software-tool", "software", "Software Tool", found[:1]),
        matching.Need(
            "experiment-cta",
            "people",
            "Projects of CTA",
            (),
            ("No project of CTA that you can see.",),
            given=matching.NeedState.INFORMATION,
        ),
    ]
    answers = matching.Answers(experiments=("CTA",), software=("Tool",))
    plan_making.fill(by=people["lead"], plan=plan, needs=needs, chosen=(), answers=answers, key=uuid.uuid4())
    items = {item.title: [match.title for match in item.matches.all()] for item in plan.items.all()}
    assert items == {
        "Try a workflow on one of these services": ["One", "Two"],
        "Open a notebook on One": ["One"],
        "Add Tool to an environment": ["One"],
    }
    assert plan.items.get(step="compute").why == "Ask its administrators."


@pytest.mark.django_db
def test_answers_that_changed_after_the_review_are_shown_again_and_nothing_is_sent(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")
    services.save_step(by=people["lead"], onboarding=item, step="compute", seen=1, values={"gpu": "yes", "gpu_for": "inference"})
    reply = finish(lead, item, "gpu")
    assert reply.status_code == 409
    assert "GPUs: inference" in reply.content.decode()
    assert (Request.objects.count(), Project.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_request_that_nobody_offered_is_refused(signed_in: SignIn, people: People) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")
    assert finish(lead, item, "data-99-place").status_code == 400
    assert Project.objects.count() == 0


@pytest.mark.django_db
def test_a_refused_request_costs_only_itself_and_the_plan_says_why(
    signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")
    send = sending.send

    def refusing(**options: Any) -> Request:
        if options["suggestion"].key == "gpu":
            raise RequestRefused("Ask later.")
        return send(**options)

    monkeypatch.setattr(sending, "send", refusing)
    reply = finish(lead, item, "data-scope", "gpu")
    assert Request.objects.count() == 1
    refused = PlanItem.objects.get(title="Find GPUs")
    assert refused.source == PlanItem.Source.GAP
    assert "The request was not sent: Ask later." in refused.why
    shown = lead.get(reply.url).content.decode()
    assert "1 request was sent." in shown
    assert "For 1 need the request could not be sent." in shown


@pytest.mark.django_db
def test_more_requests_than_a_person_can_have_are_said_before_and_refused(
    signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")
    monkeypatch.setattr(request_services, "MAX_OPEN", 2)
    page = lead.get(f"/onboarding/{item.pk}/review/").content.decode()
    assert "3 requests are selected, and you can send 2." in page
    reply = finish(lead, item, "data-scope", "gpu", "data-1-place")
    assert reply.status_code == 409
    assert "You chose 3 requests, and can send 2 more now. Nothing was sent." in reply.content.decode()
    assert (Project.objects.count(), Request.objects.count()) == (0, 0)
    assert finish(lead, item, "data-scope", "gpu").status_code == 302
    assert Request.objects.count() == 2


@pytest.mark.django_db
def test_all_programs_are_one_request_and_so_are_archives_and_topics(signed_in: SignIn, people: People) -> None:
    programs, images = [f"Tool{n}" for n in range(9)], ["one-image", "other-image"]
    answers = {
        "people": {"title": "Many"},
        "software": {"software": programs, "environments": images},
        "further": {"archives": ["First", "Second"], "training": ["Knitting", "Sewing", "Baking"]},
    }
    item, lead = make_onboarding(people["lead"], answers), signed_in("lead")
    keys = [f"{kind}-{name.lower()}" for kind, names in (
        ("software", programs), ("environment", images), ("archive", ["First", "Second"]), ("training", ["Knitting", "Sewing", "Baking"])
    ) for name in names]  # fmt: skip
    page = lead.get(f"/onboarding/{item.pk}/review/").content.decode()
    assert [f'value="{key}"' in page for key in keys] == [True] * len(keys)
    assert "in one request with the others" in page
    reply = finish(lead, item, *keys)
    sent = {request.title: request for request in Request.objects.all()}
    assert set(sent) == {
        "Environment with Tool0, Tool1 and 7 more", "Environments one-image, other-image", "Archives First, Second",
        "Training: Knitting, Sewing and 1 more",
    }  # fmt: skip
    asked = sent["Environment with Tool0, Tool1 and 7 more"]
    assert asked.values["packages"].splitlines() == programs
    assert "Baking" in sent["Training: Knitting, Sewing and 1 more"].values["details"]
    shared = PlanItem.objects.filter(request=asked)
    assert [row.title for row in shared] == [f"Add {name} to an environment" for name in programs]
    assert "4 requests were sent." in lead.get(reply.url).content.decode()
    finish(lead, item, *keys)
    assert Request.objects.count() == 4


@pytest.mark.django_db
def test_of_a_group_only_what_was_chosen_is_asked_for(signed_in: SignIn, people: People) -> None:
    item = make_onboarding(people["lead"], {"people": {"title": "T"}, "software": {"software": ["A1", "B2", "C3"]}})
    finish(signed_in("lead"), item, "software-a1", "software-c3")
    assert [request.title for request in Request.objects.all()] == ["Environment with A1, C3"]
    assert PlanItem.objects.get(title="Add B2 to an environment").request is None


@pytest.mark.django_db
def test_where_a_fault_comes_between_nothing_is_left(signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    item = make_onboarding(people["lead"], NEEDS)
    send, calls = sending.send, []

    def failing(**options: Any) -> Request:
        calls.append(options)
        if len(calls) == 2:
            raise RuntimeError("killed")
        return send(**options)

    monkeypatch.setattr(plan_making.sending, "send", failing)
    with pytest.raises(RuntimeError):
        services.finish(by=people["lead"], onboarding=item, fingerprint=item.fingerprint, chosen=["gpu", "data-scope"], into=None)
    assert (Project.objects.count(), Plan.objects.count(), Request.objects.count()) == (0, 0, 0)
    monkeypatch.undo()
    services.finish(by=people["lead"], onboarding=item, fingerprint=item.fingerprint, chosen=["gpu", "data-scope"], into=None)
    assert (Project.objects.count(), Request.objects.count()) == (1, 2)


@pytest.mark.django_db
def test_who_may_not_create_projects_asks_for_one_and_uses_it_later(signed_in: SignIn, people: People, settings: Any) -> None:
    settings.PROJECT_CREATORS = ["escape/leads"]
    item, outsider = make_onboarding(people["outsider"], NEEDS), signed_in("outsider")
    assert "Ask for a new project" in outsider.get(f"/onboarding/{item.pk}/review/").content.decode()
    assert finish(outsider, item, "gpu").status_code == 400
    with pytest.raises(services.OnboardingRefused):
        services.finish(by=people["outsider"], onboarding=item, fingerprint=item.fingerprint, chosen=[], into=None)
    given = make_project(title="Given", lead=people["outsider"])
    assert finish(outsider, item, "gpu", into=str(given.pk)).url == f"/projects/{given.slug}/plan/"
    assert Request.objects.get().project == given


@pytest.mark.django_db
def test_a_plan_is_made_in_ones_own_projects_only(signed_in: SignIn, people: People) -> None:
    item, member = make_onboarding(people["member"], NEEDS), signed_in("member")
    foreign = make_project(lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    assert finish(member, item, into=str(foreign.pk)).status_code == 400
    with pytest.raises(services.OnboardingRefused):
        services.finish(by=people["member"], onboarding=item, fingerprint=item.fingerprint, chosen=[], into=foreign)
    assert Plan.objects.count() == 0


@pytest.mark.django_db
def test_a_look_that_failed_sends_nothing(signed_in: SignIn, people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    item, lead = make_onboarding(people["lead"], NEEDS), signed_in("lead")

    def broken(*_: Any) -> list[Any]:
        raise RuntimeError("away")

    monkeypatch.setitem(matching._parts, "data", ("data", broken))
    page = lead.get(f"/onboarding/{item.pk}/review/")
    assert page.status_code == 200
    assert "could not be looked up" in page.content.decode()
    assert "GPUs" in page.content.decode()  # the other parts are there
    assert finish(lead, item, "gpu").status_code == 409
    assert Request.objects.count() == 0


@pytest.mark.django_db
def test_the_plan_stays_when_the_person_goes(people: People) -> None:
    person = make_person("outsider")
    item = make_onboarding(person, NEEDS)
    project = services.finish(by=person, onboarding=item, fingerprint=item.fingerprint, chosen=["gpu"], into=None)
    Membership.objects.create(project=project, user=people["lead"], role=Role.LEAD)
    erasure.erase(person)
    assert Onboarding.objects.count() == 0
    plan = Plan.objects.get(project=project)
    assert "Olga" not in str(plan.created_by)
    assert plan.items.filter(source=PlanItem.Source.REQUEST).get().request is None  # the request went with the person


@pytest.mark.django_db
def test_the_same_request_key_comes_from_the_same_suggestion(people: People) -> None:
    key, suggestion = uuid.uuid4(), matching.Suggestion("gpu", (), "GPUs")
    assert sending.request_key(key, suggestion) == sending.request_key(key, suggestion)
    assert sending.request_key(uuid.uuid4(), suggestion) != sending.request_key(key, suggestion)
    assert issubclass(RequestRefused, Exception)
