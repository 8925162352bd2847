"""Accounts that are deleted while others change the people of the same projects."""

import threading
import uuid
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from projects.lifecycle import services as lifecycle
from projects.models import Membership, Role
from projects.people import services as people
from projects.people.services import PeopleChangeRefused
from projects.requests import services as requests
from projects.requests.models import Request
from tests.factories import make_person, make_project
from tests.projects.test_locking import is_waiting, run_meanwhile
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import erasure

pytestmark = pytest.mark.django_db(transaction=True)


def at_once(*acts: Callable[[], object]) -> list[str]:
    """What became of acts that begin at the same moment."""
    outcomes, barrier = [""] * len(acts), threading.Barrier(len(acts))

    def attempt(place: int) -> None:
        try:
            barrier.wait()
            acts[place]()
            outcomes[place] = "done"
        except (erasure.NotYet, PeopleChangeRefused, requests.RequestRefused):
            outcomes[place] = "refused"
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is what this test looks for
            outcomes[place] = repr(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(place,)) for place in range(len(acts))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


@pytest.mark.parametrize("other", ["delete the account", "leave", "become a member"])
def test_two_leads_who_go_at_once_leave_one(other: str) -> None:
    first, second = make_person("lead"), make_person("physicist")
    project = make_project(slug="two-leads", lead=first)
    line = Membership.objects.create(project=project, user=second, role=Role.LEAD)
    acts = {
        "delete the account": lambda: erasure.erase(second),
        "leave": lambda: people.leave(by=second, project=project),
        "become a member": lambda: people.change_role(by=second, project=project, pk=line.pk, role=Role.MEMBER),
    }
    assert sorted(at_once(lambda: erasure.erase(first), acts[other])) == ["done", "refused"]
    assert Membership.objects.filter(project=project, role=Role.LEAD, user__is_active=True).count() == 1


@pytest.mark.parametrize("answers", [True, False])
def test_who_is_let_in_while_their_account_is_deleted_blocks_nobody(answers: bool) -> None:
    lead, asker = make_person("lead"), make_person("student")
    project = make_project(slug="asked", lead=lead, visibility="public")
    request = requests.ask_to_join(by=asker, project=project, role=Role.MEMBER, text="Please", key=uuid.uuid4())

    def let_in() -> None:
        if answers:
            requests.grant(by=lead, request=request, role=Role.MEMBER)
        else:
            people.add_person(by=lead, project=project, user=asker, role=Role.MEMBER)

    outcomes = at_once(lambda: erasure.erase(asker), let_in)
    assert outcomes[0] == "done"
    assert "deadlock" not in outcomes[1]
    assert not Membership.objects.filter(project=project, user__is_active=False).exists()


def test_a_request_is_closed_with_its_project_or_deleted_with_its_person() -> None:
    lead, asker = make_person("lead"), make_person("student")
    project = make_project(slug="asked", lead=lead, visibility="public")
    requests.ask_to_join(by=asker, project=project, role=Role.MEMBER, text="Please", key=uuid.uuid4())
    acts = (lambda: erasure.erase(asker), lambda: lifecycle.archive(by=lead, project=project))
    assert at_once(*acts) == ["done", "done"]
    assert not Request.objects.exists()


def test_a_person_who_asks_while_their_account_is_deleted_blocks_nobody() -> None:
    lead, asker = make_person("lead"), make_person("student")
    project = make_project(slug="asked", lead=lead, visibility="public")
    requests.ask_to_join(by=asker, project=project, role=Role.MEMBER, text="Please", key=uuid.uuid4())
    other = make_project(slug="other", lead=lead, visibility="public")
    ask = {"by": asker, "project": other, "role": Role.MEMBER, "text": "Please"}
    outcomes = at_once(lambda: erasure.erase(asker), lambda: requests.ask_to_join(**ask, key=uuid.uuid4()))
    assert outcomes[0] == "done"
    assert "deadlock" not in outcomes[1]


def test_a_deletion_waits_for_who_changes_the_project() -> None:
    lead = make_person("lead")
    project = make_project(slug="waiting", lead=lead)
    other = make_person("physicist")
    Membership.objects.create(project=project, user=other, role=Role.LEAD)

    def other_leaves() -> None:
        Membership.objects.filter(project=project, user=other).delete()

    assert "only lead" in run_meanwhile(project, lambda: erasure.erase(lead), other_leaves)
    assert User.objects.get(pk=lead.pk).is_active


def test_nobody_is_added_whose_account_was_deleted_meanwhile() -> None:
    lead, newcomer = make_person("lead"), make_person("newcomer")
    project = make_project(slug="adding", lead=lead)
    outcome: list[str] = []

    def add() -> None:
        outcome.extend(at_once(lambda: people.add_person(by=lead, project=project, user=newcomer, role=Role.MEMBER)))

    thread = threading.Thread(target=add)
    with transaction.atomic():
        erasure.erase(newcomer)  # its row is locked, and others still see it as it was
        thread.start()
        while thread.is_alive() and not is_waiting():
            thread.join(0.01)
    thread.join()
    assert outcome == ["refused"]
    assert not Membership.objects.filter(project=project, user=newcomer).exists()
