"""Nobody's page depends on who looked before: with the parts that others left in memory it is what it is without them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from projects.models import Membership, Project
from tests import full_portal
from vre_portal.fragments import fragments
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
PEOPLE = ("lead", "member", "outsider", "newcomer", "admin", "anonymous")
# A form's token is masked anew for each page, and its own id is new; "12 seconds ago" may be some seconds older.
DIFFERS = re.compile(
    r"""csrfmiddlewaretoken" value="\w+|X-CSRFToken": "\w+|:\w{6}:[\w-]{43}|name="key" value="[^"]+"|(?<=>)[^<>]*(?=</time>)|<code>\w+</code>|Updated[^.]*"""
)
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(600)]


def pages_of(run: int) -> list[str]:
    own = [f"/projects/{slug}/{part}" for slug in ("full", "other-000", "other-001") for part in ("", "people/", "data/", "workflows/")]
    return ["/dashboard/", "/projects/", "/catalog/software/", f"/projects/full/workflows/{run}/", *own]


@pytest.fixture
def held(people: dict[str, User], settings: Any, tmp_path: Any) -> list[str]:
    """The addresses that are asked for; one project is public, one is the lead's alone, one knows a group."""
    settings.MEDIA_ROOT = str(tmp_path)
    settings.NOTICE_COUNT_SECONDS = 3600  # the number on the bell is counted now and then, on whatever page
    cache.clear()
    full_portal.fill(people, range(2))
    project = Project.objects.get(slug="full")
    Membership.objects.create(project=project, group="escape/km3net", role="member")
    return pages_of(project.runs.latest("number").number)


def seen(browser: Client, where: str) -> tuple[int, str]:
    answer = browser.get(where)
    return answer.status_code, DIFFERS.sub("", answer.content.decode())


def test_what_others_looked_at_before_changes_no_page(signed_in: SignIn, held: list[str]) -> None:
    browsers, alone, changed = {name: signed_in(name) for name in PEOPLE}, {}, []
    for name, browser in browsers.items():
        for where in held:
            browser.get(where)
            fragments.clear()
            alone[name, where] = seen(browser, where)
    fragments.clear()
    for order in (PEOPLE, tuple(reversed(PEOPLE))):
        for name in order:
            changed += [(name, where) for where in held if seen(browsers[name], where) != alone[name, where]]
    assert changed == []
    assert {alone[name, "/projects/full/"][0] for name in ("outsider", "newcomer", "anonymous")} == {404}


def test_what_was_taken_away_is_gone_with_the_next_page(signed_in: SignIn, people: dict[str, User], held: list[str]) -> None:
    browser = signed_in("member")
    before = [seen(browser, where) for where in ("/dashboard/", "/projects/full/")]
    assert "/projects/full/" in before[0][1]
    assert before[1][0] == 200
    assert [seen(browser, where) for where in ("/dashboard/", "/projects/full/")] == before
    Membership.objects.filter(project__slug="full", group="escape/km3net").delete()
    assert "/projects/full/" not in seen(browser, "/dashboard/")[1]
    assert seen(browser, "/projects/full/")[0] == 404
    User.objects.filter(pk=people["member"].pk).update(groups=[])
    assert "/projects/other-000/" not in seen(browser, "/dashboard/")[1]


def test_a_changed_project_is_new_for_those_who_saw_the_old_one(signed_in: SignIn, held: list[str]) -> None:
    browser = signed_in("lead")
    assert "Much of everything" in seen(browser, "/projects/full/")[1]
    Project.objects.filter(slug="full").update(summary="Other words", description="A *new* text")
    shown = seen(browser, "/projects/full/")[1]
    assert "Other words" in shown
    assert "<em>new</em>" in shown
    assert "Much of everything" not in shown
    Project.objects.get(slug="full").resources.all().delete()
    assert "Thing 0" not in seen(browser, "/projects/full/")[1]
