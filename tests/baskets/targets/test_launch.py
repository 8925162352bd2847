"""Items of a basket become inputs of a workflow: those that fit, for those who may launch it."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from datalake.index import store
from datalake.index.models import IndexedScope
from projects.baskets import launch_views, services
from projects.baskets.models import Basket, BasketItem
from projects.models import Project, Role
from projects.workflows.models import RunFile, Specification
from tests.baskets.test_things import make_run
from tests.datalake.index.entries import fact
from tests.factories import make_public
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
SignIn = Callable[[str], Client]
SCOPE = "KM3NET_ECAP_SP"
HOSTILE = 'it\'s "a" <b>&i-0=x .fits'
TEXT = """\
inputs:
  files: [events.fits]
  directories: [all]
workflow:
  type: serial
  specification: {steps: [{environment: 'python:3', commands: [ls]}]}
"""


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_public(slug="moon", title="Moon", lead=people["lead"], groups={"escape/km3net": Role.VIEWER})


@pytest.fixture
def specification(project: Project) -> Specification:
    data = {path: {"lake": "escape", "did": f"{SCOPE}:{path}"} for path in ("events.fits", "all")}
    return Specification.objects.create(project=project, name="fit", title="Fit <b>", text=TEXT, data=data)


def basket_of(person: User, things: list[tuple[str, str]]) -> Basket:
    scope, _is_new = IndexedScope.objects.get_or_create(lake="escape", name=SCOPE)
    store.save_facts(scope, [fact("night.fits"), fact(HOSTILE), fact("runs", type="DATASET")])
    basket = services.create("Paper", by=person)
    BasketItem.objects.bulk_create(
        BasketItem(basket=basket, kind=kind, value=value, title=value, position=n) for n, (kind, value) in enumerate(things)
    )
    return basket


DATA = [("did", f"escape:{SCOPE}:{name}") for name in ("night.fits", HOSTILE, "runs")]


def options(page: str, number: int) -> list[str]:
    """The names that an input offers, without the first, which is none."""
    found: Any = re.search(rf'name="i-{number}".*?</select>', page, re.DOTALL)
    return [text.strip() for text in re.findall(r"<option[^>]*>(.*?)</option>", found[0], re.DOTALL)][1:]


def test_each_input_offers_what_fits(signed_in: SignIn, people: dict[str, User], project: Project, specification: Specification) -> None:
    run = make_run(project, people["lead"])
    RunFile.objects.filter(run=run, path="plots/a:b.png").update(state=RunFile.State.COPIED, sha256="0" * 64, file="x")
    basket, lead = (
        basket_of(people["lead"], [*DATA, ("output", f"{run.pk}:plots/a:b.png"), ("project", str(project.pk))]),
        signed_in("lead"),
    )
    address = f"/basket/{basket.pk}/as/launch/"
    page = lead.get(address).content.decode()
    assert "Fit &lt;b&gt;" in page
    page = lead.get(f"{address}?workflow={specification.pk}").content.decode()
    assert "These are neither" in page
    folder, file = options(page, 0), options(page, 1)
    assert [name.partition(":")[2] for name in folder] == ["night.fits", "it&#x27;s &quot;a&quot; &lt;b&gt;&amp;i-0=x .fits", "runs"]
    assert [name.partition(":")[2] for name in file[:1]] == ["night.fits"]
    assert len(file) == 3
    assert "runs" not in "".join(name.partition(":")[2] for name in file[:2])


def test_the_launch_form_opens_with_the_choice(
    signed_in: SignIn, people: dict[str, User], project: Project, specification: Specification
) -> None:
    basket, lead = basket_of(people["lead"], DATA), signed_in("lead")
    query = {"workflow": specification.pk, "i-0": f"did:escape:{SCOPE}:runs", "i-1": f"did:escape:{SCOPE}:{HOSTILE}", "go": "1"}
    answer = lead.get(f"/basket/{basket.pk}/as/launch/", query)
    parts = urlsplit(answer["Location"])
    fields = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert parts.path == "/projects/moon/workflows/new/"
    assert fields["specification"] == "fit"
    assert (fields["i-0"], fields["i-1"]) == (f"{SCOPE}:runs", f"{SCOPE}:{HOSTILE}")
    page = lead.get(answer["Location"]).content.decode()
    assert f"{SCOPE}:runs" in page
    other = {**query, "i-1": f"did:escape:{SCOPE}:not-in-the-basket"}
    assert "not-in-the-basket" not in lead.get(f"/basket/{basket.pk}/as/launch/", other)["Location"]


def test_workflows_without_inputs_take_no_place_in_the_list(
    signed_in: SignIn, people: dict[str, User], project: Project, specification: Specification, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch_views, "MAX_WORKFLOWS", 1)
    Specification.objects.create(project=project, name="bare", title="A bare one", text=TEXT)
    address = f"/basket/{basket_of(people['lead'], DATA).pk}/as/launch/"
    page = signed_in("lead").get(address).content.decode()
    assert "Fit &lt;b&gt;" in page
    assert "A bare one" not in page
    assert "The first 1 are listed" not in page
    Specification.objects.create(project=project, name="last", title="Last one", text=TEXT, data=specification.data)
    page = signed_in("lead").get(address).content.decode()
    assert "Last one" not in page
    assert "The first 1 are listed" in page


def test_only_who_may_launch_it_chooses_a_workflow(signed_in: SignIn, people: dict[str, User], specification: Specification) -> None:
    for name in ("outsider", "member"):
        basket = basket_of(people[name], DATA)
        page = signed_in(name).get(f"/basket/{basket.pk}/as/launch/").content.decode()
        assert "Fit" not in page
        assert signed_in(name).get(f"/basket/{basket.pk}/as/launch/?workflow={specification.pk}").status_code == 404
    assert signed_in("lead").get(f"/basket/{basket.pk}/as/launch/").status_code == 404
