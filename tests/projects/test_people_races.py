"""Two leads at once: whatever they take from each other, one of them stays."""

import threading

import pytest
from django.db import connection

from projects.models import Membership, Project, Role
from projects.people import services
from tests.factories import make_person, make_project
from vre_portal.iam.models import User


def take_at_once(way: str, project: Project, pair: list[User]) -> list[str]:
    """Both act at one moment; what was refused."""
    lines = [Membership.objects.get(project=project, user=user).pk for user in pair]
    together, refused = threading.Barrier(2), []

    def act(number: int) -> None:
        line = lines[number if way == "leave" else 1 - number]
        together.wait()
        try:
            if way == "demote":
                services.change_role(by=pair[number], project=project, pk=line, role=Role.VIEWER)
            else:
                services.remove(by=pair[number], project=project, pk=line)
        except services.PeopleChangeRefused as why:
            refused.append(str(why))
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return refused


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("way", ["remove", "demote", "leave"])
def test_of_leads_who_remove_each_other_at_once_one_stays(way: str) -> None:
    for _ in range(5):
        pair = [make_person("lead"), make_person("member")]
        project = make_project(lead=pair[0])
        Membership.objects.create(project=project, user=pair[1], role=Role.LEAD)
        assert len(take_at_once(way, project, pair)) == 1
        assert project.memberships.filter(role=Role.LEAD).count() == 1
