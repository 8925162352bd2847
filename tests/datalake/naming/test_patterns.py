"""Patterns that operators write: none holds a process, and lakes with other names than Rucio's generic ones are described as they are."""

import time
from typing import Any

import pytest

from datalake.naming import Named, check_metadata, check_name, name_help
from datalake.naming.checks import conventions_are_sound
from datalake.naming.patterns import PatternTooSlow, matches
from datalake.uploads import names
from tests.datalake.naming.test_conventions import lake
from vre_portal import services

SLOW, ENDLESS = "(a|a)*[bc]", "a" * 200
NESTED = "([A-Za-z0-9]+)*X"


def test_a_pattern_with_repetitions_in_repetitions_is_over_in_time() -> None:
    begin = time.monotonic()
    with pytest.raises(PatternTooSlow):
        matches(SLOW, ENDLESS)
    assert not matches(NESTED, f"{ENDLESS}!")
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize("naming", [{"pattern": SLOW}, {"separator": ".", "parts": [{"name": "A", "pattern": SLOW}, {"name": "B"}]}])
def test_a_name_that_cannot_be_checked_in_time_is_refused_with_the_reason(naming: dict[str, Any]) -> None:
    begin = time.monotonic()
    check = check_name(lake(naming=[naming]), Named.DATASET, "S", ENDLESS if "pattern" in naming else f"{ENDLESS}.x")
    assert "takes too long" in check.text
    assert check.is_required
    rules = [{"key": "k", "pattern": SLOW}]
    assert "takes too long" in check_metadata(lake(metadata_rules=rules), "S", "k", ENDLESS).text
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"naming": [{"pattern": SLOW}]}, "entry 1 of naming"),
        ({"naming": [{"separator": "_", "parts": [{"name": "A", "pattern": SLOW}]}]}, "entry 1 of naming"),
        ({"metadata_rules": [{"key": "k", "pattern": SLOW}]}, "entry 1 of metadata_rules"),
        ({"names": SLOW}, "names: the pattern"),
        ({"names": "("}, "names: the pattern"),
        ({"scope_names": SLOW}, "scope_names: the pattern"),
        ({"upload_names": SLOW}, "upload_names: the pattern"),
    ],
)
def test_a_pattern_that_takes_long_is_said_before_the_start(options: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_all", lambda: (lake(**options),))
    (error,) = conventions_are_sound()
    assert words in error.msg


def test_an_upload_whose_name_cannot_be_checked_in_time_is_refused() -> None:
    with pytest.raises(names.BadName):
        names.check(lake(upload_names=SLOW), ENDLESS)


@pytest.mark.parametrize(
    ("options", "of", "name", "is_fine"),
    [
        ({}, Named.DATASET, "a/b", True),
        ({}, Named.DATASET, "/a#b", False),
        ({"names": r"[A-Za-z0-9][A-Za-z0-9._-]*"}, Named.DATASET, "a/b", False),
        ({"names": r"/[A-Za-z0-9/._-]+(#[a-z0-9-]+)?"}, Named.DATASET, "/Primary/Processed/USER#1-2", True),
        ({}, Named.SCOPE, "user.lead", True),
        ({}, Named.SCOPE, "a/b", False),
        ({"scope_names": "[a-z]+"}, Named.SCOPE, "user.lead", False),
    ],
)
def test_each_lake_says_what_it_takes_as_a_name(options: dict[str, Any], of: Named, name: str, is_fine: bool) -> None:
    check = check_name(lake(naming=[], **options), of, name if of is Named.SCOPE else "S", name)
    assert check.is_fine is is_fine
    own = options.get("names") or options.get("scope_names")
    assert is_fine or (str(own) in check.text if own else "can contain letters, digits, dots, dashes" in check.text)


TREE = {
    "separator": "/",
    "leading_separator": True,
    "parts": [{"name": "Primary"}, {"name": "Processed", "pattern": "[A-Za-z0-9-]+"}, {"name": "Tier", "values": ["RAW", "AOD"]}],
    "example": "/ZMuMu/Run2026-v1/AOD",
    "text": "As the production system does",
}


@pytest.mark.parametrize(
    ("name", "words", "suggestion"),
    [
        ("/ZMuMu/Run2026-v1/AOD", "", ""),
        ("ZMuMu/Run2026-v1/AOD", "has to begin with “/”: /Primary/Processed/Tier", "/ZMuMu/Run2026-v1/AOD"),
        ("/ZMuMu/Run2026-v1/aod", "“aod” is not a known Tier", "/ZMuMu/Run2026-v1/AOD"),
        ("/ZMuMu", "needs 3 parts: /Primary/Processed/Tier. As the production system does.", ""),
    ],
)
def test_names_may_begin_with_their_separator(name: str, words: str, suggestion: str) -> None:
    check = check_name(lake(naming=[TREE]), Named.DATASET, "S", name)
    assert check.is_fine == (not words)
    assert words in check.text
    assert check.suggestion == suggestion


def test_sentences_of_operators_do_not_run_into_the_next() -> None:
    assert name_help(lake(naming=[TREE]), "S") == (
        "Names here are “/Primary/Processed/Tier”. As the production system does. Example: “/ZMuMu/Run2026-v1/AOD”."
    )
    begins = {"pattern": "DM\\..+", "text": "they begin with DM."}
    assert check_name(lake(naming=[begins]), Named.DATASET, "S", "x").text == "Names in S: they begin with DM."
