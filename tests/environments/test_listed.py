"""Pages of projects say which environment a container image is, and its status."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.environments import listed, storing
from catalog.environments.models import Environment
from catalog.environments.storing import EnvironmentValues
from projects.models import Resource
from tests.factories import make_environment, make_public, make_resource

pytestmark = pytest.mark.django_db
IMAGE, DIGEST = "ghcr.io/team/fit:1.0", f"sha256:{'a' * 64}"


def changed(environment: Environment, **facts: object) -> None:
    values = {**EnvironmentValues.of(environment).__dict__, **facts}
    assert environment.current
    storing.change(by=None, environment=environment, seen=environment.current.number, values=EnvironmentValues(**values))


def test_the_environment_that_has_it_now_comes_first() -> None:
    earlier = make_environment(name="Another", image=IMAGE)
    changed(earlier, image="ghcr.io/team/other:2")
    assert not listed.images([IMAGE])[IMAGE].is_current
    make_environment(slug="fit", name="Fit", image=IMAGE)
    found = listed.images([IMAGE, f"docker://{IMAGE}", "ghcr.io/team/fit:1", f"x/{IMAGE}"])
    assert set(found) == {IMAGE, f"docker://{IMAGE}"}
    assert (found[IMAGE].name, found[IMAGE].url, found[IMAGE].is_current) == ("Fit", "/catalog/environments/fit/", True)


def test_a_digest_is_the_versions_own() -> None:
    environment = make_environment(name="Fit", image=IMAGE)
    assert environment.current
    environment.current.digest = DIGEST
    environment.current.save()
    assert set(listed.images([f"{IMAGE}@{DIGEST}", f"{IMAGE}@sha256:{'b' * 64}"])) == {f"{IMAGE}@{DIGEST}"}


def test_images_are_read_once_for_all_pages() -> None:
    make_environment(image=IMAGE)
    assert listed.images([IMAGE])
    with CaptureQueriesContext(connection) as asked:
        assert listed.images([IMAGE, "python:3.13"])
    assert not asked.captured_queries


def test_a_projects_page_says_it_and_follows_the_catalogue() -> None:
    project = make_public(slug="open")
    make_resource(project, kind=Resource.Kind.ENVIRONMENT, service="", identifier=IMAGE)
    make_resource(project, kind=Resource.Kind.ENVIRONMENT, service="", identifier="python:3.13")
    environment = make_environment(slug="fit", name="Fit", image=IMAGE)
    for address in ("/projects/open/software/", "/projects/open/", "/projects/open/references/"):
        page = Client().get(address).content.decode()
        assert page.count('href="/catalog/environments/fit/"') == 1, address
        assert ">offered<" in page
    changed(environment, status="withdrawn")
    page = Client().get("/projects/open/software/").content.decode()
    assert ">withdrawn<" in page
    changed(Environment.objects.get(slug="fit"), image="ghcr.io/team/fit:2.0")
    assert "(earlier version)" in Client().get("/projects/open/software/").content.decode()
