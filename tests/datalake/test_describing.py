"""Metadata of a DID through the real Rucio: typed, refused with a reason, undone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datalake.operations import worker
from datalake.operations.models import Operation
from datalake.pages.addresses import did_address
from tests.devstack.rucio_client import rucio, unique

pytestmark = [pytest.mark.integration("rucio", "iam"), pytest.mark.django_db(transaction=True)]
Visitor = Callable[[str], Client]
SCOPE = "user.member"


@pytest.fixture
def dataset() -> str:
    name = unique("described")
    assert rucio("member", "POST", "/dids", json=[{"scope": SCOPE, "name": name, "type": "DATASET"}]).status_code == 201
    return name


def said(name: str) -> dict[str, Any]:
    found: dict[str, Any] = rucio("member", "GET", f"/dids/{SCOPE}/{name}/meta", params={"plugin": "JSON"}).json()
    return found


def form_of(client: Client, address: str) -> dict[str, str]:
    """The hidden fields as a browser would send them back."""
    page = client.get(address).content.decode()
    found = dict(re.findall(r'<input type="hidden"\s+name="(before|form_id)"(?: value="([^"]*)")?', page))
    return {key: value.replace("&quot;", '"') for key, value in found.items()}


def say(client: Client, name: str, key: str, kind: str, value: str, **more: str) -> Operation | None:
    """Fill in the form, send it and let the worker do it; None where the form was not taken."""
    address = did_address("metadata", "escape", SCOPE, name)
    hidden = form_of(client, f"{address}{'&' if '?' in address else '?'}key={key}")
    before = Operation.objects.count()
    reply = client.post(address, {**hidden, "key": key, "kind": kind, "value": value, **more})
    if reply.status_code == 400:
        assert Operation.objects.count() == before
        return None
    assert reply.status_code == 302, reply.content
    operation = Operation.objects.latest("pk")
    worker.execute(operation.pk)
    operation.refresh_from_db()
    return operation


@pytest.mark.parametrize(
    ("kind", "typed", "kept"),
    [
        ("text", "True", "True"),
        ("boolean", "True", True),
        ("boolean", "false", False),
        ("number", "42", 42),
        ("number", "-1.5e-3", -0.0015),
        ("number", "123456789012345678", 123456789012345678),
        ("date", "2026-11-20", "2026-11-20"),
        ("date", "2026-11-20T18:30:00Z", "2026-11-20T18:30:00Z"),
        ("list", '["a", 1, true]', ["a", 1, True]),
        ("object", '{"ra": 83.6}', {"ra": 83.6}),
        ("text", "é “quoted” <b> \U0001f600", "é “quoted” <b> \U0001f600"),
    ],
)
def test_a_value_is_kept_as_the_kind_that_was_chosen(visitor: Visitor, dataset: str, kind: str, typed: str, kept: Any) -> None:
    operation = say(visitor("member"), dataset, "quality", kind, typed)
    assert operation
    assert (operation.state, operation.answer) == ("done", "The value is set.")
    found = said(dataset)["quality"]
    assert (found, type(found)) == (kept, type(kept))


@pytest.mark.parametrize(
    ("key", "kind", "value"),
    [
        ("quality", "boolean", "yes"),
        ("quality", "number", "nan"),
        ("quality", "number", "1e999"),
        ("quality", "number", "12 m"),
        ("quality", "date", "20.11.2026"),
        ("quality", "date", "2026-02-30"),
        ("quality", "list", '{"a": 1}'),
        ("quality", "list", "[" * 5000),
        ("quality", "list", "[" * 50 + "]" * 50),
        ("quality", "object", "[1]"),
        ("quality", "text", "   "),
        ("quality", "text", "x" * 10_001),
        ("bytes", "number", "1"),
        ("lifetime", "number", "10"),
        ("LENGTH", "number", "1"),
        ("a.b", "text", "x"),
        ("a'b", "text", "x"),
        ("a\u202eb", "text", "x"),
        ("run_number", "text", "x"),
    ],
)
def test_what_makes_no_sense_is_said_at_its_field_and_kept(visitor: Visitor, dataset: str, key: str, kind: str, value: str) -> None:
    assert say(visitor("member"), dataset, key, kind, value) is None


def test_a_word_that_looks_like_a_truth_value_is_marked(visitor: Visitor, dataset: str) -> None:
    client = visitor("member")
    say(client, dataset, "flag", "text", "True")
    page = client.get(did_address("did", "escape", SCOPE, dataset)).content.decode()
    assert "(not true or false)" in page
    form = client.get(f"{did_address('metadata', 'escape', SCOPE, dataset)}?key=flag").content.decode()
    assert '<option value="text" selected>' in form


def test_who_may_not_is_told_by_the_lake(visitor: Visitor, dataset: str) -> None:
    operation = say(visitor("outsider"), dataset, "quality", "text", "mine")
    assert operation
    assert operation.state == "refused"
    assert "outsider can not add metadata" in operation.answer
    assert "quality" not in said(dataset)


def test_who_may_not_write_may_not_take_away_either(visitor: Visitor, dataset: str) -> None:
    say(visitor("member"), dataset, "quality", "text", "good")
    operation = say(visitor("outsider"), dataset, "quality", "text", "", remove="1")
    assert operation
    assert operation.state == "refused"
    assert said(dataset) == {"quality": "good"}


def test_a_change_is_undone_to_what_it_said_before(visitor: Visitor, dataset: str) -> None:
    client = visitor("member")
    say(client, dataset, "quality", "text", "good")
    say(client, dataset, "quality", "number", "7")
    address = did_address("metadata", "escape", SCOPE, dataset)
    for number, left in ((0, {"quality": "good"}), (1, {})):
        acts = Operation.objects.filter(kind="describe").order_by("-pk")[number * 2]
        assert client.post(address, {"undo": acts.pk}).status_code == 302
        worker.execute(Operation.objects.latest("pk").pk)
        assert said(dataset) == left


def test_a_removed_key_comes_back_by_undo(visitor: Visitor, dataset: str) -> None:
    client = visitor("member")
    say(client, dataset, "quality", "list", "[1]")
    gone = say(client, dataset, "quality", "text", "", remove="1")
    assert gone
    assert said(dataset) == {}
    client.post(did_address("metadata", "escape", SCOPE, dataset), {"undo": gone.pk})
    worker.execute(Operation.objects.latest("pk").pk)
    assert said(dataset) == {"quality": [1]}


def test_nobody_undoes_what_another_did(visitor: Visitor, dataset: str) -> None:
    operation = say(visitor("member"), dataset, "quality", "text", "good")
    assert operation
    assert visitor("lead").post(did_address("metadata", "escape", SCOPE, dataset), {"undo": operation.pk}).status_code == 404


def test_two_people_do_not_overwrite_each_other_unseen(visitor: Visitor, dataset: str) -> None:
    client = visitor("member")
    say(client, dataset, "quality", "text", "good")
    address = did_address("metadata", "escape", SCOPE, dataset)
    old = form_of(client, f"{address}?key=quality")
    say(client, dataset, "quality", "text", "better")
    client.post(address, {**old, "key": "quality", "kind": "text", "value": "worse"})
    operation = Operation.objects.latest("pk")
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.state, said(dataset)["quality"]) == ("refused", "better")
    assert 'Somebody else changed this value to "better" in the meantime.' in operation.answer


def test_doing_it_again_after_a_lost_answer_is_no_conflict(visitor: Visitor, dataset: str) -> None:
    operation = say(visitor("member"), dataset, "quality", "text", "good")
    assert operation
    Operation.objects.filter(pk=operation.pk).update(state="queued", lease_until=None, ended_at=None)
    worker.execute(operation.pk)
    operation.refresh_from_db()
    assert (operation.state, operation.answer) == ("done", "The value was already set.")


def test_the_same_form_sent_twice_is_one_act(visitor: Visitor, dataset: str) -> None:
    client, address = visitor("member"), did_address("metadata", "escape", SCOPE, dataset)
    sent = {**form_of(client, f"{address}?key=quality"), "key": "quality", "kind": "text", "value": "good"}
    assert [client.post(address, sent).status_code for _ in range(3)] == [302, 302, 302]
    assert Operation.objects.filter(kind="describe").count() == 1


def test_the_page_follows_a_change_and_shows_it_in_the_history(visitor: Visitor, dataset: str) -> None:
    client, page = visitor("member"), did_address("did", "escape", SCOPE, dataset)
    address = did_address("metadata", "escape", SCOPE, dataset)
    client.post(address, {**form_of(client, f"{address}?key=quality"), "key": "quality", "kind": "number", "value": "3"})
    assert "every 2s" in client.get(page).content.decode()
    worker.execute(Operation.objects.latest("pk").pk)
    piece = client.get(f"{page}?part=metadata", headers={"HX-Request": "true"}).content.decode()
    assert "every 2s" not in piece
    assert "<html" not in piece
    assert "quality" in piece
    events = client.get(f"{page}?part=history&format=json").json()["items"]
    assert {"Edit metadata", "Created"} <= {event["what"] for event in events}
    assert "Undo" in client.get(f"{page}?part=history").content.decode()


def test_names_with_slashes_are_described_too(visitor: Visitor) -> None:
    name = f"/{unique('deep')}/a.b/c"
    assert rucio("member", "POST", "/dids", json=[{"scope": SCOPE, "name": name, "type": "DATASET"}]).status_code == 201
    operation = say(visitor("member"), name, "quality", "text", "good")
    assert operation
    assert operation.state == "done", operation.answer


def test_only_addresses_are_reported(visitor: Visitor, dataset: str) -> None:
    client = visitor("member")
    for pfn in ("x", "https://a\nb", ""):
        assert client.post(did_address("metadata", "escape", SCOPE, dataset), {"pfn": pfn}).status_code == 404


def test_hostile_words_stay_words(visitor: Visitor, dataset: str) -> None:
    hostile = {
        '"><img src=x onerror=alert(1)>': "</script><script>alert(1)</script>",
        "title": "<b>bold</b>\u202egpj",
        "javascript:alert(1)": ["<i>", {"<u>": "'"}],
        "doi": '10.1/x>; rel="evil", <https://evil.example>; rel="next"',
        "license": "https://evil.example/\r\nSet-Cookie: a=b",
        "e\u0301\U0001f600 a/b+c%2F": "\u2028",
    }
    assert rucio("member", "POST", f"/dids/{SCOPE}/{dataset}/meta", json={"meta": hostile}).status_code == 201
    client = visitor("member")
    reply = client.get(did_address("did", "escape", SCOPE, dataset))
    page = reply.content.decode()
    assert reply.status_code == 200
    assert not re.search(r"<img src=x|<script>alert|<b>bold|<i>|<u>", page)
    assert "\u202e" not in re.sub(r"<[^>]*>", "", page)  # in no word that is shown
    assert "evil" not in reply["Link"]
    assert "Set-Cookie" not in reply["Link"]
    edits = re.findall(r'href="([^"]+key=[^"]+)"', page)
    assert len(edits) == len(hostile)
    for address in edits:
        form = client.get(address.replace("&amp;", "&"))
        assert form.status_code == 200
        assert "Delete this key" in form.content.decode()
