"""Who uses a thing: sources fail alone, say no more than is bounded, and are asked for what one person may see."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import RequestFactory

from vre_portal import scope_owners, usage
from vre_portal.iam.models import User
from vre_portal.scope_owners import ScopeOwner
from vre_portal.services import Service, ServiceKind, service
from vre_portal.usage import MAX_OF_SOURCE, Thing, Use

pytestmark = pytest.mark.django_db
THING, NOBODY = Thing("did", "escape", "A_SP:x", ("A_SP:set",)), AnonymousUser()
Person = User | AnonymousUser


@pytest.fixture(autouse=True)
def no_sources(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the sources of each test."""
    monkeypatch.setattr(usage, "_sources", [])
    monkeypatch.setattr(scope_owners._sources, "_sources", [])


def test_uses_stand_by_kind_the_newest_first_and_once_each() -> None:
    def source(person: Person, thing: Thing) -> Iterator[Use]:
        assert (person, thing) == (NOBODY, THING)
        yield Use("run", "Run 1", "/r/1", when=datetime(2026, 1, 1, tzinfo=UTC))
        yield Use("run", "Run 2", "/r/2", when=datetime(2026, 2, 1, tzinfo=UTC))
        yield Use("project", "A project", "/p/")
        yield Use("project", "A project", "/p/", "through a collection")
        yield Use("lecture", "A lecture", "/l/")

    usage.register(source)
    found = usage.uses(NOBODY, THING)
    assert [(group.kind, [item.title for item in group.items]) for group in found.groups] == [
        ("project", ["A project"]),
        ("run", ["Run 2", "Run 1"]),
        ("lecture", ["A lecture"]),
    ]


@pytest.mark.parametrize("is_database", [True, False])
def test_a_source_that_fails_costs_only_itself_and_is_said(is_database: bool, caplog: pytest.LogCaptureFixture) -> None:
    def broken(person: Person, thing: Thing) -> Iterator[Use]:
        yield Use("run", "Lost", "/lost/")
        if is_database:
            connection.cursor().execute("select nonsense")
        raise ValueError("secret words")

    usage.register(broken, title="Runs")
    usage.register(lambda person, thing: [Use("project", "P", "/p/")], title="Projects")
    found = usage.uses(NOBODY, THING)
    assert ([item.title for item in found.items], list(found.failing)) == (["P"], ["Runs"])
    assert User.objects.count() == 0  # the database goes on answering


def test_a_source_without_end_is_cut_and_the_page_says_so() -> None:
    def endless(person: Person, thing: Thing) -> Iterator[Use]:
        number = 0
        while True:
            yield Use("run", f"Run {number}", f"/r/{number}")
            number += 1

    usage.register(endless)
    group = usage.uses(NOBODY, THING).groups[0]
    assert (len(group.items), len(group.first), group.more, group.is_cut) == (MAX_OF_SOURCE, 5, MAX_OF_SOURCE - 5, True)


def test_programs_get_the_same_uses() -> None:
    usage.register(lambda person, thing: [Use("run", "Run 1", "/r/1", "P")])
    document = usage.json_of(RequestFactory().get("/?format=json"), usage.uses(NOBODY, THING), "uses")
    assert document is not None
    assert document.content.decode() == (
        '{"items": [{"kind": "run", "title": "Run 1", "page": "/r/1", "detail": "P", "when": null}], "next": null}'
    )


def test_a_source_of_owners_that_fails_leaves_its_scopes_without_one(caplog: pytest.LogCaptureFixture) -> None:
    owner = ScopeOwner("p", "P", "/p/")

    def broken(person: Person, lake: Service) -> Iterator[tuple[str, ScopeOwner]]:
        yield "B_SP", owner
        raise ValueError

    scope_owners.register(broken)
    scope_owners.register(lambda person, lake: [("A_SP", owner)])
    assert scope_owners.owners(NOBODY, service(ServiceKind.RUCIO)) == {"A_SP": [owner]}
