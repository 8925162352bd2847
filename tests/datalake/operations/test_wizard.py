"""The wizard: its state is in the address or the form, and the room is checked before anything is asked."""

import re
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest
from django.test import Client

from datalake.operations import preflight, worker
from datalake.operations.models import Operation
from datalake.rucio import AccountUsage, Did, Rse
from tests.datalake.operations.elements import SCOPE, dataset, limit
from tests.devstack.rucio_client import unique
from tests.page_text import text_of
from vre_portal.iam.models import User

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
SignIn = Callable[[str], Client]
HERE = "/datalake/escape/make-available/"
HOSTILE = ("a/b/c", "a%2Fb", "quote'\"<b>", "\N{GRINNING FACE}", "x" * 250, "..", "-", "a&b=c#d?e", "\u202egnp.exe")


def step_of(page: bytes) -> str:
    found = re.search(r'aria-current="step">([^<]+)<', page.decode())
    return found[1] if found else ""


def hidden(page: bytes) -> dict[str, list[str]]:
    """The fields of the form that asks, as a browser would send them."""
    form = page.decode().split("/make-available/ask/")[1].split("</form>")[0]
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden"\s+name="([^"]+)"\s+value="([^"]*)"', form):
        found.setdefault(name, []).append(unescape(value))
    found["dids"] = [unescape(re.search(r"<textarea[^>]*>([^<]*)</textarea>", form)[1])]  # type: ignore[index]
    return found


def test_the_steps_follow_each_other_with_nothing_but_forms(member: User, signed_in: SignIn) -> None:
    name, _ = dataset()
    client, did = signed_in("member"), f"{SCOPE}:{name}"
    assert step_of(client.get(HERE).content) == "Data"
    assert f">{did}</textarea>" in client.get(HERE, {"dids": did, "step": "what"}).content.decode()
    assert step_of(client.get(HERE, {"did": did}).content) == "Destination"
    shown = client.get(HERE, {"dids": did, "expression": "country=IT", "look": "1"})
    assert "Matches now: DEMO-BOLOGNA" in text_of(shown.content)
    assert step_of(client.get(HERE, {"dids": did, "rse": "DEMO-BOLOGNA", "step": "how"}).content) == "Copies"
    check = client.get(
        HERE, {"dids": did, "rse": "DEMO-BOLOGNA", "copies": "1", "days": "30", "grouping": "ALL", "comment": "t", "step": "check"}
    )
    assert step_of(check.content) == "Review"
    assert "100 B" in text_of(check.content)
    assert re.search(r"Expires \d+ \w+ 20\d\d, \d\d:\d\d UTC", text_of(check.content))
    assert Operation.objects.count() == 0
    values = hidden(check.content)
    first, second = (client.post(f"{HERE}ask/", values) for _ in range(2))
    operation = Operation.objects.get()
    assert first["Location"] == second["Location"] == operation.get_absolute_url()
    assert (operation.arguments["rse_expression"], operation.arguments["lifetime"], operation.arguments["grouping"]) == (
        "DEMO-BOLOGNA",
        30 * 86400,
        "ALL",
    )
    worker.execute(operation.pk)
    again = client.get(HERE, {"dids": did, "rse": "DEMO-BOLOGNA", "copies": "1", "step": "check"})
    operation.refresh_from_db()
    assert "Existing rules" in text_of(again.content)
    assert f"/rules/{operation.results[0]['rule']}/" in again.content.decode()


@pytest.mark.parametrize(
    "wrong", [{"copies": "0"}, {"copies": "many"}, {"days": "-3"}, {"grouping": "HALF"}, {"rse": "NOWHERE"}, {"expression": "x" * 1001}]
)
def test_a_step_that_is_wrong_is_where_it_stops(member: User, signed_in: SignIn, wrong: dict[str, str]) -> None:
    values = {"dids": f"{SCOPE}:x", "rse": "DEMO-BOLOGNA", "step": "check", **wrong}
    reply = signed_in("member").get(HERE, values)
    assert step_of(reply.content) in ("Destination", "Copies")
    assert (
        signed_in("member").post(f"{HERE}ask/", {**values, "dids": "" if wrong == {"rse": "NOWHERE"} else values["dids"]}).status_code
        == 302
    )
    assert Operation.objects.count() == 0


def test_the_limit_is_seen_before(member: User, signed_in: SignIn, rse: Callable[..., str]) -> None:
    place, (name, _) = rse(), dataset(1000)
    limit(place, 500)
    page = text_of(signed_in("member").get(HERE, {"dids": f"{SCOPE}:{name}", "rse": place, "step": "check"}).content)
    assert "exceeds your quota" in page
    assert "There is not enough space" in page
    assert "1.0 kB" in page


def test_an_expression_that_fits_nothing_or_is_none_is_said_before(member: User, signed_in: SignIn) -> None:
    client, name = signed_in("member"), dataset()[0]
    nothing = text_of(client.get(HERE, {"dids": f"{SCOPE}:{name}", "expression": "country=XX", "step": "check"}).content)
    assert "No storage element matches this expression." in nothing
    broken = text_of(client.get(HERE, {"dids": f"{SCOPE}:{name}", "expression": "((", "step": "check"}).content)
    assert "The RSE expression is not valid or matches no storage element" in broken
    more = text_of(client.get(HERE, {"dids": f"{SCOPE}:{name}", "rse": "DEMO-ANNECY", "copies": "2", "step": "check"}).content)
    assert "There are fewer storage elements than copies." in more


def test_hostile_names_are_shown_as_they_are_and_left_out_where_they_are_nothing(member: User, signed_in: SignIn) -> None:
    name, _ = dataset()
    lines = "\n".join([f"{SCOPE}:{name}", *(f"{SCOPE}:{item}" for item in HOSTILE)])
    client = signed_in("member")
    page = client.post(HERE, {"dids": lines, "rse": "DEMO-ANNECY", "copies": "1", "days": "7", "step": "check"}).content
    assert b"<b>" not in page
    text = text_of(page)
    for item in HOSTILE[:3]:
        assert item in text
    assert hidden(page)["dids"][0].splitlines()[0] == f"{SCOPE}:{name}"
    assert "quote" not in hidden(page)["dids"][0]
    for odd in HOSTILE:
        client.get(HERE, {"did": f"{SCOPE}:{odd}"})


def test_a_lake_that_is_away_keeps_what_was_typed_for_a_retry(member: User, signed_in: SignIn, lake_at: Callable[[str], None]) -> None:
    lake_at("http://127.0.0.1:9")
    reply = signed_in("member").get(HERE, {"did": f"{SCOPE}:{unique('x')}"})
    assert reply.status_code == 503
    assert "did=user.member" in reply.content.decode()


def item(size: int | None, there: dict[str, int] | None = None, **more: Any) -> preflight.PreflightItem:
    return preflight.PreflightItem("s", "n", Did("s", "n", "DATASET", bytes=size), there=tuple((there or {}).items()), **more)


@pytest.mark.parametrize(
    ("rse", "usage", "wanted", "added", "problem"),
    [
        (Rse("A"), AccountUsage("A", 0, 0, 100), [item(60), item(30, {"A": 10})], 80, ""),
        (Rse("A"), AccountUsage("A", 50, 1, 100), [item(60)], 60, "exceeds your quota"),
        (Rse("A"), AccountUsage("A", 50, 1, None), [item(60)], 60, ""),
        (Rse("A", used=90, total=100), AccountUsage("A", 0, 0, None), [item(60)], 60, "not enough free space"),
        (Rse("A", writable=False), AccountUsage("A", 0, 0, None), [item(1)], 1, "writing is disabled"),
        (Rse("A"), AccountUsage("A", 0, 0, 100), [item(60, rule="there"), item(60, missing=True)], 0, ""),
        (Rse("A"), AccountUsage("A", 0, 0, 100), [item(60, {"A": 80})], 0, ""),
    ],
)
def test_what_would_be_added_is_what_is_not_there(
    rse: Rse, usage: AccountUsage, wanted: list[preflight.PreflightItem], added: int, problem: str
) -> None:
    found = preflight.check_sites(["A"], {"A": rse}, {"A": usage}, wanted)[0]
    assert (found.added, found.problem) == (added, problem)


def test_an_account_without_a_limit_at_a_place_may_have_nothing_there() -> None:
    found = preflight.check_sites(["B"], {}, {"A": AccountUsage("A", 0, 0, 100)}, [item(1)])[0]
    assert (found.left, found.problem) == (0, "exceeds your quota")
    assert not preflight.check_sites(["B"], {}, {}, [item(None)])[0].sure
