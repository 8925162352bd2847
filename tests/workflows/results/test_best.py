"""Results are ordered over all pages, and by the number that the project's editors chose: for each reader among the results that they see."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from projects.models import Membership, Project, Role
from projects.workflows.models import BestNumber, Result, Run, RunOrigin, RunValue, Specification
from projects.workflows.models.label import result_values
from projects.workflows.results import cards
from tests.factories import make_project
from tests.test_page_costs import MOST, asked_by
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

SignIn = Callable[[str], Client]
pytestmark = pytest.mark.django_db


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    made = make_project(lead=people["lead"])
    for name, role in (("member", Role.MEMBER), ("outsider", Role.EDITOR)):
        Membership.objects.create(project=made, user=people[name], role=role)
    return made


def present(project: Project, by: User, number: int, *scopes: str, workflow: str = "s", **numbers: float) -> Run:
    facts = {"title": workflow.upper(), "text": "x"}
    specification, _ = Specification.objects.get_or_create(project=project, name=workflow, defaults=facts)
    run = Run.objects.create(
        project=project, number=number, by=by, specification=specification, text="x", key=uuid.uuid4(), server="reana", name=Run.new_name(),
        status=Run.Status.FINISHED, finished_at=timezone.now(), collected_at=timezone.now(), listed_at=timezone.now(),
    )  # fmt: skip
    RunOrigin.objects.bulk_create([RunOrigin(run=run, lake="escape", scope=scope) for scope in scopes])
    RunValue.objects.bulk_create(result_values(run, [(name, value, f"{value}") for name, value in numbers.items()]))
    Result.objects.present(run, title=f"Fit {number}")
    return run


def titles(client: Client, address: str) -> list[str]:
    """Of all pages, one after the other."""
    found: list[str] = []
    following: str | None = address
    while following:
        page = client.get(following).context["results"]
        found += [card.title for card in page.cards]
        following = page.next_url
    return found


def test_best_first_is_kept_from_page_to_page(
    signed_in: SignIn, project: Project, people: dict[str, User], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cards, "PAGE", 2)
    for number, chi2 in enumerate([3.0, 1.0, 2.0, 5.0, 4.0], start=1):
        present(project, people["lead"], number, chi2=chi2)
    present(project, people["lead"], 6, other=1.0)
    client, address = signed_in("outsider"), f"/projects/{project.slug}/results/"
    assert "chi2" in str(client.get(f"{address}?page_size=1").context["results"].orders)
    assert client.post(f"{address}best/", {"name": "chi2", "direction": "smaller"}).headers["Location"] == f"{address}?sort=best"
    assert titles(client, f"{address}?sort=best") == ["Fit 2", "Fit 3", "Fit 1", "Fit 5", "Fit 4", "Fit 6"]
    client.post(f"{address}best/", {"name": "chi2", "direction": "larger"})
    assert titles(client, f"{address}?sort=best") == ["Fit 4", "Fit 5", "Fit 1", "Fit 3", "Fit 2", "Fit 6"]
    assert titles(client, address)[0] == "Fit 6"
    text = client.get(f"{address}?sort=best").content.decode()
    assert '<option value="best" selected>best first: highest chi2</option>' in text
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"result.best"}
    client.post(f"{address}best/", {"name": "", "direction": "larger"})
    assert titles(client, f"{address}?sort=best")[0] == "Fit 6"
    assert not BestNumber.objects.exists()


def test_each_workflow_has_its_own_number_and_direction(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    for number, chi2 in enumerate([2.0, 1.0, 3.0], start=1):
        present(project, people["lead"], number, workflow="fit", chi2=chi2, other=0.0)
    for number, events in enumerate([7.0, 9.0], start=4):
        present(project, people["lead"], number, workflow="count", chi2=0.0, events=events)
    client, address = signed_in("outsider"), f"/projects/{project.slug}/results/"
    page = client.get(f"{address}best/").content.decode().replace("<bdi>", "").replace("</bdi>", "")
    assert "<h3>COUNT</h3>" in page
    assert "<h3>FIT</h3>" in page
    assert page.count('<option value="events">') == 1
    assert client.post(f"{address}best/", {"name": "chi2", "direction": "smaller"}).status_code == 422  # of which workflow?
    wrong = {"workflow": "fit", "name": "events", "direction": "larger"}
    assert client.post(f"{address}best/", wrong).status_code == 422
    client.post(f"{address}best/", {"workflow": "fit", "name": "chi2", "direction": "smaller"})
    answer = client.post(f"{address}best/", {"workflow": "count", "name": "events", "direction": "larger"})
    assert answer.headers["Location"] == f"{address}?sort=best%3Acount"
    assert titles(client, f"{address}?sort=best:fit") == ["Fit 2", "Fit 1", "Fit 3", "Fit 5", "Fit 4"]
    assert titles(client, f"{address}?sort=best:count") == ["Fit 5", "Fit 4", "Fit 3", "Fit 2", "Fit 1"]
    assert "FIT, best first: lowest chi2" in client.get(address).content.decode()
    assert {card.title: card.figures[0].label for card in client.get(address).context["results"].cards} == {
        "Fit 1": "chi2", "Fit 2": "chi2", "Fit 3": "chi2", "Fit 4": "events", "Fit 5": "events",
    }  # fmt: skip


def test_the_best_number_stands_first_on_a_card(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    present(project, people["lead"], 1, a=1.0, b=2.0, c=3.0, chi2=4.0)
    BestNumber.objects.create(specification=project.specifications.get(), name="chi2")
    [card] = signed_in("member").get(f"/projects/{project.slug}/results/").context["results"].cards
    assert [figure.label for figure in card.figures] == ["chi2", "a", "b"]


def test_editors_choose_among_numbers_that_there_are(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    address = f"/projects/{project.slug}/results/"
    assert "No result that you can see has a headline number yet." in signed_in("lead").get(f"{address}best/").content.decode()
    present(project, people["lead"], 1, chi2=1.0)
    assert signed_in("lead").post(f"{address}best/", {"name": "nosuch", "direction": "larger"}).status_code == 422
    assert signed_in("lead").post(f"{address}best/", {"name": "chi2", "direction": "sideways"}).status_code == 422
    assert signed_in("member").post(f"{address}best/", {"name": "chi2", "direction": "larger"}).status_code == 403
    assert not BestNumber.objects.exists()
    for name, sees in (("lead", True), ("outsider", True), ("member", False)):
        assert (f'href="{address}best/"' in signed_in(name).get(address).content.decode()) == sees


def test_a_number_of_results_for_fewer_people_is_named_to_these_alone(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    present(project, people["lead"], 1, chi2=1.0)
    present(project, people["lead"], 2, "KM3NET_EMBARGO_SP", secretmass=2.0)
    BestNumber.objects.create(specification=project.specifications.get(), name="secretmass")
    address = f"/projects/{project.slug}/results/"
    for where in ("", "?sort=best", "?sort=-r:secretmass", "best/"):
        assert ("secretmass" in signed_in("lead").get(f"{address}{where}").content.decode()) is True
    for where in ("", "?sort=best", "best/"):
        assert "secretmass" not in signed_in("outsider").get(f"{address}{where}").content.decode()
    BestNumber.objects.update(is_larger_better=False)
    ((form,), (own,)) = (signed_in(name).get(f"{address}best/").context["forms"] for name in ("outsider", "lead"))
    assert (form.initial, form["direction"].value()) == ({"workflow": "s"}, "larger")  # nothing says that a number was chosen
    assert own.initial == {"workflow": "s", "name": "secretmass", "direction": "smaller"}
    assert signed_in("outsider").post(f"{address}best/", {"name": "secretmass", "direction": "larger"}).status_code == 422


@pytest.mark.parametrize("sort", ["best", "r:nosuch", "-r:chi2", "oldest", "x" * 300, "r:\x00"])
def test_any_order_shows_all_results(signed_in: SignIn, project: Project, people: dict[str, User], sort: Any) -> None:
    for number in (1, 2):
        present(project, people["lead"], number, chi2=float(number))
    reply = signed_in("lead").get(f"/projects/{project.slug}/results/", {"sort": sort})
    assert reply.status_code in (200, 400)
    if reply.status_code == 200:
        assert len(reply.context["results"].cards) == 2


def test_the_page_asks_the_same_for_one_result_and_for_many(signed_in: SignIn, project: Project, people: dict[str, User]) -> None:
    first = present(project, people["lead"], 20, chi2=0.0)
    BestNumber.objects.create(specification=first.specification, name="chi2")
    address, client, costs = f"/projects/{project.slug}/results/?sort=best", signed_in("lead"), []
    for numbers in (range(1, 3), range(3, 20)):
        for number in numbers:
            present(project, people["lead"], number, **{"chi2": float(number), f"own{number}": 1.0})
        costs.append(len(asked_by(client, address)))
    assert costs[0] == costs[1] <= MOST
