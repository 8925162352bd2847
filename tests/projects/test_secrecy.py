"""A members-only project does not exist for anybody else: no title, no count, no picture, no difference to nothing."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from projects.models import Project, Role
from tests.factories import make_project, make_public, make_resource
from tests.search_index import index_all
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
STRANGERS = ("anonymous", "newcomer", "outsider", "admin")
TITLE, SLUG, SUMMARY = "Unpublished excess at 3 sigma", "hidden-excess", "Nobody knows of this yet"
CHANGING = re.compile(
    r'name="csrfmiddlewaretoken"\s+value="[^"]*"|"X-CSRFToken": "[^"]*"|:\w{6}:[\w-]{43}|Reference[^<]*<[^>]*>[^<]*|[0-9a-f]{12}'
)


@pytest.fixture
def hidden(people: dict[str, User], settings: Any, tmp_path: Any) -> Project:
    """A members-only project of the group escape/km3net, with a picture and a dataset."""
    settings.MEDIA_ROOT = str(tmp_path)
    project = make_project(slug=SLUG, title=TITLE, summary=SUMMARY, lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    project.picture.save("hidden.svg", ContentFile(b"<svg xmlns='http://www.w3.org/2000/svg'/>"))
    make_resource(project, identifier="KM3NET_ECAP_SP:excess", title="The excess")
    index_all()
    return project


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize(
    "address",
    [
        "/",
        "/projects/",
        "/projects/?q=excess",
        "/projects/?format=json",
        "/projects/?after=hidden-excess&format=json",
        "/search/?q=excess",
        "/search/?q=Nobody+knows",
        "/projects/choose/",
        "/dashboard/",
        "/status/",
        "/status.json",
        "/me/",
    ],
)
def test_no_list_tells_of_it(signed_in: SignIn, hidden: Project, name: str, address: str) -> None:
    public = make_public(slug="aaa-public", title="A public excess")
    body = signed_in(name).get(address, follow=True).content.decode()
    for secret in (TITLE, SUMMARY, f"/{SLUG}/", f'"{SLUG}"', "KM3NET_ECAP_SP:excess"):
        assert secret not in body
    if address.startswith("/projects/?"):
        assert public.title in body


@pytest.mark.parametrize("name", STRANGERS)
@pytest.mark.parametrize("part", ["", "people/", "data/", "software/", "results/", "picture", "?format=json"])
def test_its_pages_answer_as_if_there_were_nothing(signed_in: SignIn, hidden: Project, name: str, part: str) -> None:
    browser = signed_in(name)
    here, nowhere = browser.get(f"/projects/{SLUG}/{part}"), browser.get(f"/projects/hidden-nothing/{part}")
    assert here.status_code == nowhere.status_code == 404
    assert changeless(here.content.decode(), SLUG) == changeless(nowhere.content.decode(), "hidden-nothing")
    ignored = ("X-Request-ID", "Content-Length")
    assert {k: v for k, v in here.headers.items() if k not in ignored} == {k: v for k, v in nowhere.headers.items() if k not in ignored}


def changeless(body: str, slug: str) -> str:
    """A page without what differs between any two requests."""
    return CHANGING.sub("", body.replace(slug, ""))


@pytest.mark.parametrize("name", ["newcomer", "outsider", "admin"])
def test_nothing_can_be_added_and_the_refusal_tells_nothing(signed_in: SignIn, hidden: Project, name: str) -> None:
    browser = signed_in(name)
    form = {"kind": "did", "service": "escape", "identifier": "X:y"}
    here = browser.post("/projects/resources/", {**form, "project": SLUG})
    nowhere = browser.post("/projects/resources/", {**form, "project": "hidden-nothing"})
    assert here.status_code == nowhere.status_code == 404
    assert changeless(here.content.decode(), SLUG) == changeless(nowhere.content.decode(), "hidden-nothing")
    remove = browser.post(f"/projects/{SLUG}/resources/{hidden.resources.get().pk}/remove/")
    assert remove.status_code == 404
    assert hidden.resources.count() == 1


@pytest.mark.parametrize("name", ["member", "lead"])
def test_those_who_belong_to_it_see_it_everywhere(signed_in: SignIn, hidden: Project, name: str) -> None:
    browser = signed_in(name)
    for address in ("/projects/", "/dashboard/", f"/projects/{SLUG}/"):
        assert TITLE in browser.get(address).content.decode()
    assert f'href="/projects/{SLUG}/"' in browser.get("/search/?q=excess").content.decode()  # with the word in it marked
    assert TITLE not in browser.get("/").content.decode()  # the landing page shows what everybody may see


def test_its_picture_is_for_members_and_stays_out_of_shared_caches(signed_in: SignIn, hidden: Project) -> None:
    for name in STRANGERS:
        assert signed_in(name).get(f"/projects/{SLUG}/picture").status_code == 404
    reply = signed_in("member").get(f"/projects/{SLUG}/picture")
    assert b"".join(reply.streaming_content).startswith(b"<svg")  # type: ignore[attr-defined]
    assert reply["Content-Type"] == "image/svg+xml"
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert "private" in reply["Cache-Control"]
    assert "default-src 'none'" in reply["Content-Security-Policy"]


def test_a_picture_that_is_opened_by_itself_runs_no_script(client: Client, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    project = make_public()
    project.picture.save("picture.svg", ContentFile(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"))
    policy = client.get(f"/projects/{project.slug}/picture")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "script-src" not in policy
