"""Approved requests are carried out exactly once, with rights that are asked for again, or by hand."""

import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from projects.models import Project
from projects.requests import handling, services, worker
from projects.requests.approvers import Groups, Leads, Staff
from projects.requests.kinds import ActResult, RequestKind, Scope
from projects.requests.models import Request, RequestAct, RequestComment, RequestEvent
from projects.requests.services import RequestRefused
from tests.factories import make_person, make_public, make_request
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.errors import SignInAgain
from vre_portal.iam.models import User
from vre_portal.jobs.fates import Refused

People = dict[str, User]
NewKind = Callable[..., RequestKind]
State = Request.State


class Act:
    """An act that counts how often it did something, and fails as often as it is told to."""

    def __init__(self, *errors: Exception) -> None:
        self.errors, self.calls, self.things = list(errors), 0, set[int]()

    def __call__(self, request: Request, approver: User) -> ActResult:
        self.calls += 1
        self.things.add(request.pk)  # idempotent, as every act has to be
        if self.errors:
            raise self.errors.pop(0)
        return ActResult("You have it.", "/datalake/")


def run(item: Request) -> Request:
    """What a worker does."""
    RequestAct.objects.filter(request=item).update(lease_until=None)
    for pk in RequestAct.objects.filter(request=item).values_list("pk", flat=True):
        worker.act(pk)
    item.refresh_from_db()
    return item


def ask(by: User, kind: RequestKind, **facts: Any) -> Request:
    return make_request(by, kind=kind, values={}, **facts)


@pytest.fixture
def admin(people: People) -> User:
    return people["admin"]


@pytest.mark.django_db
def test_an_approved_request_is_carried_out_once_and_its_result_is_told(people: People, admin: User, new_kind: NewKind) -> None:
    act = Act()
    item = ask(people["outsider"], new_kind(act=act))
    for _ in range(2):
        services.approve(by=admin, request=item, text="Fine")
    assert RequestAct.objects.count() == 1
    assert act.calls == 0
    for _ in range(3):
        run(item)
    assert (item.state, act.calls) == (State.GRANTED, 1)
    assert item.result == {"text": "You have it.", "url": "/datalake/"}
    assert [event.what for event in item.events.all()] == ["approved", "done"]


@pytest.mark.django_db(transaction=True)
def test_of_two_approvers_at_once_one_act_comes(new_kind: NewKind) -> None:
    pair = [make_person("admin"), make_person("lead")]
    User.objects.filter(pk__in=[person.pk for person in pair]).update(is_staff=True)
    act = Act()
    item, together, refused = ask(make_person("outsider"), new_kind(act=act)), threading.Barrier(2), []

    def approve(person: User) -> None:
        together.wait()
        try:
            services.approve(by=person, request=item)
        except RequestRefused:
            refused.append(person)
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(person,)) for person in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    run(item)
    assert (act.calls, RequestAct.objects.count(), item.state) == (1, 1, State.GRANTED)


@pytest.mark.django_db
def test_who_lost_the_right_before_it_was_done_does_nothing(people: People, new_kind: NewKind) -> None:
    act = Act()
    item = ask(people["outsider"], new_kind(act=act, approvers=Groups(("escape/leads",))))
    services.approve(by=people["lead"], request=item)
    User.objects.filter(pk=people["lead"].pk).update(groups=["escape"])
    run(item)
    assert (item.state, act.calls) == (State.ACT_FAILED, 0)
    assert "may no longer decide" in RequestAct.objects.get().problem


@pytest.mark.django_db
def test_nothing_is_done_for_somebody_whose_account_is_closed(people: People, admin: User, new_kind: NewKind) -> None:
    act = Act()
    item = ask(people["outsider"], new_kind(act=act))
    services.approve(by=admin, request=item)
    User.objects.filter(pk=people["outsider"].pk).update(is_active=False)
    run(item)
    assert (item.state, act.calls) == (State.ACT_FAILED, 0)
    second = ask(people["newcomer"], new_kind("second", act=act))
    User.objects.filter(pk=people["newcomer"].pk).update(is_active=False)
    with pytest.raises(RequestRefused, match="may no longer use"):
        services.approve(by=admin, request=second)


@pytest.mark.django_db
def test_nothing_is_done_in_a_project_that_was_archived_meanwhile(people: People, new_kind: NewKind) -> None:
    act, project = Act(), make_public(slug="open", lead=people["lead"])
    kind = new_kind(act=act, approvers=Leads(), scope=Scope.PROJECT)
    item = ask(people["outsider"], kind, project=project)
    services.approve(by=people["lead"], request=item)
    Project.objects.filter(pk=project.pk).update(archived_at=timezone.now())
    run(item)
    assert (item.state, act.calls) == (State.ACT_FAILED, 0)
    assert "archived" in RequestAct.objects.get().problem


@pytest.mark.django_db
def test_archiving_closes_what_waits_for_a_decision_or_for_a_hand(people: People, new_kind: NewKind) -> None:
    project = make_public(slug="open", lead=people["lead"])
    kind = new_kind(approvers=Leads(), scope=Scope.PROJECT)
    waiting, approved = (ask(people[name], kind, project=project) for name in ("outsider", "newcomer"))
    services.approve(by=people["lead"], request=approved)
    services.close_all(project, people["lead"], "This project was archived.")
    assert {fresh(item).state for item in (waiting, approved)} == {State.CLOSED}


def fresh(item: Request) -> Request:
    return Request.objects.get(pk=item.pk)


@pytest.mark.django_db
def test_a_half_done_act_is_repeated_and_a_refused_one_waits_for_people(people: People, admin: User, new_kind: NewKind) -> None:
    act = Act(RemoteUnavailable("The lake is down."), Refused("No such scope."))
    item = ask(people["outsider"], new_kind(act=act))
    services.approve(by=admin, request=item)
    run(item)
    assert item.state == State.ACTING
    assert "The lake is down." in RequestAct.objects.get().problem
    run(item)
    assert (item.state, item.waits_for_hand) == (State.ACT_FAILED, True)
    assert RequestAct.objects.get().problem == "No such scope."
    for _ in range(2):
        handling.retry(by=admin, request=item)
    run(item)
    assert (item.state, act.calls, act.things) == (State.GRANTED, 3, {item.pk})


@pytest.mark.django_db
def test_a_retry_acts_with_the_rights_of_the_person_who_asks_for_it(people: People, admin: User, new_kind: NewKind) -> None:
    item = ask(people["outsider"], new_kind(act=Act(Refused("No.")), approvers=Staff()))
    services.approve(by=admin, request=item)
    run(item)
    User.objects.filter(pk=admin.pk).update(is_staff=False)
    User.objects.filter(pk=people["lead"].pk).update(is_staff=True)
    with pytest.raises(RequestRefused, match="no longer answer"):
        handling.retry(by=admin, request=item)
    handling.retry(by=people["lead"], request=item)
    run(item)
    assert (item.state, RequestAct.objects.get().by) == (State.GRANTED, people["lead"])


@pytest.mark.django_db
def test_an_act_without_a_sign_in_waits_and_tells_its_approver_once(people: People, admin: User, new_kind: NewKind) -> None:
    item = ask(people["outsider"], new_kind(act=Act(*(SignInAgain("Sign in.") for _ in range(2)))))
    services.approve(by=admin, request=item)
    run(item)
    run(item)
    assert (item.state, RequestAct.objects.get().state) == (State.ACTING, "waiting")
    assert RequestEvent.objects.filter(what="waiting").count() == 1
    run(item)
    assert item.state == State.GRANTED


@pytest.mark.django_db
def test_an_act_that_is_not_finished_is_looked_at_again(people: People, admin: User, new_kind: NewKind) -> None:
    answers = [ActResult("Waiting for copies.", wait_seconds=60), ActResult("Copied.")]
    item = ask(people["outsider"], new_kind(act=lambda _request, _by: answers.pop(0)))
    services.approve(by=admin, request=item)
    run(item)
    job = RequestAct.objects.get()
    assert (item.state, job.problem) == (State.ACTING, "Waiting for copies.")
    assert job.lease_until > timezone.now()
    assert run(item).state == State.GRANTED


@pytest.mark.django_db
def test_by_hand_it_is_done_with_a_word_once(people: People, admin: User) -> None:
    item = make_request(people["outsider"])
    services.approve(by=admin, request=item)
    item.refresh_from_db()
    assert (item.state, item.needs_hand) == (State.APPROVED, True)
    assert not RequestAct.objects.exists()
    for _ in range(2):
        handling.mark_done(by=admin, request=item, text="It is called gammapy-1.3.")
    item.refresh_from_db()
    assert (item.state, item.needs_hand) == (State.GRANTED, False)
    assert RequestComment.objects.filter(is_answer=True).count() == 1


@pytest.mark.django_db
def test_what_was_done_by_hand_is_not_done_again_by_a_worker(people: People, admin: User, new_kind: NewKind) -> None:
    act = Act(Refused("No."))
    item = ask(people["outsider"], new_kind(act=act))
    services.approve(by=admin, request=item)
    run(item)
    handling.mark_done(by=admin, request=item, text="Done at the lake itself.")
    RequestAct.objects.update(state="waiting")
    run(item)
    assert (item.state, act.calls) == (State.GRANTED, 1)


@pytest.mark.django_db
def test_an_approved_request_that_nobody_carried_out_can_be_declined(people: People, admin: User) -> None:
    item = make_request(people["outsider"])
    services.approve(by=admin, request=item)
    with pytest.raises(RequestRefused, match="granted in the meantime"):  # from a page on which it was open
        services.decline(by=admin, request=item, text="The registry is full.")
    assert fresh(item).state == State.APPROVED
    services.decline(by=admin, request=item, text="The registry is full.", after_all=True)
    assert fresh(item).state == State.DECLINED
    with pytest.raises(RequestRefused):
        handling.mark_done(by=admin, request=item, text="Late")


@pytest.mark.django_db
def test_a_request_of_a_person_who_deleted_their_account_is_gone_for_the_worker(people: People, admin: User, new_kind: NewKind) -> None:
    act = Act()
    item = ask(people["outsider"], new_kind(act=act))
    services.approve(by=admin, request=item)
    pk = RequestAct.objects.get().pk
    Request.objects.all().delete()
    worker.act(pk)
    assert act.calls == 0
    with pytest.raises(RequestRefused, match="no longer exists"):
        services.approve(by=admin, request=item)


@pytest.mark.django_db
def test_a_request_of_a_kind_that_is_gone_can_be_declined_but_not_approved(people: People, admin: User) -> None:
    item = Request.objects.create(by=people["outsider"], kind="local.gone", title="Something", text="Please", values=[1, {"a": None}])
    with pytest.raises(RequestRefused, match="no longer knows"):
        services.approve(by=admin, request=item)
    services.decline(by=admin, request=item, text="We no longer offer this.")
    assert fresh(item).state == State.DECLINED


@pytest.mark.django_db
def test_a_new_project_is_created_once_and_led_by_the_requester(people: People, admin: User, settings: Any) -> None:
    settings.PROJECT_CREATORS = ["escape/leads"]
    about: dict[str, Any] = {"kind": "new-project", "values": {"title": "Dark skies", "summary": "About it."}}
    item = make_request(people["outsider"], **about)
    for _ in range(2):
        services.approve(by=admin, request=item)
    project = Project.objects.get(title="Dark skies")
    assert project.created_by == people["outsider"]
    assert project.memberships.get().role == "lead"
    assert fresh(item).result["url"] == project.get_absolute_url()
    with pytest.raises(RequestRefused, match="yourself"):
        make_request(people["lead"], key=uuid.uuid4(), **about)
