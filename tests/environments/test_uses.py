"""Who uses an environment, as each reader may see it; and which environments have a piece of software."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from django.test import Client

from catalog.environments import storing
from catalog.environments.models import Environment
from catalog.environments.storing import EnvironmentValues
from catalog.software.models import Entry
from projects.models import Project, Resource, Role
from projects.workflows import environment_use
from projects.workflows.launching import offers
from projects.workflows.models import Run, Specification, SpecificationVersion
from tests.factories import make_environment, make_project, make_public, make_resource
from tests.test_wall import make_run
from vre_portal import usage
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
IMAGE = "ghcr.io/team/fit:1.0"
TEXT = "workflow: {type: serial, specification: {steps: [{environment: '%s', commands: [x]}]}}"


@pytest.fixture
def environment(people: dict[str, User]) -> Environment:
    found = make_environment("agnpy==0.5\nnumpy==2\n", slug="fit", image=IMAGE)
    for title, maker in (("Open", make_public), ("Closed", make_project)):
        project = maker(title=title, slug=title.lower(), groups={"escape/km3net": Role.VIEWER})
        make_resource(project, kind=Resource.Kind.ENVIRONMENT, service="", identifier=IMAGE)
        Specification.objects.create(project=project, name="fit", title=f"{title} fit", text=TEXT % IMAGE)
        Specification.objects.create(project=project, name="other", title=f"{title} other", text=TEXT % f"{IMAGE}.1")
    return found


def seen(client: Client, address: str = "/catalog/environments/fit/uses/?format=json") -> set[tuple[str, str]]:
    return {(item["kind"], item["title"]) for item in client.get(address).json()["items"]}


def test_each_reader_sees_what_they_may(environment: Environment, signed_in: SignIn) -> None:
    own = {("project", "Open"), ("workflow", "Open fit")}
    assert seen(signed_in("anonymous")) == own
    assert seen(signed_in("outsider")) == own
    assert seen(signed_in("member")) == own | {("project", "Closed"), ("workflow", "Closed fit")}
    page = signed_in("member").get("/catalog/environments/fit/uses/").content.decode()
    assert "Closed fit" in page


def test_runs_that_noted_their_image_are_uses(environment: Environment, people: dict[str, User], signed_in: SignIn) -> None:
    run = make_run(Project.objects.get(slug="open"), people["lead"])
    Run.objects.update(image_digests={IMAGE: f"sha256:{'1' * 64}"})
    assert ("run", str(run)) in seen(signed_in("anonymous"))
    Run.objects.update(published_at=None)
    assert ("run", str(run)) not in seen(signed_in("anonymous"))


def test_software_and_environments_lead_to_each_other(environment: Environment, signed_in: SignIn) -> None:
    facts = {"service": "ossr", "record": "1"}
    Entry.objects.create(concept="1", title="agnpy: modelling", repository="https://github.com/cosimoNigro/agnpy.git", **facts)
    Entry.objects.create(concept="2", title="NumPy", **facts)
    Entry.objects.create(concept="3", title="Other", repository="https://github.com/a/other", **facts)
    Entry.objects.create(concept="4", title="numpy", deleted=True, **facts)
    visitor = signed_in("anonymous")
    assert {item for item in seen(visitor) if item[0] == "software"} == {("software", "agnpy: modelling"), ("software", "NumPy")}
    assert seen(visitor, "/catalog/software/1/uses/?format=json") == {("environment", environment.name)}
    assert seen(visitor, "/catalog/software/3/uses/?format=json") == set()


def test_steps_are_offered_what_the_catalogue_offers(environment: Environment, people: dict[str, User]) -> None:
    project = make_project(lead=people["lead"])
    make_environment(image="ghcr.io/team/old:1", status="old")
    make_environment(image="ghcr.io/team/notebook:1", for_workflows=False, for_notebooks=True)
    found = offers.images(people["lead"], project, "")
    assert IMAGE in found
    assert not {"ghcr.io/team/old:1", "ghcr.io/team/notebook:1"} & set(found)


def test_the_images_of_workflows_are_compared_before_they_are_counted(
    environment: Environment, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "MAX_OF_SOURCE", 3)
    monkeypatch.setattr(environment_use, "MAX_OF_SOURCE", 3)
    project = Project.objects.get(slug="open")
    for number in range(5):
        Specification.objects.create(project=project, name=f"near-{number}", title=f"Near {number}", text=TEXT % f"{IMAGE}.{number}")
    for number in range(5):
        text = (TEXT % "other") + f"# {IMAGE}"
        Specification.objects.create(project=project, name=f"word-{number}", title=f"Word {number}", text=text)
    assert {item for item in seen(signed_in("anonymous")) if item[0] == "workflow"} == {("workflow", "Open fit")}


def test_an_image_with_its_scheme_is_the_same(environment: Environment, signed_in: SignIn) -> None:
    project = Project.objects.get(slug="open")
    Specification.objects.create(project=project, name="scheme", title="Scheme", text=TEXT % f"docker://{IMAGE}")
    assert ("workflow", "Scheme") in seen(signed_in("anonymous"))


def test_images_that_an_engine_found_in_its_files_count(environment: Environment, signed_in: SignIn) -> None:
    project = Project.objects.get(slug="open")
    texts = {"cwl": (IMAGE, "x"), "snakemake": (f"docker://{IMAGE}", "x"), "yadage": (f"{IMAGE}.1", IMAGE)}
    for engine, (image, command) in texts.items():
        node = {"key": "fit", "name": "fit", "environment": image, "commands": [command]}
        item = Specification.objects.create(project=project, name=engine, title=engine, text=f"workflow: {{type: {engine}, file: main}}")
        item.current = SpecificationVersion.objects.create(
            specification=item, number=1, text=item.text, reading={"engine": engine, "nodes": [node]}
        )
        item.save()
    assert {title for kind, title in seen(signed_in("anonymous")) if kind == "workflow"} == {"Open fit", "cwl", "snakemake"}


def test_an_image_of_long_ago_is_still_asked_for(environment: Environment, people: dict[str, User], signed_in: SignIn) -> None:
    for number in range(60):
        values = replace(EnvironmentValues.of(environment), image="ghcr.io/team/new:2", summary=f"Edit {number}")
        storing.change(by=people["admin"], environment=environment, seen=number + 1, values=values)
        environment = Environment.objects.get(pk=environment.pk)
    assert ("workflow", "Open fit") in seen(signed_in("anonymous"))
