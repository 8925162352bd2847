"""The portal in a language in which each message stands between marks: pages work as in English, and no message is translated twice."""

import re
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from django.core.cache import cache
from django.forms import Form
from django.test import Client
from django.utils import translation

from datalake.operations.forms import ProlongForm
from projects.requests.lake_kinds.restricted_data import AccessDecisionForm
from projects.requests.values import RequestValuesForm
from tests import full_portal
from tests.security.test_queries import give_token
from tests.test_page_costs import SignIn
from tests.wall import RULES
from vre_portal.audit.forms import FilterForm
from vre_portal.fragments import fragments
from vre_portal.iam.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]
BEGIN, END = "⟦", "⟧"
TWICE = re.compile(rf"{BEGIN}{BEGIN}[^{BEGIN}{END}]*{END}{END}")
ONCE = {"sign_in_failed"}  # shows an error of the session once
CODES = re.compile(r'"(?:kind|state|status|role|visibility|code|type)": "[^"]*⟦')


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message as its own translation, between marks."""
    language: Any = translation._trans  # type: ignore[attr-defined]
    monkeypatch.setattr(language, "gettext", lambda message: f"{BEGIN}{message}{END}", raising=False)
    monkeypatch.setattr(language, "pgettext", lambda _context, message: f"{BEGIN}{message}{END}", raising=False)
    monkeypatch.setattr(language, "ngettext", lambda one, many, number: f"{BEGIN}{one if number == 1 else many}{END}", raising=False)
    monkeypatch.setattr(
        language, "npgettext", lambda _context, one, many, number: f"{BEGIN}{one if number == 1 else many}{END}", raising=False
    )


def read(browser: Client, where: str) -> tuple[int, str]:
    """The status of a page and its text; of what is no text, nothing."""
    cache.clear()
    fragments.clear()
    answer = browser.get(where)
    if answer.streaming or not answer.get("Content-Type", "").startswith(("text/html", "application/json")):
        return answer.status_code, ""
    return answer.status_code, answer.content.decode()


def faults(page: str) -> list[str]:
    """What is wrong in the outline of a whole page: names that occur twice, headings that skip a level, a list directly in a list."""
    if "<html" not in page:
        return []
    names = re.findall(r'\sid="([^"]+)"', page)
    levels = [int(level) for level in re.findall(r"<h([1-6])\b", page)]
    skipped = [f"h{after} follows h{before}" for before, after in pairwise([0, *levels]) if after > before + 1]
    twice = sorted({name for name in names if names.count(name) > 1})
    return [*twice, *skipped, *re.findall(r"<[ou]l\b[^>]*>\s*<[ou]l\b", page), *([] if levels.count(1) == 1 else ["no single h1"])]


def test_every_page_works_in_another_language(
    signed_in: SignIn,
    people: dict[str, User],
    settings: Any,
    tmp_path: Any,
    request: pytest.FixtureRequest,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("CRITICAL")
    settings.MEDIA_ROOT = str(tmp_path)
    give_token(people["lead"])
    full_portal.fill(people, range(2))
    browsers = {staff: signed_in("admin" if staff else "lead", raise_request_exception=False) for staff in (False, True)}
    addresses = {
        route: (browsers[RULES[route].staff], where) for route, where in full_portal.addresses(people["lead"]).items() if route not in ONCE
    }
    english = {route: read(*address) for route, address in addresses.items()}
    request.getfixturevalue("marked")
    foreign = {route: read(*address) for route, address in addresses.items()}
    assert {route: status for route, (status, _) in foreign.items() if status != english[route][0]} == {}
    assert {route: TWICE.search(text).group() for route, (_, text) in foreign.items() if TWICE.search(text)} == {}  # type: ignore[union-attr]
    assert [route for route, (_, text) in foreign.items() if CODES.search(text)] == []
    assert [route for route, (_, text) in foreign.items() if "<h1" in text and BEGIN not in text] == []
    assert [route for route, (_, text) in english.items() if BEGIN in text] == []
    assert {route: faults(text) for route, (_, text) in english.items() if faults(text)} == {}


@pytest.mark.parametrize(
    ("form", "name"), [(FilterForm, "since"), (FilterForm, "until"), (AccessDecisionForm, "until"), (ProlongForm, "date")]
)
@pytest.mark.parametrize("language", ["en-gb", "de"])
def test_a_date_is_in_the_form_as_browsers_read_it(form: type[Form], name: str, language: str) -> None:
    with translation.override(language):
        assert 'value="2026-11-28"' in str(
            form(initial={name: date(2026, 11, 28)}, **({"user": None} if issubclass(form, RequestValuesForm) else {}))[name]
        )
