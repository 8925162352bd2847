"""What Rucio's database cannot hold is refused with words before it is sent."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from datalake import rucio
from tests.page_text import text_of
from tests.vre_portal.servers import Handler, serving
from vre_portal.http import RemoteRefused
from vre_portal.services import Service, ServiceKind

ODD = ["nul\0", "bell\x07", "half\ud800", "escape\x1b", "x" * 3001]
RULE = "0" * 32
SENT: dict[str, Callable[[Service, str], Any]] = {
    "a filter of rules": lambda it, odd: rucio.list_all_rules(it, "t", rucio.RuleFilter(rse_expression=odd)),
    "an expression": lambda it, odd: rucio.list_matching_rses(it, "t", odd),
    "a rule's expression": lambda it, odd: rucio.ensure_rule(it, "t", "s", "n", rucio.RuleSpec(odd)),
    "a rule's comment": lambda it, odd: rucio.ensure_rule(it, "t", "s", "n", rucio.RuleSpec("A", comment=odd)),
    "a pattern": lambda it, odd: rucio.list_dids(it, "t", "s", f"*{odd}*"),
    "where a page begins": lambda it, odd: rucio.list_dids(it, "t", "s", after=odd),
    "a reason": lambda it, odd: rucio.deny_rule(it, "t", RULE, odd),
    "an option": lambda it, odd: rucio.change_rule(it, "t", RULE, {"comment": odd}),
    "metadata": lambda it, odd: rucio.set_metadata(it, "t", "s", "n", {"a": [odd * 4]}),
    "a key": lambda it, odd: rucio.set_metadata_value(it, "t", "s", "n", odd, 1),
    "a value": lambda it, odd: rucio.set_metadata_value(it, "t", "s", "n", "key", {"inside": [odd * 4]}),
    "a scope": lambda it, odd: rucio.list_dids(it, "t", odd),
    "a storage element": lambda it, odd: rucio.get_rse(it, "t", odd),
}
NAMES: dict[str, Callable[[Service, str], Any]] = {
    "a DID": lambda it, odd: rucio.get_did(it, "t", "s", odd),
    "its rules": lambda it, odd: rucio.list_rules(it, "t", "s", odd),
    "its copies": lambda it, odd: rucio.list_replicas(it, "t", "s", odd, type="FILE"),
    "a new collection": lambda it, odd: rucio.add_collection(it, "t", "s", odd, "DATASET"),
}


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("what", SENT)
def test_what_cannot_be_held_is_not_sent(what: str, odd: str) -> None:
    with serving(lambda handler: handler.whole(b"", 500)) as (server, seen):
        with pytest.raises(RemoteRefused) as refused:
            SENT[what](Service(ServiceKind.RUCIO, server.name, "Lake", server.url), odd)
        assert seen.lines == []
    assert str(refused.value)


@pytest.mark.parametrize("odd", ["nul\0", "half\ud800", "x" * 501, "", ".."])
@pytest.mark.parametrize("what", NAMES)
def test_a_name_that_no_did_has_is_not_asked_for(what: str, odd: str) -> None:
    with serving(lambda handler: handler.whole(b"", 500)) as (server, seen):
        with pytest.raises(RemoteRefused, match="This cannot be the name of a DID"):
            NAMES[what](Service(ServiceKind.RUCIO, server.name, "Lake", server.url), odd)
        assert seen.lines == []


def test_a_name_as_long_as_those_of_cms_and_lsst_is_asked_for() -> None:
    with serving(lambda handler: handler.whole(b"", 404)) as (server, seen):
        with pytest.raises(RemoteRefused):
            NAMES["a DID"](Service(ServiceKind.RUCIO, server.name, "Lake", server.url), "x" * 500)
        assert len(seen.lines) == 1


@pytest.mark.integration("rucio", "iam")
@pytest.mark.django_db(transaction=True)
def test_a_filter_with_control_characters_is_told_what_is_wrong_with_it(visitor: Callable[[str], Client]) -> None:
    reply = visitor("lead").get("/datalake/escape/rules/?rse=%07")
    assert reply.status_code == 400
    text = text_of(reply.content)
    assert "RSE expression: Rucio cannot store some of these characters" in text
    assert "is not responding" not in text


def test_a_refusal_by_rucios_rule_for_names_is_no_outage() -> None:
    def answer(handler: Handler) -> None:
        handler.whole(b'{"ExceptionClass": "InvalidObject", "ExceptionMessage": "no"}', 500, ExceptionClass="InvalidObject")

    with serving(answer) as (server, _), pytest.raises(RemoteRefused) as refused:
        rucio.add_collection(Service(ServiceKind.RUCIO, server.name, "Lake", server.url), "t", "s", "hash#1", "DATASET")
    assert refused.value.status == 400
