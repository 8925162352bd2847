"""Environments as they are stored: each change is a version."""

from dataclasses import replace

import pytest

from catalog.environments import lists, storing
from catalog.environments.models import Environment, EnvironmentVersion, PackageList
from catalog.environments.storing import ChangedMeanwhile, EnvironmentValues
from tests.factories import make_environment
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db


def test_what_is_left_empty_is_read_from_the_packages() -> None:
    found = make_environment("numpy==2.1.0\n")
    assert found.current
    assert (found.current.languages, found.current.python) == (["Python"], "")
    conda = "dependencies:\n- python=3.12.4\n- r-base=4.4\n"
    made = make_environment(conda)
    assert made.current
    assert (made.current.languages, made.current.python) == (["Python", "R"], "3.12.4")


def test_the_same_text_is_one_list() -> None:
    lists.store("a==1\n")
    assert lists.store("a==1\n").packages.count() == 1
    assert PackageList.objects.count() == 1


def test_each_change_is_a_version_and_no_change_is_none(people: dict[str, User]) -> None:
    found = make_environment("numpy==2.0\n", name="Analysis")
    values = EnvironmentValues.of(found)
    assert not storing.change(by=people["admin"], environment=found, seen=1, values=values)
    better = replace(values, packages=lists.store("numpy==2.1\n"), note="newer numpy")
    assert storing.change(by=people["admin"], environment=found, seen=1, values=better)
    found.refresh_from_db()
    assert found.current
    assert (found.current.number, found.current.changes, found.current.note) == (2, ["packages"], "newer numpy")
    assert [row.number for row in found.versions.all()] == [2, 1]
    with pytest.raises(ChangedMeanwhile):
        storing.change(by=people["admin"], environment=found, seen=1, values=replace(better, name="Other"))
    assert Environment.objects.get().name == "Analysis"


def test_what_the_registry_said_stays_with_the_same_image(people: dict[str, User]) -> None:
    found = make_environment()
    told = {"registry_state": EnvironmentVersion.Registry.TOLD, "digest": f"sha256:{'1' * 64}", "size": 5}
    EnvironmentVersion.objects.update(**told)
    found = Environment.objects.get()
    values = EnvironmentValues.of(found)
    storing.change(by=people["admin"], environment=found, seen=1, values=replace(values, summary="x"))
    storing.change(by=people["admin"], environment=found, seen=2, values=replace(values, image="a/b:2"))
    newest, second, _first = EnvironmentVersion.objects.all()
    assert (second.digest, second.size, second.registry_state) == (told["digest"], 5, "told")
    assert (newest.digest, newest.size, newest.registry_state) == ("", None, "waiting")
    assert second.pinned.endswith(f":1.0@{told['digest']}")


def test_names_make_addresses_that_are_free() -> None:
    assert [make_environment(name=name).slug for name in ("A b", "A b", "χψ")] == ["a-b", "a-b-2", "environment"]
