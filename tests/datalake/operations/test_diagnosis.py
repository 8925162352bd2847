"""From facts to words: a table, without a lake."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from datalake.operations.diagnosis.diagnose import diagnose
from datalake.operations.diagnosis.errors import meaning
from datalake.operations.diagnosis.facts import DiagnosisFacts
from datalake.rucio import AccountUsage, Lock, Replica, Rse, Rule, TransferAttempts, TransferRequest

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FILE = "file.root"
RSES = {name: Rse(name, site=name, attributes={"contact": f"{name.lower()}@example.org"}) for name in ("ANNECY", "BOLOGNA")}


def rule(state: str = "STUCK", **facts: Any) -> Rule:
    known = (
        {"locks_stuck": 1}
        if state == "STUCK"
        else {"locks_ok": 1}
        if state == "OK"
        else {"locks_replicating": 1}
        if state == "REPLICATING"
        else {}
    )
    told = {"error": None, "created": NOW - timedelta(hours=1), **known, **facts}
    return Rule("0" * 32, "s", FILE, "FILE", "me", state, told.pop("copies", 1), told.pop("rse_expression", "BOLOGNA"), **told)


def facts(subject: Rule | None, **more: Any) -> DiagnosisFacts:
    return DiagnosisFacts(now=NOW, **{"account": "me", "rule": subject, "rses": RSES, "targets": ("BOLOGNA",), **more})


def trial(*sources: tuple[str, bool]) -> tuple[TransferAttempts, ...]:
    return (TransferAttempts("s", FILE, "BOLOGNA", 4, "FAILED", "ANNECY", NOW - timedelta(minutes=14), sources),)


ERRORS = (
    ("Source file is lost: s:file.root at ANNECY", "source-lost", "ANNECY"),
    ("TRANSFER ERROR: Copy failed (streamed). Source https://a/b: 404 not found", "source-lost", ""),
    ("Destination s:file.root at BOLOGNA cannot be written: permission denied", "destination", "BOLOGNA"),
    ("Destination s:file.root at BOLOGNA cannot be written: [Errno 2] No such file or directory: '/proc/x'", "destination", "BOLOGNA"),
    ("There is not enough quota left to fulfil the operation.", "quota", ""),
    ("Provided RSE expression is considered invalid.\nDetails: RSE Expression resulted in an empty set.", "nothing-matches", ""),
    ("s:file.root at BOLOGNA: checksum 0a instead of 0b", "checksum", "BOLOGNA"),
    ("[gfalt_copy_file] DESTINATION MAKE_PARENT: No space left on device", "full", ""),
    ("InsufficientAccountLimit: There is insufficient quota on any of the RSE's to fulfill the operation.", "quota", ""),
    ("InvalidRSEExpression: RSE Expression resulted in an empty set.", "nothing-matches", ""),
    ("InsufficientTargetRSEs: There are not enough target RSEs to fulfil the request at this time.", "too-few-places", ""),
    ("MissingSourceReplica NO_SOURCES", "no-source", ""),
    ("Operation timed out", "unreachable", ""),
    ("The certificate of the peer has expired: certificate verify failed", "credential", ""),
    ("The transfer daemon was stopped during the copy", "interrupted", ""),
    ("Ein Fehler ist aufgetreten", "other", ""),
    ("   ", "", ""),
    ("Source x at <script>alert(1)</script> cannot be read: boom", "source-unreadable", ""),
)


@pytest.mark.parametrize(("text", "code", "place"), ERRORS)
def test_an_error_text_has_a_meaning_and_names_a_place_only_if_it_is_one(text: str, code: str, place: str) -> None:
    found = meaning(text, set(RSES))
    assert (found.code, found.place) == (code, place)


def test_no_error_text_takes_long_to_read() -> None:
    begin = datetime.now(UTC)
    for text in ("source " * 100_000, "destination at " * 100_000, "a" * 1_000_000):
        meaning(text, set(RSES))
    assert datetime.now(UTC) - begin < timedelta(seconds=1)


CASES = (
    (
        "a lost source",
        facts(rule(error="Source file is lost: s:file.root at ANNECY"), trials=trial(("ANNECY", True))),
        "source-lost",
        "the site",
        "retry-rule",
    ),
    (
        "a quota",
        facts(rule(error="InsufficientAccountLimit"), usage={"BOLOGNA": AccountUsage("BOLOGNA", 90, 1, 100)}, size=50),
        "quota",
        "you",
        "retry-rule",
    ),
    (
        "an expression that describes nothing",
        facts(rule(error="RSE Expression resulted in an empty set."), targets=()),
        "nothing-matches",
        "you",
        "delete-rule",
    ),
    ("nothing that fits, without a word", facts(rule(), targets=()), "nothing-matches", "you", "delete-rule"),
    (
        "writing is off",
        facts(
            rule("REPLICATING"),
            locks=(Lock("s", FILE, "BOLOGNA", "REPLICATING", "0" * 32),),
            rses={"BOLOGNA": Rse("BOLOGNA", writable=False)},
        ),
        "write-off",
        "the site",
        "",
    ),
    ("reading is off", facts(rule(), trials=trial(("ANNECY", False))), "read-off", "the site", ""),
    ("no copy left", facts(rule(), trials=trial()), "no-source", "the owner", ""),
    (
        "a transfer without a source",
        facts(rule("REPLICATING"), requests=(TransferRequest("s", FILE, "BOLOGNA", "NO_SOURCES"),)),
        "request-no_sources",
        "the lake's operators",
        "",
    ),
    ("an approval", facts(rule("WAITING_APPROVAL"), approvers=("boss",)), "approval", "the lake's operators", "delete-rule"),
    (
        "an approval that is mine to give",
        facts(rule("WAITING_APPROVAL"), approvers=("boss",), account="boss"),
        "approval",
        "you",
        "approve-rule",
    ),
    ("a suspended rule", facts(rule("SUSPENDED")), "suspended", "the lake's operators", ""),
    ("a rule that was deleted", facts(rule("OK", expires=NOW + timedelta(minutes=50)), deleted=True), "deleted", "you", "restore-rule"),
    ("a rule that ends soon", facts(rule("OK", expires=NOW + timedelta(hours=20))), "ends-soon", "you", "prolong-rule"),
    ("a rule whose time is over", facts(rule("OK", expires=NOW - timedelta(minutes=1))), "over", "you", "prolong-rule"),
    ("a long way", facts(rule("REPLICATING", created=NOW - timedelta(days=1))), "slow", "the lake's operators", "hurry-rule"),
    ("no reason at all", facts(rule()), "unknown", "the lake's operators", "retry-rule"),
)


@pytest.mark.parametrize(("name", "known", "code", "who", "operation"), CASES, ids=[case[0] for case in CASES])
def test_each_case_is_told_with_who_can_mend_it_and_what_to_press(
    name: str, known: DiagnosisFacts, code: str, who: str, operation: str
) -> None:
    found = diagnose(known).causes[0]
    assert (found.code, found.who) == (code, who)
    assert found.acts[0:1] == ((operation,) if operation else ())


def test_who_does_not_own_a_rule_gets_no_buttons_that_rucio_would_refuse() -> None:
    for _, known, *_ in CASES:
        other = DiagnosisFacts(**{**vars(known), "account": "somebody"})
        assert all(operation in ("approve-rule", "deny-rule") for cause in diagnose(other).causes for operation in cause.acts)


def test_a_site_is_named_with_its_contact_and_the_time_since() -> None:
    found = diagnose(facts(rule(error="Source file is lost: s:file.root at ANNECY"), trials=trial(("ANNECY", True))))
    assert (found.causes[0].contact, found.causes[0].since) == ("annecy@example.org", NOW - timedelta(minutes=14))
    assert found.headline == "1 copy of 1 stuck for 14\xa0minutes."
    assert diagnose(facts(rule(locks_stuck=3, locks_ok=4))).headline.startswith("3 copies of 7 stuck")


def test_what_goes_its_way_or_is_done_has_no_causes() -> None:
    assert diagnose(facts(rule("OK"))).tone == "ok"
    busy = diagnose(facts(rule("REPLICATING", locks_ok=2)))
    assert (busy.tone, busy.causes) == ("busy", ())


def copy(rse: str, state: str = "AVAILABLE") -> Replica:
    return Replica("s", FILE, rse, state)


@pytest.mark.parametrize(
    ("copies", "more", "tone", "codes"),
    [
        ((copy("ANNECY"),), {}, "ok", []),
        ((), {}, "bad", ["no-copy"]),
        ((copy("ANNECY", "UNAVAILABLE"),), {}, "bad", ["no-copy"]),
        ((copy("ANNECY"), copy("BOLOGNA", "BAD")), {}, "warn", ["bad-copy"]),
        ((copy("ANNECY"),), {"absent": ("ANNECY",)}, "bad", ["source-lost", "no-copy"]),
        ((copy("ANNECY"), copy("BOLOGNA")), {"absent": ("ANNECY",)}, "warn", ["source-lost"]),
        ((copy("ANNECY"),), {"silent": ("ANNECY",)}, "bad", ["silent"]),
        ((copy("ANNECY"), copy("BOLOGNA")), {"silent": ("ANNECY",)}, "warn", ["silent"]),
        ((copy("ANNECY"),), {"suspicious": ("ANNECY",)}, "warn", ["suspicious"]),
        ((copy("OFF"),), {"rses": {"OFF": Rse("OFF", readable=False)}}, "bad", ["read-off"]),
    ],
)
def test_a_file_without_rules_is_told_from_its_copies(
    copies: tuple[Replica, ...], more: dict[str, Any], tone: str, codes: list[str]
) -> None:
    found = diagnose(facts(None, replicas=copies, **more))
    assert (found.tone, [cause.code for cause in found.causes]) == (tone, codes)


def test_what_could_not_be_asked_is_no_cause() -> None:
    nothing = DiagnosisFacts(now=NOW, rule=rule("REPLICATING"))
    assert diagnose(nothing).tone == "busy"
    assert diagnose(DiagnosisFacts(now=NOW)).tone == "ok"
