"""Who uses data, on the page of a DID: also through the collections that contain it, and for each reader what they may see."""

from html import unescape

import pytest
from django.test import Client

from projects.models import Project
from tests.factories import make_project, make_public, make_resource

pytestmark = [pytest.mark.usefixtures("patient"), pytest.mark.integration("rucio", "iam"), pytest.mark.django_db(transaction=True)]
KM3NET, IRF = "KM3NET_ECAP_SP", "DM.PointSourceIRF.km3irf"
PAGE = f"/datalake/escape/did/{KM3NET}"


@pytest.fixture
def projects(db: None) -> list[Project]:
    """Public projects that refer to the file, the dataset and the container around it; and a members-only one."""
    found = []
    for title, name in (("File", "psf.fits"), ("Dataset", IRF), ("Container", "DM.PointSource"), ("Elsewhere", "aeff.fits")):
        found.append(make_public(title=title))
        make_resource(found[-1], identifier=f"{KM3NET}:{name}")
    make_resource(make_project(title="Closed"), identifier=f"{KM3NET}:psf.fits")
    return found


def test_a_file_knows_the_projects_of_all_that_contains_it(client: Client, projects: list[Project]) -> None:
    items = client.get(f"{PAGE}/psf.fits?part=uses&format=json").json()["items"]
    assert {(item["title"], item["detail"]) for item in items} == {
        ("File", ""),
        ("Dataset", f"through {KM3NET}:{IRF}"),
        ("Container", f"through {KM3NET}:DM.PointSource"),
    }
    part = unescape(client.get(f"{PAGE}/psf.fits?part=uses", headers={"HX-Request": "true"}).content.decode())
    assert all(item.get_absolute_url() in part for item in projects[:3])
    assert "<html" not in part
    assert "Used by" in client.get(f"{PAGE}/psf.fits?part=uses").content.decode()


def test_the_page_and_its_json_lead_to_the_uses(client: Client, db: None) -> None:
    assert "part=uses" in client.get(f"{PAGE}/psf.fits").content.decode()
    assert client.get(client.get(f"{PAGE}/psf.fits?format=json").json()["uses"]).json()["items"] == []


def test_what_is_not_there_or_not_public_has_no_uses(client: Client, projects: list[Project]) -> None:
    make_resource(projects[0], identifier=f"{KM3NET}:no.such.thing")
    for address in (f"{PAGE}/no.such.thing", "/datalake/escape/did/KM3NET_EMBARGO_SP/Candidates.Mrk421.simulated"):
        reply = client.get(f"{address}?part=uses&format=json")
        assert (reply.status_code, reply.content) == (302, b"")


def test_the_heading_is_the_title_and_the_code_comes_second(client: Client, db: None) -> None:
    page = client.get(f"{PAGE}/{IRF}").content.decode()
    heading = page[page.index("<h1") : page.index("</h1>")]
    assert "KM3NeT/ARCA instrument response functions for point sources" in heading
    assert page.index("</h1>") < page.index(f"{KM3NET}:{IRF}", page.index("</h1>"))
    assert "psf.fits" in (file := client.get(f"{PAGE}/psf.fits").content.decode())[file.index("<h1") : file.index("</h1>")]
