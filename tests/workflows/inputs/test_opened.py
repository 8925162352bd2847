"""What is in a dataset that somebody opens is asked of the lake only where the portal lets the person into its scope."""

from typing import Any

import pytest

from datalake import rucio
from datalake.reads import reader
from projects.workflows.inputs.choices import Question
from projects.workflows.inputs.opened import Opened, choices_in
from projects.workflows.models import Specification
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
CLOSED = "KM3NET_EMBARGO_SP"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The scopes that a lake was asked about, which keeps nothing from anybody: a container may hold data of other scopes, too."""
    scopes: list[str] = []

    def listing(_lake: Any, _token: str, scope: str, *_: Any) -> rucio.ListingPage[rucio.Did]:
        scopes.append(scope)
        return rucio.ListingPage((rucio.Did("OTHER_SP", "inside.fits", "FILE", bytes=1),))

    monkeypatch.setattr(rucio, "list_content_page", listing)
    monkeypatch.setattr(reader.vault, "access_token", lambda *_args, **_options: "token")
    return scopes


@pytest.mark.parametrize(("groups", "is_open"), [(["escape", "escape/km3net-embargo"], True), (["escape"], False), ([], False)])
def test_what_is_in_a_closed_scope_is_not_asked_for(
    people: dict[str, User], specification: Specification, asked: list[str], groups: list[str], is_open: bool
) -> None:
    person, opened = people["outsider"], Opened.of(f"escape {CLOSED}:night")
    person.groups = groups
    assert opened is not None
    found = choices_in(opened, Question(person, specification.project, takes_collection=False))
    assert (len(found.rows), asked) == ((1, [CLOSED]) if is_open else (0, []))
    assert bool(found.note) is not is_open
