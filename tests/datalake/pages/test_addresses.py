"""DIDs to addresses and back, for whatever a name may hold."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.urls import resolve, reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake.pages.addresses import asked_name, did_address

NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=250)
SCOPES = st.from_regex(r"[a-zA-Z_\-.0-9]{1,25}", fullmatch=True).filter(lambda scope: scope.strip("."))
HARD = [
    "a/b",
    "a%2Fb",
    "a+b c",
    'it\'s "so"',
    "ä/ö",
    "\u202egpj.exe",
    "../../etc",
    "/x//y/",
    "a/./b",
    "?a#b",
    "x" * 250,
    "-",
    "a\nb",
    "100%",
    ".",
]


def browsed(address: str) -> tuple[str, str, str]:
    """What the portal gets when a browser opens an address: dot segments are resolved, the path is decoded once."""
    parts = urlsplit(address)
    segments = [re.sub("%2e", ".", segment, flags=re.IGNORECASE) for segment in parts.path.split("/")]
    assert not {".", ".."} & set(segments)
    found = resolve(unquote(parts.path))
    name = asked_name(found.kwargs["name"], parse_qs(parts.query).get("name", [None])[0])  # type: ignore[list-item]
    return found.url_name or "", found.kwargs["scope"], name


@settings(deadline=None)  # the first look loads the whole URLconf
@given(SCOPES, NAMES)
def test_a_name_comes_back_from_its_address(scope: str, name: str) -> None:
    assert browsed(did_address("did", "escape", scope, name)) == ("did", scope, name)


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize("view", ["did", "download", "preview"])
def test_hard_names_come_back(view: str, name: str) -> None:
    assert browsed(did_address(view, "escape", "user.lead", name)) == (view, "user.lead", name)


@pytest.mark.parametrize("name", ["a/b", "a%2Fb", "a+b c", "x" * 250, "ä"])
def test_an_address_made_by_others_is_the_same(name: str) -> None:
    assert reverse("datalake:did", args=["escape", "S", name]) == did_address("did", "escape", "S", name)


PARTS = ["", ".", "..", "a/b", "/", "%", "%2F", "a%25", "50%", "..%2F..", "%2E", "a b", "ä", "#", "?", "\n", "x" * 300, "%00"]
PLACES = [
    ("datalake:rse", "name"), ("datalake:rule", "rule"), ("lake_acts:why-rule", "rule"), ("lake_access:scope", "scope"),
]  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_whatever_a_service_calls_a_thing_has_an_address_and_comes_back_from_it(part: str) -> None:
    for view, key in PLACES:
        address = reverse(view, args=["escape", part])
        segments = [re.sub("%2e", ".", segment, flags=re.IGNORECASE) for segment in address.split("/")]
        assert not {".", ".."} & set(segments)
        assert resolve(unquote(address)).kwargs[key] == part
    assert browsed(did_address("did", "escape", part, "name")) == ("did", part, "name")
    assert reverse("lake_acts:rule-act", args=["escape", part, "delete"])


def test_what_is_escaped_twice_stays_so() -> None:
    assert resolve("/datalake/escape/rses/%00/").kwargs["name"] == "%00"
    assert resolve("/datalake/escape/rses/a%0Ab/").kwargs["name"] == "a%0Ab"
