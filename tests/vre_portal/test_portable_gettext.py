"""Texts of code that also runs without Django are translated where Django is, and stay English elsewhere."""

import subprocess
import sys

import pytest
from django.utils import translation

from devstack import address
from vre_portal import portable_gettext
from vre_portal.amounts import parse_size
from vre_portal.portable_gettext import decimal, gettext, grouped, ngettext
from vre_portal.templatetags.vre import number, size

WITHOUT_DJANGO = """
import sys
from types import ModuleType
floor = ModuleType("vre_portal")
floor.__path__ = [sys.argv[1]]
sys.modules["vre_portal"] = floor
from vre_portal.portable_gettext import decimal, gettext, grouped, ngettext
print(gettext("No"), ngettext("row", "rows", 1), ngettext("row", "rows", 2), grouped(12345), decimal("2.5"), "django" in sys.modules)
"""


def test_django_translates_them() -> None:
    with translation.override("de"):
        assert gettext("No") == "Nein"
    with translation.override("en-gb"):
        assert (gettext("No"), ngettext("row", "rows", 1), ngettext("row", "rows", 2)) == ("No", "row", "rows")


def test_without_django_they_are_english() -> None:
    command = [sys.executable, "-c", WITHOUT_DJANGO, str(address.ROOT / "vre_portal")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.split() == ["No", "row", "rows", "12,345", "2.5", "False"]


@pytest.mark.parametrize(
    ("language", "count", "exact", "short"), [("en-gb", "12,345", "2,500,000", "2.5 MB"), ("de", "12.345", "2.500.000", "2,5 MB")]
)
def test_numbers_are_written_as_in_the_language(language: str, count: str, exact: str, short: str) -> None:
    with translation.override(language):
        assert number(12345) == grouped(12345) == count
        assert f'title="{exact} ' in size(2_500_000)
        assert f">{short}<" in size(2_500_000)
        assert parse_size(short) == 2_500_000
        assert decimal("0.5") == {"en-gb": "0.5", "de": "0,5"}[language]


@pytest.mark.parametrize("name", ["gettext", "ngettext"])
def test_the_names_are_those_that_makemessages_looks_for(name: str) -> None:
    assert callable(getattr(portable_gettext, name))
