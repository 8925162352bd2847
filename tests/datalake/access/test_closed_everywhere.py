"""Names of a restricted scope stand on no page of somebody who may not see it, by whatever door the page asks the lake."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datalake.operations import services, worker
from datalake.operations.kinds.collections import Content
from datalake.operations.kinds.rules import MakeAvailable
from datalake.reads import scopes
from datalake.reads.reader import LakeReader
from datalake.reads.scopes import Visitor
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service

pytestmark = [pytest.mark.django_db, pytest.mark.integration("rucio", "iam")]
SCOPE, DATASET, FILE = "KM3NET_EMBARGO_SP", "Candidates.Mrk421.simulated", "candidates_mrk421_simulated.ecsv"
LAKE = "/datalake/escape/"
WIZARD = f"{LAKE}make-available/?step=check&rse=DEMO-BOLOGNA&copies=1&days=30&did={SCOPE}:"


@pytest.fixture
def rule(visitor: Callable[[str], Client]) -> str:
    """The one on the restricted dataset, as its owner finds it."""
    items = visitor("lead").get(f"{LAKE}rules/?of=all&scope={SCOPE}&format=json").json()["items"]
    return str(items[0]["id"])


@pytest.mark.parametrize("name", [FILE, DATASET])
def test_its_own_page_says_that_it_is_restricted_and_who_decides(visitor: Callable[[str], Client], name: str) -> None:
    page = visitor("lead").get(f"{LAKE}did/{SCOPE}/{name}").content.decode()
    assert 'data-state="restricted"' in page
    assert f'href="{LAKE}access/scopes/{SCOPE}/"' in page


@pytest.mark.parametrize("query", ["of=all", "of=all&format=json", f"of=all&scope={SCOPE}&format=json", f"of=all&scope={SCOPE}&format=csv"])
def test_the_list_of_rules_leaves_it_out(visitor: Callable[[str], Client], query: str) -> None:
    reply = visitor("member").get(f"{LAKE}rules/?{query}")
    assert reply.status_code == 200
    assert DATASET not in reply.content.decode()


@pytest.mark.parametrize("path", ["", "?format=json", "?format=csv", "why/", "why/?format=json"])
def test_a_rule_on_it_is_as_closed_as_what_it_holds(visitor: Callable[[str], Client], rule: str, path: str) -> None:
    reply = visitor("member").get(f"{LAKE}rules/{rule}/{path}")
    assert reply.status_code == 403
    assert DATASET not in reply.content.decode()
    assert FILE not in reply.content.decode()


def test_the_wizard_does_not_tell_whether_a_name_is_there(visitor: Callable[[str], Client]) -> None:
    member = visitor("member")
    there, absent = (member.get(WIZARD + name) for name in (DATASET, "Nothing.Mrk421.simulated"))
    told = [list(reply.context["missing"]) for reply in (there, absent)]
    assert [len(items) for items in told] == [1, 1]
    assert not there.context["new"]


def test_a_new_collection_is_not_offered_the_scope(visitor: Callable[[str], Client]) -> None:
    assert SCOPE not in visitor("member").get(f"{LAKE}create/").content.decode()
    assert SCOPE in visitor("lead").get(f"{LAKE}create/").content.decode()


@pytest.mark.parametrize(
    ("kind", "wish"),
    [
        ("attach", Content("user.member", "mine", [[SCOPE, FILE]])),
        ("make-available", MakeAvailable([[SCOPE, DATASET]], "DEMO-BOLOGNA")),
    ],
)
def test_an_act_that_names_it_is_refused_without_asking(
    visitor: Callable[[str], Client], people: dict[str, User], kind: str, wish: Any
) -> None:
    visitor("member")
    operation = services.enqueue(kind, lake="escape", by=people["member"], arguments=wish)
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.state, operation.answer) == ("refused", "These data are restricted.")


def numbered(lake: object, token: str, *, offset: int = 0, limit: int = 10) -> list[scopes.Visitor]:
    """A listing in which every second thing is restricted."""
    return [Thing(SCOPE if n % 2 else "KM3NET_ECAP_SP", n) for n in range(offset, min(offset + limit, 30))]  # type: ignore[misc]


class Thing:
    """Something in a scope."""

    def __init__(self, scope: str, number: int) -> None:
        self.scope, self.number = scope, number


def test_a_page_from_which_something_is_left_out_is_filled_up(people: dict[str, User], visitor: Callable[[str], Client]) -> None:
    visitor("member")
    look = LakeReader(people["member"], service(ServiceKind.RUCIO, "escape"), purpose="test")
    found = look.fetch(numbered, limit=11).result.required()
    assert [item.number for item in found] == list(range(0, 22, 2))  # type: ignore[attr-defined]
    assert len(look.fetch(numbered, limit=40).result.required()) == 15


def test_strangers_are_told_of_public_scopes_alone() -> None:
    lake = service(ServiceKind.RUCIO, "escape")
    found = [Thing("KM3NET_ECAP_SP", 1), Thing("user.lead", 2), Thing(SCOPE, 3)]
    assert [item.number for item in scopes.filter_visible(lake, found, Visitor())] == [1]
