"""The themes of projects are configuration: the colour of each, and the names that are suggested for kept results."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from datalake.naming import name_help
from projects.workflows.dataset_names import suggested_name
from vre_portal.services import Service, ServiceKind
from vre_portal.templatetags.vre import theme_hue

LAKE = Service(kind=ServiceKind.RUCIO, name="lake", title="Test lake", url="http://127.0.0.1:1")
NAMES = [{"theme": "plasma", "name": "PL.{specification}-{number}"}, {"name": "X.{specification}.run{number}"}]


@pytest.mark.parametrize(("theme", "hue"), [("Plasma", 1), (" plasma ", 1), ("Dust", 2), ("Dark Matter", 0), ("", 0), ("Seventh", 0)])
def test_a_theme_has_the_hue_of_its_place_in_the_list(theme: str, hue: int, settings: Any) -> None:
    settings.SCIENCE_THEMES = ["Plasma", "Dust", "c", "d", "e", "f", "Seventh"]
    assert theme_hue(theme) == hue


@pytest.mark.parametrize(
    ("names", "theme", "expected"),
    [
        (NAMES, "Hot PLASMA", "PL.sed-12"),
        (NAMES, "Dust", "X.sed.run12"),
        (NAMES[:1], "Dust", "sed.run12"),
        ([], "Dark Matter", "sed.run12"),
    ],
)
def test_the_suggested_name_is_the_lakes(names: list[dict[str, str]], theme: str, expected: str) -> None:
    run: Any = SimpleNamespace(project=SimpleNamespace(theme=theme), specification=SimpleNamespace(name="sed"), number=12)
    assert suggested_name(replace(LAKE, options={"kept_names": names}), run) == expected


def test_the_help_is_what_the_lake_says_of_the_scope() -> None:
    lake = replace(LAKE, options={"naming": [{"scope": "EXP_*", "text": "They begin with X.", "example": "X.Events"}]})
    assert name_help(lake, "EXP_ONE") == "They begin with X. Example: “X.Events”."
    assert name_help(lake, "OTHER") == ""
