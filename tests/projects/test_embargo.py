"""An embargoed project is for its members until its moment, and for everybody from then on; until then nothing tells that it is there."""

import re
import statistics
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.editing.access import confirmation, set_visibility
from projects.models import Project, Role
from tests.factories import make_project, make_resource
from tests.search_index import index_all
from vre_portal.iam.models import User
from vre_portal.pages import middleware as page_cache

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
SLUG, TITLE = "embargoed-thing", "Embargoed neutrino flare"
LISTS = (
    "/",
    "/projects/",
    "/projects/?format=json",
    "/search/?q=flare",
    "/projects/?q=flare&format=json",
    "/dashboard/",
    "/projects/choose/",
)
PARTS = ("", "people/", "data/", "software/", "results/", "picture", "workflows/", "workflows/latest/", "notebooks/", "?format=json")
STRANGERS = ("anonymous", "newcomer", "outsider", "admin")
CHANGING = re.compile(rb'name="csrfmiddlewaretoken"\s+value="\w+"|X-CSRFToken": "\w+"|:\w{6}:[\w-]{43}|<code>[0-9a-f]{12}</code>')


@pytest.fixture
def moment(people: dict[str, User], settings: Any, tmp_path: Any) -> datetime:
    """The end of the embargo of a project with all that could tell of it."""
    settings.MEDIA_ROOT = str(tmp_path)
    ends = timezone.now() + timedelta(minutes=10)
    project = make_project(slug=SLUG, title=TITLE, embargo_until=ends, lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    project.picture.save("p.png", ContentFile(b"\x89PNG"))
    make_resource(project)
    index_all()
    return ends


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[datetime], None]:
    """Set the portal's clock."""

    def at(when: datetime) -> None:
        monkeypatch.setattr("projects.models.project.timezone", type("Clock", (), {"now": staticmethod(lambda: when)}))
        page_cache.pages.clear()  # which go by the real clock: tests/pages/test_changes.py waits for a moment

    return at


def told(browser: Client, path: str) -> str:
    return browser.get(path).content.decode()


@pytest.mark.parametrize("name", STRANGERS)
def test_one_second_before_it_is_nowhere(signed_in: SignIn, moment: datetime, clock: Callable[[datetime], None], name: str) -> None:
    clock(moment - timedelta(seconds=1))
    browser = signed_in(name)
    for path in LISTS:
        page = told(browser, path)
        assert TITLE not in page, path
        assert SLUG not in page, path
    assert {part: browser.get(f"/projects/{SLUG}/{part}").status_code for part in PARTS if part != "notebooks/" or name != "anonymous"} == {
        part: 404 for part in PARTS if part != "notebooks/" or name != "anonymous"
    }


@pytest.mark.parametrize("name", STRANGERS)
def test_from_its_moment_on_everybody_sees_it(signed_in: SignIn, moment: datetime, clock: Callable[[datetime], None], name: str) -> None:
    browser = signed_in(name)
    for when, status in ((moment - timedelta(seconds=1), 404), (moment, 200), (moment + timedelta(seconds=1), 200)):
        clock(when)
        assert browser.get(f"/projects/{SLUG}/").status_code == status
        assert browser.get(f"/projects/{SLUG}/picture").status_code == status
        assert (TITLE in told(browser, "/")) == (status == 200)
        assert (f'href="/projects/{SLUG}/"' in told(browser, "/search/?q=flare")) == (status == 200)
        assert (SLUG in told(browser, "/projects/?format=json")) == (status == 200)
    assert browser.get(f"/projects/{SLUG}/?format=json").json()["visibility"] == "public"


@pytest.mark.parametrize("name", ["member", "lead"])
def test_its_members_see_it_all_the_while(signed_in: SignIn, moment: datetime, clock: Callable[[datetime], None], name: str) -> None:
    browser = signed_in(name)
    for when in (moment - timedelta(seconds=1), moment + timedelta(seconds=1)):
        clock(when)
        assert browser.get(f"/projects/{SLUG}/").status_code == 200
        assert TITLE in told(browser, "/dashboard/")


def test_nothing_of_it_may_be_kept_by_a_shared_cache_before(signed_in: SignIn, moment: datetime) -> None:
    for part in ("", "picture", "?format=json"):
        assert "private" in signed_in("member").get(f"/projects/{SLUG}/{part}")["Cache-Control"], part
        assert "max-age" not in Client().get(f"/projects/{SLUG}/{part}").get("Cache-Control", ""), part


@pytest.mark.parametrize("sort", ["embargoed", "members"])
@pytest.mark.parametrize("name", STRANGERS)
def test_its_404_is_that_of_nothing_byte_by_byte(signed_in: SignIn, moment: datetime, name: str, sort: str) -> None:
    if sort == "members":
        Project.objects.update(embargo_until=None)
    browser, nothing = signed_in(name), "x" * len(SLUG)
    for part in PARTS:
        here, nowhere = browser.get(f"/projects/{SLUG}/{part}"), browser.get(f"/projects/{nothing}/{part}")
        assert here.status_code == nowhere.status_code
        assert plain(here.content, SLUG) == plain(nowhere.content, nothing), part
        assert headers(here, SLUG) == headers(nowhere, nothing), part


def headers(reply: Any, slug: str) -> dict[str, str]:
    """Without the request's id, and without the slug in the way back from a sign-in."""
    return {name: value.replace(slug, "") for name, value in reply.headers.items() if name != "X-Request-ID"}


@pytest.mark.parametrize(("wanted", "status"), [("members", 404), ("public", 200)])
def test_what_a_lead_decides_is_not_undone_by_the_date(people: dict[str, User], moment: datetime, wanted: str, status: int) -> None:
    Project.objects.update(embargo_until=timezone.now() + timedelta(days=1 if wanted == "public" else -1))
    lead, project = people["lead"], Project.objects.get()
    assert set_visibility(by=lead, project=project, to=wanted, seen=confirmation(lead, project) if wanted == "public" else "")
    assert Project.objects.get().embargo_until is None
    assert Client().get(f"/projects/{SLUG}/").status_code == status


def plain(body: bytes, slug: str) -> bytes:
    return CHANGING.sub(b"", body.replace(slug.encode(), b""))


def test_the_time_of_the_answer_tells_nothing_gross(signed_in: SignIn, moment: datetime) -> None:
    browser, times = signed_in("outsider"), {SLUG: [], "x" * len(SLUG): []}  # type: dict[str, list[float]]
    for _ in range(25):
        for slug, taken in times.items():
            begin = time.perf_counter()
            browser.get(f"/projects/{slug}/")
            taken.append(time.perf_counter() - begin)
    here, nowhere = (statistics.median(taken) for taken in times.values())
    assert abs(here - nowhere) < max(0.004, 0.3 * nowhere)


def test_equal_questions_are_asked_of_the_database_for_both(signed_in: SignIn, moment: datetime, django_assert_num_queries: Any) -> None:
    browser = signed_in("outsider")
    browser.get("/projects/warm/")
    with django_assert_num_queries(4):  # the last asks for what remains of a public project that was deleted
        browser.get(f"/projects/{SLUG}/")
    with django_assert_num_queries(4):  # the last asks for what remains of a public project that was deleted
        browser.get("/projects/nothing/")
