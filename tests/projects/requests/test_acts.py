"""Approved requests are carried out exactly once, with rights that are asked for again, or by hand."""

import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from projects.models import Project
from projects.requests import handling, services, worker
from projects.requests.approvers import Groups, Leads, Staff
from projects.requests.kinds import ActResult, RequestKind, Scope
from projects.requests.models import Request, RequestAct, RequestComment, RequestEvent
from projects.requests.services import RequestRefused
from tests.factories import make_person, make_public, make_request, make_stop, make_stranger
from vre_portal import attention
from vre_portal.audit import services as audit_services
from vre_portal.http import RemoteUnavailable
from vre_portal.iam.errors import SignInAgain
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import erasure
from vre_portal.jobs.fates import Refused
from vre_portal.jobs.holds import Stoppable
from vre_portal.jobs.lease import LeaseLost
from vre_portal.notices import services as notice_services
from vre_portal.notices.models import Event, Notice
from vre_portal.services import ServiceKind
from vre_portal.stop_switches.models import StopSwitch

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


def told_of_failure() -> list[int]:
    return list(Notice.objects.filter(event__kind="requests.failed").order_by("pk").values_list("user", flat=True))


@pytest.mark.django_db
def test_who_lost_the_right_before_it_was_done_does_nothing(people: People, new_kind: NewKind) -> None:
    act = Act()
    item = ask(people["outsider"], new_kind(act=act, approvers=Groups(("escape/leads",))))
    colleague = make_stranger("colleague", groups=["escape/leads"])
    services.approve(by=people["lead"], request=item)
    User.objects.filter(pk=people["lead"].pk).update(groups=["escape"])
    run(item)
    assert (item.state, act.calls) == (State.ACT_FAILED, 0)
    assert "may no longer decide" in RequestAct.objects.get().problem
    assert told_of_failure() == [colleague.pk]


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
    assert (item.state, act.calls) == (State.CLOSED, 0)
    assert "archived" in item.comments.get().text
    assert RequestAct.objects.get().state == "done"
    told = Notice.objects.filter(user=people["outsider"]).values_list("event__title", flat=True)
    assert list(told) == ["Closed: Test kind: Project " + project.title.removeprefix("Project ")]


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
    assert (item.state, item.needs_hand, RequestAct.objects.get().state) == (State.APPROVED, True, "waiting")
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


def waiting_for_sign_in(people: People, kind: RequestKind) -> Request:
    """A request that was approved by somebody who has to sign in again."""
    item = ask(people["outsider"], kind)
    services.approve(by=people["admin"], request=item)
    return run(item)


@pytest.fixture
def second() -> User:
    return make_stranger("second", is_staff=True)


@pytest.mark.django_db
def test_what_waits_for_a_sign_in_is_taken_on_by_another_approver(people: People, second: User, new_kind: NewKind) -> None:
    act = Act(SignInAgain("Sign in."))
    item = waiting_for_sign_in(people, new_kind(act=act))
    assert [row.url for row in attention.items(second)] == [item.get_absolute_url()]
    stale = RequestAct.objects.get()
    stale.fence = stale.attempt
    handling.retry(by=second, request=item)
    with pytest.raises(LeaseLost):  # the worker that had met the refusal says last that it waits
        stale.release(pause=60)
    handling.retry(by=people["admin"], request=item)  # nobody has it in hand yet: who pressed last is the one whose rights are used
    assert RequestAct.objects.get().by == people["admin"]
    handling.retry(by=second, request=item)
    run(item)
    assert (item.state, RequestAct.objects.get().by, act.calls) == (State.GRANTED, second, 2)


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["done", "declined", "withdrawn"])
def test_what_waits_for_a_sign_in_is_ended_by_people(people: People, second: User, new_kind: NewKind, way: str) -> None:
    act = Act(SignInAgain("Sign in."))
    item = waiting_for_sign_in(people, new_kind(act=act))
    if way == "done":
        handling.mark_done(by=second, request=item, text="Done.")
    elif way == "declined":
        services.decline(by=second, request=item, text="No.", after_all=True)
    else:
        services.withdraw(by=people["outsider"], request=item)
    run(item)
    assert (item.state, act.calls, RequestAct.objects.get().state) == ("granted" if way == "done" else way, 1, "done")


@pytest.mark.django_db
def test_a_sign_in_that_does_not_come_ends_the_waiting(people: People, admin: User, second: User, new_kind: NewKind, settings: Any) -> None:
    item = waiting_for_sign_in(people, new_kind(act=Act(SignInAgain("x"), SignInAgain("x"), SignInAgain("x"))))
    run(item)
    assert item.state == State.APPROVED
    RequestAct.objects.update(waits_since=timezone.now() - timedelta(hours=settings.REQUEST_SIGN_IN_HOURS))
    run(item)
    assert (item.state, RequestAct.objects.get().state) == (State.ACT_FAILED, "failed")
    assert "has not signed in again" in RequestAct.objects.get().problem
    assert told_of_failure() == [people["admin"].pk, second.pk]  # at first that they have to sign in, then somebody who can go on


@pytest.mark.django_db
def test_the_page_says_for_whose_sign_in_it_waits_until_they_are_erased(
    signed_in: Callable[..., Client], people: People, second: User, new_kind: NewKind
) -> None:
    User.objects.filter(pk=people["admin"].pk).update(name="Ada Approver")
    item = waiting_for_sign_in(people, new_kind(act=Act(*(SignInAgain("x") for _ in range(9)))))
    page = signed_in("admin").get(item.get_absolute_url()).content.decode()
    assert "It waits until Ada Approver signs in again" in page
    assert "Try again" in page
    assert "Withdraw request" in signed_in("outsider").get(item.get_absolute_url()).content.decode()
    erasure.erase(User.objects.get(pk=people["admin"].pk))
    stored = [list(model.objects.values()) for model in (RequestEvent, RequestAct, Event)]
    assert "Ada Approver" not in str(stored)


@pytest.mark.django_db
def test_who_lost_the_right_is_not_named_in_what_is_stored(people: People, new_kind: NewKind) -> None:
    item = ask(people["outsider"], new_kind(act=Act(), approvers=Groups(("escape/leads",))))
    services.approve(by=people["lead"], request=item)
    User.objects.filter(pk=people["lead"].pk).update(groups=["escape"])
    run(item)
    assert people["lead"].name not in str([list(RequestEvent.objects.values()), list(RequestAct.objects.values())])


@pytest.mark.django_db
def test_an_act_waits_while_its_action_is_stopped(signed_in: Callable[..., Client], people: People, admin: User, new_kind: NewKind) -> None:
    act, stop = Act(), make_stop("rucio", "escape", "changes")
    kind = new_kind(act=act, stoppable=Stoppable(ServiceKind.RUCIO, "changes", "lake"))
    item = make_request(people["outsider"], kind=kind, values={"lake": "escape"})
    assert "Upgrade of the cluster" in signed_in("admin").get(item.get_absolute_url()).content.decode()
    services.approve(by=admin, request=item)
    for _ in range(7):
        run(item)
    job = RequestAct.objects.get()
    assert (item.state, act.calls, job.tries, job.claims) == (State.APPROVED, 0, 0, 0)
    assert "Withdraw request" in signed_in("outsider").get(item.get_absolute_url()).content.decode()
    assert "Decline after all" in signed_in("admin").get(item.get_absolute_url()).content.decode()
    StopSwitch.objects.filter(pk=stop.pk).update(ended_at=timezone.now())
    assert run(item).state == State.GRANTED


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["withdraw", "decline", "done"])
def test_what_a_stop_holds_is_ended_by_people(people: People, admin: User, new_kind: NewKind, way: str) -> None:
    act = Act()
    make_stop("rucio", "escape", "changes")
    kind = new_kind(act=act, stoppable=Stoppable(ServiceKind.RUCIO, "changes", "lake"))
    item = make_request(people["outsider"], kind=kind, values={"lake": "escape"})
    services.approve(by=admin, request=item)
    run(item)
    if way == "withdraw":
        services.withdraw(by=people["outsider"], request=item)
    elif way == "decline":
        services.decline(by=admin, request=item, text="No", after_all=True)
    else:
        handling.mark_done(by=admin, request=item, text="")
    StopSwitch.objects.update(ended_at=timezone.now())
    assert run(item).state in (State.WITHDRAWN, State.DECLINED, State.GRANTED)
    assert act.calls == 0


@pytest.mark.django_db
def test_one_notice_is_sent_for_what_is_carried_out_at_once(people: People, admin: User, new_kind: NewKind) -> None:
    def told(item: Request) -> list[str]:
        rows = Notice.objects.filter(user=people["outsider"], event__group=f"request:{item.pk}", read_at=None)
        return list(rows.order_by("pk").values_list("event__title", flat=True))

    item = ask(people["outsider"], new_kind(act=Act()))
    services.approve(by=admin, request=item)
    run(item)
    assert told(item) == ["Granted: Test kind"]
    slow = ask(people["outsider"], new_kind("slow", act=Act(RemoteUnavailable("Away."), RemoteUnavailable("Away."))))
    services.approve(by=admin, request=slow)
    run(slow)
    assert told(slow) == []
    Request.objects.filter(pk=slow.pk).update(decided_at=timezone.now() - timedelta(minutes=2))
    run(slow)
    assert told(slow) == ["Approved, in progress: Test kind"]
    run(slow)
    assert told(slow) == ["Granted: Test kind"]


@pytest.mark.django_db
def test_a_failed_act_says_its_cause_to_the_requester_who_may_withdraw(
    signed_in: Callable[..., Client], people: People, admin: User, new_kind: NewKind
) -> None:
    item = ask(people["outsider"], new_kind(act=Act(Refused("No such scope."))))
    services.approve(by=admin, request=item)
    run(item)
    page = signed_in("outsider").get(item.get_absolute_url()).content.decode()
    assert "No such scope." in page
    assert "Withdraw request" in page
    signed_in("outsider").post(f"{item.get_absolute_url()}withdraw/")
    assert fresh(item).state == State.WITHDRAWN
    assert Notice.objects.filter(user=admin, event__title__contains="withdrew", read_at=None).exists()


@pytest.mark.django_db
def test_all_notices_are_written_before_the_audit_log(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who writes the log holds it until the transaction ends: a notice may have to wait for somebody who waits for the log."""
    order: list[str] = []
    tell, write = notice_services.notify, audit_services.append
    monkeypatch.setattr(notice_services, "notify", lambda *args, **facts: (order.append("notice"), tell(*args, **facts))[1])
    monkeypatch.setattr(audit_services, "append", lambda *args, **facts: (order.append("log"), write(*args, **facts))[1])
    project = make_public(slug="open", lead=people["lead"])

    def join(name: str) -> Request:
        return services.ask_to_join(by=people[name], project=project, role="member", text="Please", key=uuid.uuid4())

    item, other, third = join("outsider"), join("newcomer"), join("member")
    order.clear()
    services.grant(by=people["lead"], request=item, role="member")
    assert order == sorted(order, reverse=True)
    order.clear()
    services.close_all(project, people["lead"], "Archived.")
    assert {fresh(row).state for row in (other, third)} == {State.CLOSED}
    assert order == ["notice", "notice", "log", "log"]
