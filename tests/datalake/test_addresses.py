"""DIDs to addresses and back, for whatever a name may hold."""

import re
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from django.urls import resolve, reverse
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake.addresses import asked_name, did_address, natural

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


def test_numbers_sort_as_numbers() -> None:
    assert sorted(["run10", "run2", "Run1", "x"], key=natural) == ["Run1", "run2", "run10", "x"]
    assert sorted(["2", "a", "10", ""], key=natural) == ["", "2", "10", "a"]
