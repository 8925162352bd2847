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
    with pytest.raises(UnknownService, match="“cms”"):
        service(ServiceKind.RUCIO, "cms")
    with pytest.raises(UnknownService, match="No tap service is configured"):
        service(ServiceKind.TAP)


def test_a_service_cannot_be_changed_and_can_be_a_key(file: Path) -> None:
    lake = read(file, VALUES)[0]
    assert {lake: 1}[lake] == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        lake.url = "https://evil.example.org"  # type: ignore[misc]


GOOD = '[[service]]\nkind = "tap"\nname = "{}"\ntitle = "T"\nurl = "https://x.example.org"\n'
BAD = {
    "no kind": 'name = "bad"\ntitle = "T"\nurl = "https://x.example.org"',
    "no name": 'kind = "tap"\ntitle = "T"\nurl = "https://x.example.org"',
    "a name that no address can hold": 'kind = "tap"\nname = "My lake/1"\ntitle = "T"\nurl = "https://x.example.org"',
    "a number for a title": 'kind = "tap"\nname = "bad"\ntitle = 5\nurl = "https://x.example.org"',
    "no address": 'kind = "tap"\nname = "bad"\ntitle = "T"\nurl = "x.example.org"',
    "half an address": 'kind = "tap"\nname = "bad"\ntitle = "T"\nurl = "http://[::1"',
    "an option in the wrong place": 'kind = "tap"\nname = "bad"\ntitle = "T"\nurl = "https://x.example.org"\nhosts = ["a"]',
    "options that are a text": 'kind = "tap"\nname = "bad"\ntitle = "T"\nurl = "https://x.example.org"\noptions = "x"',
    "a name that is taken": 'kind = "tap"\nname = "good0"\ntitle = "T"\nurl = "https://x.example.org"',
}


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("bad", BAD)
def test_a_faulty_entry_is_named_wherever_it_stands(tmp_path: Path, bad: str, place: int) -> None:
    entries = [GOOD.format("good0"), GOOD.format("good1")]
    entries.insert(max(place, bad == "a name that is taken"), f"[[service]]\n{BAD[bad]}\n")
    (tmp_path / "services.toml").write_text("\n".join(entries))
    with pytest.raises(ValueError, match=rf"services.toml cannot be used: entry {max(place, bad == 'a name that is taken') + 1} "):
        read(tmp_path / "services.toml", {})


def test_all_faulty_entries_are_named_at_once(tmp_path: Path) -> None:
    (tmp_path / "services.toml").write_text("\n".join(f"[[service]]\n{text}\n" for text in BAD.values()))
    with pytest.raises(ValueError, match=r"entry 1 .*entry 2 .*entry 8 ") as error:
        read(tmp_path / "services.toml", {})
    assert "entry 9" not in str(error.value)  # a name that is taken only where another has it
