"""Environments of services.toml that cannot be taken over as they stand: each costs only itself, and administrators are told."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client

from catalog.environments import configured, lists, storing
from catalog.environments.models import Environment
from catalog.environments.storing import EnvironmentValues
from tests.environments.conftest import FILE, Write
from tests.factories import make_environment
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
PLAIN = 'images = ["python:3.12"]'
ENTRY = "[[service.options.environments]]\n"
WITHOUT_PLAIN = FILE.replace(PLAIN, "")


def collected(write: Write, text: str = FILE, **options: str) -> list[str]:
    write(text, **options)
    configured.collect()
    return configured.known_problems()


def state(slug: str) -> tuple[str, str]:
    """Status and image."""
    found = Environment.objects.select_related("current").get(slug=slug)
    return found.status, found.current.image if found.current else ""


def test_what_nobody_foresaw_costs_only_itself(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    create = storing.create

    def fails(**options: Any) -> Environment:
        if options["slug"] == "analysis":
            raise RuntimeError("odd")
        return create(**options)

    monkeypatch.setattr(storing, "create", fails)
    assert collected(write) == ["analysis cannot be taken over: RuntimeError. The log has more."]
    assert [row.slug for row in Environment.objects.all()] == ["python-3-12"]


def test_a_lock_that_nobody_foresaw_costs_only_its_entry(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise RecursionError

    monkeypatch.setattr(lists, "store", fails)
    assert collected(write) == ["an environment of reana cannot be used: RecursionError. The log has more."]
    assert Environment.objects.filter(slug="python-3-12").exists()


@pytest.mark.parametrize("name", ["Анализ", "---", "new"])
def test_a_name_without_an_address_is_faulty(write: Write, name: str) -> None:
    (problem,) = collected(write, FILE + f'{ENTRY}name = "{name}"\nimage = "a"\n')
    assert "a needs another name" in problem
    assert Environment.objects.count() == 2


def test_a_long_name_is_one_environment_however_often_it_is_read(write: Write) -> None:
    text = FILE + f'{ENTRY}name = "{"a" * 69}-b"\nimage = "a"\n'
    assert collected(write, text) == collected(write, text) == []
    assert Environment.objects.filter(slug="a" * 69).count() == Environment.objects.count() - 2 == 1


def test_what_people_added_under_that_name_is_not_overwritten(write: Write, people: dict[str, User]) -> None:
    make_environment(slug="analysis", image="ghcr.io/own/image:1", owner=people["lead"])
    (problem,) = collected(write)
    assert "people have added an environment of that name" in problem
    assert state("analysis") == ("offered", "ghcr.io/own/image:1")
    assert not Environment.objects.filter(slug="analysis-2").exists()
    collected(write, FILE.split(ENTRY)[0])
    assert state("analysis") == ("offered", "ghcr.io/own/image:1")


@pytest.mark.parametrize("is_before", [True, False])
def test_one_that_was_withdrawn_stays_withdrawn(write: Write, people: dict[str, User], *, is_before: bool) -> None:
    def withdraw() -> None:
        found = Environment.objects.get(slug="python-3-12")
        values = replace(EnvironmentValues.of(found), status="withdrawn")
        storing.change(by=people["admin"], environment=found, seen=found.current.number if found.current else 0, values=values)

    collected(write)
    if is_before:
        withdraw()
    collected(write, WITHOUT_PLAIN)
    if not is_before:
        withdraw()
    collected(write)
    assert state("python-3-12")[0] == "withdrawn"


def test_an_entry_that_becomes_faulty_leaves_its_environment_as_it_is(write: Write) -> None:
    collected(write)
    assert len(collected(write, tag="2", packages="nowhere.txt")) == 1
    found = Environment.objects.get(slug="analysis")
    assert (found.name, found.for_workflows, state("analysis")[1]) == ("Analysis", True, "ghcr.io/vre/analysis:1")
    assert collected(write, tag="2") == []
    assert state("analysis")[1] == "ghcr.io/vre/analysis:2"


def test_a_second_image_of_one_name_is_told_to_administrators(write: Write, signed_in: Callable[[str], Client]) -> None:
    (problem,) = collected(write, FILE + f'{ENTRY}name = "analysis"\nimage = "other/image:1"\n')
    assert problem.startswith("other/image:1 of hub is not offered: analysis is already the name of ghcr.io/vre/analysis:1.")
    assert state("analysis")[1] == "ghcr.io/vre/analysis:1"
    address = "/catalog/environments/"
    assert "other/image:1 of hub is not offered" in signed_in("admin").get(address).content.decode()
    assert "is not offered" not in signed_in("lead").get(address).content.decode()
    analysis = Environment.objects.get(slug="analysis")
    assert (analysis.for_notebooks, analysis.for_workflows) == (True, True)
    assert collected(write) == []
    assert "is not offered" not in signed_in("admin").get(address).content.decode()
