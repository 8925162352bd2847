"""No way of asking tells a stranger of an embargoed or closed project: conditions, methods, formats, suffixes; once lifted all of them answer."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone

from projects.models import Project, Role
from tests.factories import make_project, make_resource
from tests.wall import RULES
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
SLUG, NOTHING = "walled-in", "no-such-x"  # equally long
STRANGERS = ("anonymous", "newcomer", "outsider", "admin")
PARTS = ("", "people/", "data/", "data/scope/", "references/", "cite/", "cite/bibtex/", "news/", "news/recent/", "software/", "results/", "picture", "activity/", "activity/feed.atom", "workflows/", "workflows/latest/", "workflows/compare/",
         "workflows/1/", "workflows/1/files/", "workflows/1/files/1/", "workflows/1/files/1/preview/", "workflows/1/files/folders/", "workflows/1/files/archive.zip", "workflows/1/logs/1/", "results/1/", "workflows/specifications/analysis/",
         "workflows/specifications/analysis/versions/", "workflows/specifications/analysis/versions/1/", "workflows/specifications/analysis/versions/1/file/", "workflows/specifications/analysis/badge/", "workflows/specifications/analysis/badge.svg", "notebooks/", "settings/", "settings/visibility/", "settings/embargo/", "people/rule/")  # fmt: skip
CONDITIONS: tuple[dict[str, str], ...] = (
    {},
    {"If-None-Match": "*"},
    {"If-None-Match": '"known"'},
    {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
    {"Range": "bytes=0-1"},
    {"Accept": "application/json"},
    {"HX-Request": "true"},
)
QUERIES = ("", "?format=json", "?format=csv", "?format=atom", "?after=1", "?before=1")
SUFFIXES = (".css", "x.css", "%2Fx.css", ";x.css", "?x.css", "//x.css", "%3Fx.css", ".json", ".png")
CHANGING = re.compile(rb'name="csrfmiddlewaretoken"\s+value="\w+"|X-CSRFToken": "\w+"|:\w{6}:[\w-]{43}|"?[0-9a-f]{12}"?')
CONDITIONED = ("", "picture", "data/", "activity/feed.atom", "workflows/1/")  # one of each sort of view
SORTS: dict[str, dict[str, Any]] = {"members": {}, "embargoed": {"embargo_until": timedelta(minutes=5)}}


@pytest.fixture
def walled(request: pytest.FixtureRequest, people: dict[str, User], settings: Any, tmp_path: Any) -> Project:
    settings.MEDIA_ROOT = str(tmp_path)
    facts = {name: timezone.now() + value for name, value in SORTS[getattr(request, "param", "embargoed")].items()}
    project = make_project(slug=SLUG, title="A flare", lead=people["lead"], groups={"escape/km3net": Role.MEMBER}, **facts)
    project.picture.save("p.png", ContentFile(b"\x89PNG"))
    make_resource(project)
    return project


def told(reply: Any, slug: str) -> tuple[int, bytes, dict[str, str]]:
    """All that a reply says, without what differs between any two."""
    headers = {name: value.replace(slug, "") for name, value in reply.headers.items() if name not in ("X-Request-ID", "Content-Length")}
    return reply.status_code, CHANGING.sub(b"", reply.getvalue().replace(slug.encode(), b"")), headers


def ask(browser: Client, method: str, where: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    slug = SLUG if SLUG in where else NOTHING
    return told(getattr(browser, method)(where, headers=headers), slug)


@pytest.mark.parametrize("walled", SORTS, indirect=True)
@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("method", ["get", "head", "options", "post", "put", "delete"])
def test_however_it_is_asked_it_is_as_if_there_were_nothing(signed_in: SignIn, walled: Project, name: str, method: str) -> None:
    browser, differing = signed_in(name), []
    for part in PARTS:
        for headers in CONDITIONS if method in ("get", "head") and part in CONDITIONED else CONDITIONS[:1]:
            here = ask(browser, method, f"/projects/{SLUG}/{part}", **headers)
            if here != ask(browser, method, f"/projects/{NOTHING}/{part}", **headers) or here[0] in (200, 206, 304) or "ETag" in here[2]:
                differing.append((part, headers, here[0]))
    assert differing == []


@pytest.mark.parametrize("walled", SORTS, indirect=True)
@pytest.mark.parametrize("name", STRANGERS)
def test_no_format_and_no_suffix_tells_of_it(signed_in: SignIn, walled: Project, name: str) -> None:
    browser, differing = signed_in(name), []
    for part in PARTS:
        for more in (*QUERIES, *SUFFIXES):
            here = ask(browser, "get", f"/projects/{SLUG}/{part}{more}")
            if here != ask(browser, "get", f"/projects/{NOTHING}/{part}{more}") or here[0] == 200:
                differing.append((part, more, here[0]))
    assert differing == []


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_suffix_of_a_file_makes_no_page_of_a_member_cacheable(signed_in: SignIn, walled: Project, suffix: str) -> None:
    member = signed_in("member")
    for part in PARTS:
        reply = member.get(f"/projects/{SLUG}/{part}{suffix}", headers={"Host": "testserver", "X-Forwarded-Host": "evil.example"})
        assert "private" in reply["Cache-Control"], part
        assert "max-age" not in reply["Cache-Control"], part
        assert b"evil.example" not in reply.getvalue()


def test_once_lifted_head_and_formats_answer_everybody_and_head_says_what_get_says(signed_in: SignIn, walled: Project) -> None:
    Project.objects.update(embargo_until=timezone.now() - timedelta(seconds=1))
    visitor = signed_in("anonymous")
    for part in ("", "people/", "data/", "results/", "picture", "activity/", "activity/feed.atom", "workflows/", "notebooks/"):
        where = f"/projects/{SLUG}/{part}"
        got, head = visitor.get(where), visitor.head(where)
        assert (got.status_code, head.status_code) == (200, 200), part
        assert got["Content-Type"] == head["Content-Type"]
        assert "max-age" not in got["Cache-Control"]
    assert visitor.get(f"/projects/{SLUG}/picture", headers={"If-None-Match": "*"}).status_code == 304


def test_every_part_of_a_project_that_can_be_looked_at_is_among_those_asked() -> None:
    apps = ("projects:", "activity:", "workflows:", "notebooks:")
    open_ones = [name for name, rule in RULES.items() if name.startswith(apps) and rule.open and rule.permission]
    assert (
        len(open_ones) <= len([part for part in PARTS if not part.startswith(("settings", "people/rule"))]) + 2
    )  # a run's file and its keeps
