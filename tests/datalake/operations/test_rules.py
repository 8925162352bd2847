"""Acts on rules and their pages, against the stack's real Rucio: prolong, hurry, delete and bring back, approve and deny."""

import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from datalake import rucio
from datalake.operations import services, worker
from datalake.operations.kinds.rules import MakeAvailable
from datalake.operations.models import Operation
from datalake.rucio import rule_search
from tests.datalake.operations.elements import SCOPE, dataset, once
from tests.devstack.rucio_client import add_rule, rule, settled, token, upload
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, service
from vre_portal.text import moment

pytestmark = [
    pytest.mark.integration("rucio", "storage", "iam"),
    pytest.mark.django_db(transaction=True),
]
SignIn = Callable[[str], Client]


def press(client: Client, rule_id: str, kind: str, **values: str) -> Operation:
    """A button of the rule's page, and the worker's part."""
    reply = client.post(f"/datalake/escape/rules/{rule_id}/{kind}/", {"key": str(uuid.uuid4()), **values})
    assert reply.status_code == 302, reply.content
    operation = Operation.objects.filter(kind=kind).latest("pk")
    worker.execute(operation.pk)
    operation.refresh_from_db()
    return operation


def ends(rule_id: str) -> datetime | None:
    text = rule("member", rule_id)["expires_at"]
    return datetime.strptime(text, "%a, %d %b %Y %H:%M:%S UTC").replace(tzinfo=UTC) if text else None


def page_of(client: Client, rule_id: str) -> str:
    return client.get(f"/datalake/escape/rules/{rule_id}/").content.decode()


def until_of(page: str) -> str:
    found = re.search(r'delete-rule/".*?name="until"\s+value="([^"]*)"', page, re.DOTALL)
    return found[1] if found else ""


@pytest.mark.parametrize("lifetime", [None, 86400 * 5])
def test_a_deleted_rule_is_brought_back_as_it_was(member: User, signed_in: SignIn, lifetime: int | None) -> None:
    file = upload("member", SCOPE, b"there and back")
    operation = services.enqueue(
        "make-available", lake="escape", by=member, arguments=MakeAvailable([[SCOPE, file]], "DEMO-ANNECY", lifetime=lifetime)
    )
    worker.execute(operation.pk)
    operation.refresh_from_db()
    rule_id, client = operation.results[0]["rule"], signed_in("member")
    before = ends(rule_id)
    gone = press(client, rule_id, "delete-rule", until=until_of(page_of(client, rule_id)))
    assert gone.state == Operation.State.DONE
    end = ends(rule_id)
    assert end is not None
    assert timedelta(minutes=55) < end - datetime.now(UTC) <= timedelta(hours=1)
    page = page_of(client, rule_id)
    assert "The rule was deleted." in page
    assert "Restore rule" in page
    assert f'/rules/{rule_id}/restore-rule/"' in page
    back = press(client, rule_id, "restore-rule")
    assert back.state == Operation.State.DONE, back.answer
    after = ends(rule_id)
    assert (after is None) == (before is None)
    if after and before:
        assert abs(after - before) < timedelta(seconds=5)
    assert f'/rules/{rule_id}/restore-rule/"' not in page_of(client, rule_id)  # its title stays in the list of requests


def test_a_rule_is_kept_longer_for_good_and_until_a_day(member: User, signed_in: SignIn) -> None:
    rule_id, client = add_rule("member", SCOPE, upload("member", SCOPE, b"long"), "DEMO-ANNECY"), signed_in("member")
    press(client, rule_id, "prolong-rule", days="7")
    end = ends(rule_id)
    assert end is not None
    assert abs(end - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=2)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    press(client, rule_id, "prolong-rule", days="date", date=day.isoformat())
    end = ends(rule_id)
    assert end is not None
    assert end.date() == day
    assert press(client, rule_id, "prolong-rule", days="").answer == "The rule has no expiry."
    assert ends(rule_id) is None


def test_nonsense_in_a_form_becomes_no_act(member: User, signed_in: SignIn) -> None:
    rule_id, client = "0" * 32, signed_in("member")
    for kind, values in (
        ("prolong-rule", {"days": "date", "date": "1999-01-01"}),
        ("prolong-rule", {"days": "0"}),
        ("hurry-rule", {"priority": "9"}),
    ):
        assert client.post(f"/datalake/escape/rules/{rule_id}/{kind}/", values).status_code == 302
    assert client.post(f"/datalake/escape/rules/{rule_id}/drop-tables/").status_code == 404
    assert Operation.objects.count() == 0


def test_the_back_address_leads_to_this_lake_alone(member: User, signed_in: SignIn) -> None:
    rule_id, client = add_rule("member", SCOPE, upload("member", SCOPE, b"back"), "DEMO-ANNECY"), signed_in("member")
    for back in ("https://evil.example/", "//evil.example/", "/\\evil.example", "/admin/"):
        reply = client.post(f"/datalake/escape/rules/{rule_id}/hurry-rule/", {"priority": "4", "back": back})
        assert reply["Location"] == f"/datalake/escape/rules/{rule_id}/"


def test_a_priority_is_set_and_somebody_elses_rule_is_refused(member: User, signed_in: SignIn, visitor: SignIn) -> None:
    rule_id = add_rule("member", SCOPE, upload("member", SCOPE, b"hurry"), "DEMO-ANNECY")
    settled("member", rule_id)  # Rucio refuses while a transfer is between two states
    hurried = press(signed_in("member"), rule_id, "hurry-rule", priority="5")
    assert hurried.state == Operation.State.DONE, hurried.answer
    assert rule("member", rule_id)["priority"] == 5
    assert "confirm-box" in page_of(signed_in("member"), rule_id)
    stranger = visitor("outsider")
    refused = press(stranger, rule_id, "delete-rule")
    assert (refused.state, "does not have permission to do this" in refused.answer) == (Operation.State.REFUSED, True)
    assert ends(rule_id) is None
    assert "confirm-box" not in page_of(stranger, rule_id)


@pytest.mark.parametrize("verdict", ["approve-rule", "deny-rule"])
def test_a_rule_that_asks_is_approved_or_denied_by_the_approver_alone(
    member: User, signed_in: SignIn, visitor: SignIn, verdict: str
) -> None:
    file = upload("member", SCOPE, b"please")
    wanted = MakeAvailable([[SCOPE, file]], "DEMO-BOLOGNA", ask_approval=True)
    operation = services.enqueue("make-available", lake="escape", by=member, arguments=wanted)
    worker.execute(operation.pk)
    operation.refresh_from_db()
    rule_id = operation.results[0]["rule"]
    assert rule("member", rule_id)["state"] == "WAITING_APPROVAL"
    own = page_of(signed_in("member"), rule_id)
    assert "If approval takes too long, ask admin." in own
    assert "Approve" not in own
    assert press(signed_in("member"), rule_id, "approve-rule").state == Operation.State.REFUSED
    client = visitor("admin")
    assert "Approve" in page_of(client, rule_id)
    assert press(client, rule_id, verdict, reason="no room").state == Operation.State.DONE
    if verdict == "approve-rule":
        assert once(lambda: rule("member", rule_id)["state"] == "OK", 60)
    else:
        assert once(lambda: "ExceptionClass" in rule("member", rule_id), 20)
    assert press(client, rule_id, verdict).state == Operation.State.DONE  # a worker that died before it could say so finds it so


def test_rules_are_listed_newest_first_and_paging_loses_none(member: User, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, made = service(ServiceKind.RUCIO, "escape"), []
    for _ in range(7):
        made.append(add_rule("member", SCOPE, upload("member", SCOPE, b"listed"), "DEMO-ANNECY"))
    for probe in (1000, 4):  # in one question, and in stretches of time
        monkeypatch.setattr(rule_search, "PROBE_ROWS", probe)
        seen: list[rucio.Rule] = []
        before = None
        for _ in range(60):
            some = rucio.list_all_rules(lake, token("member"), rucio.RuleFilter(account="member"), before=before, limit=3)
            seen += some
            if len(some) < 3 or set(made) <= {item.id for item in seen}:
                break
            assert some[-1].created
            before = (some[-1].created, some[-1].id)
        ids = [item.id for item in seen]
        assert len(ids) == len(set(ids))
        assert set(made) <= set(ids)
        assert [item.created for item in seen] == sorted((item.created for item in seen if item.created), reverse=True)


def test_the_list_of_rules_is_filtered_and_given_as_data(member: User, signed_in: SignIn) -> None:
    name, _ = dataset()
    rule_id, client = add_rule("member", SCOPE, name, "DEMO-BOLOGNA"), signed_in("member")
    here = "/datalake/escape/rules/"
    ids = [item["id"] for item in client.get(f"{here}?format=json&rse=DEMO-BOLOGNA").json()["items"]]
    assert rule_id in ids
    assert client.get(f"{here}?format=json&rse=DEMO-BOLOGNA&scope=KM3NET_ECAP_SP").json()["items"] == []
    others = client.get(f"{here}?format=json&of=all&account=lead").json()["items"]
    assert {item["account"] for item in others} == {"lead"}
    table = client.get(f"{here}?format=csv&rse=DEMO-BOLOGNA").content.decode()
    assert rule_id in table
    for odd in ("?before=nonsense", "?scope=%2F..%2F", "?of=all&account=*&rse=%28%28", "?before=2026-01-01T00:00:00_x"):
        assert client.get(here + odd).status_code in (200, 404), odd


def test_my_space_has_bars_and_says_what_takes_it(member: User, signed_in: SignIn) -> None:
    name, _ = dataset(5000)
    rule_id, client = add_rule("member", SCOPE, name, "DEMO-ANNECY"), signed_in("member")
    data = client.get("/datalake/escape/usage/?format=json").json()["items"]
    annecy = next(item for item in data if item["rse"] == "DEMO-ANNECY")
    assert (annecy["limit"], annecy["left"]) == (10_000_000_000, annecy["limit"] - annecy["used"])
    page = client.get("/datalake/escape/usage/").content.decode()
    assert "10.0 GB" in page
    assert f"/datalake/escape/rules/{rule_id}/" in page
    assert client.get("/datalake/escape/subscriptions/").status_code == 200


def test_an_end_that_was_changed_meanwhile_is_read_from_the_deletion(member: User, signed_in: SignIn) -> None:
    rule_id = add_rule("member", SCOPE, upload("member", SCOPE, b"x"), "DEMO-ANNECY")
    client = signed_in("member")
    late = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    press(client, rule_id, "delete-rule", until=late)
    press(client, rule_id, "restore-rule")
    end, wanted = ends(rule_id), moment(late)
    assert end is not None
    assert wanted is not None
    assert abs(end - wanted) < timedelta(minutes=1)
