"""No page shows a control character: an escape, or one that turns the direction of text, in names, logs, errors and titles from elsewhere."""

import re
import uuid
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from projects.models import Project, Resource, Role
from projects.notebooks.models import Session
from projects.workflows.models import Keep, Run, RunFile, Specification
from tests.factories import make_resource
from tests.test_wall import Addresses, SignIn, addresses  # noqa: F401 -- a fixture
from vre_portal.control_characters import marked
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
ODD = "\x1b[31mred\x07 \u202egnp\u2069 \x85"
MARKED = "\ufffd[31mred\ufffd \ufffdgnp\ufffd \ufffd"
CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]")
SHOWN = ("title", "alt", "placeholder", "label", "content", "summary")


class Words(HTMLParser):
    """What a page says: its text, and the attributes that are shown or read aloud."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.within = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.within = tag
        self.found += [value or "" for name, value in attrs if name in SHOWN or name.startswith("aria-")]

    def handle_endtag(self, tag: str) -> None:
        self.within = ""

    def handle_data(self, data: str) -> None:
        if self.within not in ("textarea", "script", "style"):
            self.found.append(data)


def odd_everywhere(people: dict[str, User]) -> None:
    """Everything that somebody typed, or a service said, holds such characters."""
    User.objects.update(name=f"Ada {ODD}")
    texts = ("title", "summary", "description", "contact", "licence", "citation", "theme", "picture_description", "scope")
    Project.objects.update(**dict.fromkeys(texts, ODD[:40]), experiments=[ODD], institutes=[ODD])
    project = Project.objects.get()
    for kind in Resource.Kind.values:
        make_resource(
            project, kind=kind, identifier=f"TEST_SP:{kind}{ODD}", title=f"Title {ODD}", facts={"type": ODD}, added_by=people["lead"]
        )
    project.memberships.create(group=f"escape/{ODD}", role=Role.VIEWER)
    Specification.objects.update(title=ODD, path=ODD, commit=ODD)
    log = [{"name": ODD, "state": "failed", "log": f"a\r\n{ODD}\rb", "started": None, "finished": None, "environment": ODD}]
    Run.objects.update(
        status=Run.Status.FAILED,
        error=ODD,
        steps=log,
        files_note=ODD,
        parameters={"years": ODD},
        inputs={f"a{ODD}": {"lake": "escape", "did": f"X:{ODD}"}},
    )
    run = Run.objects.get()
    RunFile.objects.update(path=f"{ODD}.png")
    RunFile.objects.create(run=run, path=f"lost{ODD}", state=RunFile.State.FAILED, reason=ODD)
    Keep.objects.create(
        run=run, by=people["lead"], key=uuid.uuid4(), lake="escape", scope=ODD, dataset=ODD, paths=[ODD], failed={ODD: ODD}, rse=ODD, copy_rse=ODD,
        error=ODD, status=Keep.Status.FAILED,
    )  # fmt: skip
    Session.objects.update(message=ODD, by=people["lead"])


@pytest.mark.parametrize("visitor", ["anonymous", "lead", "admin"])
def test_no_page_shows_a_control_character(signed_in: SignIn, addresses: Addresses, people: dict[str, User], visitor: str) -> None:  # noqa: F811
    odd_everywhere(people)
    browser: Client = signed_in(visitor, raise_request_exception=False)
    pages = {
        name: browser.get(where, {"q": ODD, "name": ODD, "did": f"X:{ODD}", "error": ODD})
        for name, where in addresses.items()
        if name != "account_logout"
    }
    html = {name: page.content.decode() for name, page in pages.items() if page.get("Content-Type", "").startswith("text/html")}
    shown = {name: [words for words in Words(page).found if CONTROL.search(words)] for name, page in html.items()}
    assert {name: words for name, words in shown.items() if words} == {}
    assert sum("\ufffd" in page for page in html.values()) > 5
    statuses = {name: page.status_code for name, page in pages.items() if page.status_code >= 500 and page.status_code not in (502, 503)}
    assert statuses == {}


def test_what_is_shown_is_marked_and_what_is_needed_to_the_letter_stays() -> None:
    page = (
        f'<title>{ODD}</title><p title="{ODD}" data-copy="{ODD}">a > b {ODD}</p><a href="?a={ODD}" aria-label=\'{ODD}\'>x</a>'
        f'<input value="{ODD}" placeholder="a > {ODD}"><textarea name="t">{ODD}</textarea><script type="application/json">"{ODD}"</script>'
        f"<!-- {ODD} --><pre>line\r\nline\tend</pre>"
    )
    assert marked(page) == (
        f'<title>{MARKED}</title><p title="{MARKED}" data-copy="{ODD}">a > b {MARKED}</p><a href="?a={ODD}" aria-label=\'{MARKED}\'>x</a>'
        f'<input value="{ODD}" placeholder="a > {MARKED}"><textarea name="t">{ODD}</textarea><script type="application/json">"{ODD}"</script>'
        f"<!-- {ODD} --><pre>line\nline\tend</pre>"
    )


@pytest.mark.parametrize("page", ["", "<p>plain é \u05d0 \U0001f600</p>", "a\n\tb\r\n", "<p title='"])
def test_a_page_without_such_characters_is_the_same(page: str) -> None:
    assert marked(page) == page


@pytest.mark.parametrize("page", [f"<p title='{ODD}", f"<textarea>{ODD}", f"<<<{ODD}>>>", "<" * 20_000 + ODD, f'<a {"x=" * 5_000}"{ODD}'])
def test_a_broken_page_is_marked_quickly(page: str) -> None:
    assert "\x1b" not in marked(page)


def test_data_and_files_are_left_as_they_are(signed_in: SignIn, addresses: Addresses, people: dict[str, User]) -> None:  # noqa: F811
    odd_everywhere(people)
    browser: Any = signed_in("lead")
    rows = browser.get(addresses["projects:data"], {"format": "json"}).json()["items"]
    assert f"Title {ODD}" in [row["title"] for row in rows]
