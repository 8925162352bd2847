"""Rules that really get stuck at the stack's Rucio, each in its own way, and what their page says of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from datalake.operations import worker
from datalake.operations.models import Operation
from tests.datalake.operations.elements import SCOPE, add, dataset, limit, once, root
from tests.devstack.rucio_client import add_rule, on_disk, rule, upload
from tests.page_text import text_of
from vre_portal.iam.models import User

pytestmark = [
    pytest.mark.integration("rucio", "rucio-daemons", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
SignIn = Callable[[str], Client]
Make = Callable[..., str]


def stuck(rule_id: str) -> dict[str, Any]:
    """The rule once it is stuck."""
    found: dict[str, Any] = once(lambda: found if (found := rule("member", rule_id))["state"] == "STUCK" else None)
    assert found, rule("member", rule_id)
    return found


def told(client: Client, rule_id: str) -> tuple[dict[str, Any], str]:
    """The explanation as data, and the words of the rule's page."""
    data = client.get(f"/datalake/escape/rules/{rule_id}/why/?format=json").json()
    return data, text_of(client.get(f"/datalake/escape/rules/{rule_id}/").content)


def test_a_source_that_is_gone_from_its_disk(member: User, signed_in: SignIn) -> None:
    file = upload("member", SCOPE, b"soon gone")
    found = on_disk(SCOPE, file, "erlangen")
    assert found
    found.unlink()
    rule_id = add_rule("member", SCOPE, file, "DEMO-ANNECY")
    stuck(rule_id)
    client = signed_in("member")
    data, words = told(client, rule_id)
    cause = data["causes"][0]
    assert (cause["code"], cause["rse"], cause["who"]) == ("source-lost", "DEMO-ERLANGEN", "the site")
    assert (cause["contact"], cause["acts"]) == ("storage@erlangen.example", ["retry-rule"])
    assert "The file is registered at DEMO-ERLANGEN, but the storage no longer has it." in words
    assert "Retry transfers" in words
    of_file = client.get(f"/datalake/escape/why/{SCOPE}/{file}?format=json").json()
    assert [item["code"] for item in of_file["file"]["causes"]] == ["source-lost", "no-copy"]
    assert [item["rule"] for item in of_file["rules"]] == [rule_id]


def test_a_destination_that_takes_no_files(member: User, signed_in: SignIn, rse: Make) -> None:
    place = rse(Path("/proc/nowhere"))
    rule_id = add_rule("member", SCOPE, upload("member", SCOPE, b"not there"), place)
    stuck(rule_id)
    data, words = told(signed_in("member"), rule_id)
    cause = data["causes"][0]
    assert (cause["code"], cause["rse"], cause["who"], cause["contact"]) == ("destination", place, "the site", "test@example.org")
    assert f"The storage at {place} does not accept the file." in words


def test_a_destination_where_writing_is_switched_off(member: User, signed_in: SignIn, rse: Make) -> None:
    place = rse()
    name, _ = dataset()
    rule_id = add_rule("member", SCOPE, name, place)
    once(lambda: rule("member", rule_id)["state"] == "OK")
    assert root("PUT", f"/rses/{place}", json={"availability_write": False}).status_code == 201
    add(name, upload("member", SCOPE, b"another"))
    assert once(lambda: rule("member", rule_id)["state"] != "OK")
    data, words = told(signed_in("member"), rule_id)
    assert data["causes"][0]["code"] == "write-off"
    assert f"Writing to {place} is disabled." in words


def test_a_dataset_that_outgrew_the_limit(member: User, signed_in: SignIn, rse: Make) -> None:
    place = rse()
    name, _ = dataset(100)
    rule_id = add_rule("member", SCOPE, name, place)
    limit(place, 150)
    once(lambda: rule("member", rule_id)["state"] == "OK")
    add(name, upload("member", SCOPE, b"y" * 500))
    stuck(rule_id)
    data, words = told(signed_in("member"), rule_id)
    cause = data["causes"][0]
    assert (cause["code"], cause["who"]) == ("quota", "you")
    assert "Your quota is not sufficient for this rule." in words
    assert f"{place}: " in words


def test_an_expression_that_describes_nothing_any_more(member: User, signed_in: SignIn, rse: Make) -> None:
    place = rse(kindofplace="fleeting")
    name, _ = dataset()
    rule_id = add_rule("member", SCOPE, name, "kindofplace=fleeting")
    once(lambda: rule("member", rule_id)["state"] == "OK")
    assert root("DELETE", f"/rses/{place}/attr/kindofplace").status_code == 200
    add(name, upload("member", SCOPE, b"another"))
    stuck(rule_id)
    data, words = told(signed_in("member"), rule_id)
    assert (data["causes"][0]["code"], data["causes"][0]["acts"]) == ("nothing-matches", ["delete-rule"])
    assert "No writable storage element matches \u201ckindofplace=fleeting\u201d" in words


def test_others_see_why_but_get_no_buttons(member: User, visitor: SignIn, rse: Make) -> None:
    place = rse(Path("/proc/nowhere"))
    rule_id = add_rule("member", SCOPE, upload("member", SCOPE, b"not there"), place)
    stuck(rule_id)
    client = visitor("outsider")
    data, words = told(client, rule_id)
    assert (data["causes"][0]["code"], data["causes"][0]["acts"]) == ("destination", [])
    assert "Delete rule" not in words


def test_what_is_mended_goes_on_when_it_is_tried_again(member: User, signed_in: SignIn) -> None:
    file = upload("member", SCOPE, b"hidden for a while")
    found = on_disk(SCOPE, file, "erlangen")
    assert found
    hidden = found.rename(found.with_suffix(".hidden"))
    rule_id = add_rule("member", SCOPE, file, "DEMO-BOLOGNA")
    stuck(rule_id)
    hidden.rename(found)
    reply = signed_in("member").post(f"/datalake/escape/rules/{rule_id}/retry-rule/", {"did": f"{SCOPE}:{file}"})
    assert reply["Location"] == f"/datalake/escape/rules/{rule_id}/"
    worker.execute(Operation.objects.get(kind="retry-rule").pk)
    assert Operation.objects.get(kind="retry-rule").state == Operation.State.DONE
    assert once(lambda: rule("member", rule_id)["state"] == "OK", 60)
