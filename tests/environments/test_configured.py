"""Environments that services.toml names."""

import pytest

from catalog.environments import configured, storing
from catalog.environments.models import Environment
from catalog.environments.storing import EnvironmentValues
from tests.environments.conftest import FILE, Write
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


def test_they_come_by_themselves_and_once(write: Write) -> None:
    write()
    configured.collect()
    configured.collect()
    assert Environment.objects.count() == 2
    found = Environment.objects.get(slug="analysis")
    assert found.current
    assert (found.name, found.for_notebooks, found.for_workflows) == ("Analysis", True, True)
    assert (found.current.imports, found.current.has_gpu, found.current.number) == (["numpy", "scipy.stats"], False, 1)
    assert found.current.packages
    plain = Environment.objects.get(slug="python-3-12")
    assert (plain.name, plain.for_notebooks, plain.for_workflows) == ("python 3.12", False, True)


def test_a_change_of_the_file_is_a_version_and_what_people_wrote_stays_until_then(write: Write, people: dict[str, User]) -> None:
    write()
    configured.collect()
    found = Environment.objects.get(slug="analysis")
    values = EnvironmentValues.of(found)
    storing.change(
        by=people["admin"],
        environment=found,
        seen=1,
        values=EnvironmentValues(**{**values.__dict__, "summary": "Mine", "owner": people["lead"]}),
    )
    configured.collect()
    assert Environment.objects.get(slug="analysis").summary == "Mine"
    write(tag="2")
    configured.collect()
    found = Environment.objects.get(slug="analysis")
    assert found.current
    assert (found.current.number, found.current.image) == (3, "ghcr.io/vre/analysis:2")
    assert found.owner == people["lead"]


def test_what_is_gone_is_old_and_comes_back(write: Write) -> None:
    write()
    configured.collect()
    write(FILE.replace('images = ["python:3.12"]', ""))
    configured.collect()
    found = Environment.objects.get(slug="python-3-12")
    assert (found.status, found.status_words) == ("old", "It is no longer in the configuration of this portal.")
    assert Environment.objects.get(slug="analysis").is_offered
    write()
    configured.collect()
    assert Environment.objects.get(slug="python-3-12").is_offered


@pytest.mark.parametrize("bad", ['title = "x"', 'image = ""', "image = 3", 'image = "a"\nnonsense = 1', 'image = "a"\nimports = ["os; x"]'])
def test_a_faulty_entry_costs_only_itself(write: Write, bad: str) -> None:
    write()
    configured.collect()
    write(FILE.replace('images = ["python:3.12"]', "") + f"[[service.options.environments]]\n{bad}\n", tag="2")
    configured.collect()
    assert Environment.objects.get(slug="python-3-12").is_offered  # it may be the faulty one
    found = Environment.objects.get(slug="analysis")
    assert found.current
    assert found.current.image.endswith(":2")
    assert Environment.objects.count() == 2


def test_a_lock_that_is_missing_is_a_faulty_entry(write: Write) -> None:
    write(packages="nowhere.txt")
    configured.collect()
    assert [row.slug for row in Environment.objects.order_by("slug")] == ["analysis", "python-3-12"]  # the hub's has no lock
    assert Environment.objects.get(slug="analysis").for_workflows is False
