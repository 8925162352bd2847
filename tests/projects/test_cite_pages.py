"""How to cite a project: on every tab, on a page of its own, and as a file in five styles."""

from collections.abc import Callable

import pytest
import yaml
from django.test import Client

from projects.models import Membership, Role
from projects.workflows.models import Specification
from tests.factories import make_project, make_public
from vre_portal.citation_formats import STYLES
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
TABS = ("", "people/", "data/", "software/", "workflows/", "notebooks/", "results/", "activity/")


def test_cite_and_share_stand_on_every_tab_and_launch_for_those_who_may(signed_in: SignIn, people: dict[str, User]) -> None:
    project = make_public(slug="km3net", title="Points & more", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    Specification.objects.create(project=project, name="sensitivity", title="Sensitivity")
    for name, may_launch in (("anonymous", False), ("member", True), ("lead", True)):
        for tab in TABS:
            body = signed_in(name).get(f"/projects/km3net/{tab}").content.decode()
            assert 'href="/projects/km3net/cite/"' in body
            assert f'data-copy="{project.address}"' in body
            assert "mailto:?subject=Points%20%26%20more" in body
            assert ("/projects/km3net/workflows/new/" in body.split('class="tabs"')[0]) == may_launch


def test_the_panel_and_the_page_have_all_styles(client: Client, people: dict[str, User]) -> None:
    make_public(slug="km3net", lead=people["lead"], citation="@article{mine, title={Mine}}")
    panel = client.get("/projects/km3net/cite/", headers={"HX-Request": "true"}).content.decode()
    page = client.get("/projects/km3net/cite/").content.decode()
    assert "<html" not in panel
    assert "<html" in page
    for body in (panel, page):
        assert "@article{mine, title={Mine}}" in body
        for style in STYLES:
            assert f'href="/projects/km3net/cite/{style}/"' in body


def test_its_leads_are_the_authors_and_nobody_else(client: Client, people: dict[str, User]) -> None:
    project = make_public(slug="km3net", experiments=["KM3NeT"], lead=people["lead"])
    Membership.objects.create(project=project, user=people["member"], role=Role.MEMBER)
    text = client.get("/projects/km3net/cite/text/").content.decode()
    assert text.startswith("Lead, Lena (")
    assert str(people["member"]) not in text
    Membership.objects.filter(role=Role.LEAD).delete()
    assert client.get("/projects/km3net/cite/text/").content.decode().startswith("KM3NeT (")


def test_an_expression_of_spdx_is_cited_and_another_text_is_not(client: Client, people: dict[str, User]) -> None:
    make_public(slug="one", licence="MIT", lead=people["lead"])
    make_public(slug="two", licence="ask us", lead=people["lead"])
    licences = [yaml.safe_load(client.get(f"/projects/{slug}/cite/cff/").content).get("license") for slug in ("one", "two")]
    assert licences == ["MIT", None]


def test_a_file_is_for_those_who_see_the_project(signed_in: SignIn, people: dict[str, User]) -> None:
    make_project(slug="closed", lead=people["lead"])
    for style in STYLES:
        assert signed_in("lead").get(f"/projects/closed/cite/{style}/").status_code == 200
        assert signed_in("outsider").get(f"/projects/closed/cite/{style}/").status_code == 404
    assert signed_in("lead").get("/projects/closed/cite/nosuch/").status_code == 404
