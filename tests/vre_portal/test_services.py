"""services.toml: several services of a kind, values from the environment, and mistakes that are named."""

import dataclasses
from pathlib import Path

import pytest

from vre_portal import services
from vre_portal.services import ServiceKind, UnknownService, read, service

FILE = """
[[service]]
kind = "rucio"
name = "escape"
title = "One lake"
url = "${FIRST}/"
audience = "rucio"
options = { hosts = ["${HOST}"], nested = { token = "${TOKEN}" } }

[[service]]
kind = "rucio"
name = "atlas"
title = "Another lake"
url = "https://two.example.org"

[[service]]
kind = "iam"
name = "iam"
title = "IAM"
url = "https://iam.example.org/"
"""
VALUES = {"FIRST": "https://one.example.org", "HOST": "storage:8443", "TOKEN": "secret"}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "services.toml"
    path.write_text(FILE)
    return path


def test_several_of_one_kind_stand_side_by_side(file: Path) -> None:
    assert [(item.kind, item.name) for item in read(file, VALUES)] == [("rucio", "escape"), ("rucio", "atlas"), ("iam", "iam")]


def test_values_come_from_the_environment_at_any_depth(file: Path) -> None:
    lake = read(file, VALUES)[0]
    assert lake.url == "https://one.example.org"
    assert lake.options == {"hosts": ["storage:8443"], "nested": {"token": "secret"}}


def test_a_slash_at_the_end_is_dropped_except_from_an_issuer(file: Path) -> None:
    found = {item.name: item.url for item in read(file, VALUES)}
    assert found["escape"] == "https://one.example.org"
    assert found["iam"] == "https://iam.example.org/"


def test_a_missing_variable_is_named(file: Path) -> None:
    with pytest.raises(ValueError, match="TOKEN"):
        read(file, {name: value for name, value in VALUES.items() if name != "TOKEN"})


def test_an_unknown_kind_is_a_mistake(file: Path) -> None:
    file.write_text(FILE.replace('"iam"', '"gopher"'))
    with pytest.raises(ValueError, match="gopher"):
        read(file, VALUES)


def test_a_value_cannot_add_a_service_or_a_variable(file: Path) -> None:
    hostile = '"\n[[service]]\nkind = "iam"\nname = "evil"\nurl = "https://evil.example.org/"\n# ${HOST}'
    found = read(file, {**VALUES, "TOKEN": hostile})
    assert len(found) == 3
    assert found[0].options["nested"]["token"] == hostile


@pytest.fixture
def configured(file: Path, settings: object, monkeypatch: pytest.MonkeyPatch) -> object:
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)
    settings.SERVICES_FILE = str(file)  # type: ignore[attr-defined]
    services._all.cache_clear()
    yield
    services._all.cache_clear()


def test_the_first_of_a_kind_is_the_default(configured: object) -> None:
    assert service(ServiceKind.RUCIO).name == "escape"
    assert service(ServiceKind.RUCIO, "atlas").title == "Another lake"


def test_an_unknown_service_says_its_name(configured: object) -> None:
    with pytest.raises(UnknownService, match="'cms'"):
        service(ServiceKind.RUCIO, "cms")
    with pytest.raises(UnknownService, match="No tap service is configured"):
        service(ServiceKind.TAP)


def test_a_service_cannot_be_changed_and_can_be_a_key(file: Path) -> None:
    lake = read(file, VALUES)[0]
    assert {lake: 1}[lake] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        lake.url = "https://evil.example.org"  # type: ignore[misc]
