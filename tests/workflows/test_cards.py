"""Cards of workflows: engine and steps in a few lines, for each engine, however many steps there are."""

from collections.abc import Callable

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from projects.workflows.engines import stored
from projects.workflows.engines.reading import Node, Reading
from projects.workflows.models import Run, Specification, SpecificationVersion

SNAKEMAKE = "workflow: {type: snakemake, file: Snakefile}"


def add_snakemake(run: Run, name: str) -> Specification:
    nodes = tuple(Node(f"{rule}-1", rule, environment="docker://image") for rule in ("gather", "fit"))
    item = Specification.objects.create(project=run.project, name=name, title=name, text=SNAKEMAKE)
    reading = stored.to_json(Reading("snakemake", nodes=nodes))
    item.current = SpecificationVersion.objects.create(specification=item, number=1, text=SNAKEMAKE, reading=reading)
    item.save()
    return item


def test_a_card_names_the_steps_that_the_engine_read(signed_in: Callable[[str], Client], run: Run) -> None:
    add_snakemake(run, "rules")
    page = signed_in("lead").get(f"/projects/{run.project.slug}/workflows/").content.decode()
    assert "Snakemake</bdi> · 2 steps" in page
    assert "gather" in page


def test_a_card_of_many_steps_names_the_first(signed_in: Callable[[str], Client], run: Run) -> None:
    steps = ", ".join(f"{{name: part{number}, environment: image, commands: [x]}}" for number in range(60))
    Specification.objects.filter(pk=run.specification_id).update(text=f"workflow: {{type: serial, specification: {{steps: [{steps}]}}}}")
    page = signed_in("lead").get(f"/projects/{run.project.slug}/workflows/").content.decode()
    assert "Serial</bdi> · 60 steps" in page
    assert "and 56 more steps" in page
    assert "part3" in page
    assert "part4" not in page


def test_cards_ask_the_same_for_one_workflow_and_for_several(signed_in: Callable[[str], Client], run: Run) -> None:
    client, address = signed_in("lead"), f"/projects/{run.project.slug}/workflows/"
    add_snakemake(run, "first")
    client.get(address)
    with CaptureQueriesContext(connection) as one:
        client.get(address)
    for number in range(3):
        add_snakemake(run, f"more-{number}")
    with CaptureQueriesContext(connection) as several:
        client.get(address)
    assert len(several) == len(one)
