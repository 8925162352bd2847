"""A file of the Data Lake is offered to the workflows that could read it, and their form opens with it filled in."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Role
from projects.workflows.models import Specification
from projects.workflows.suggestions import place_for
from tests.factories import make_project
from tests.workflows.test_forms import TEXT
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
DATA = {"data/x.fits": {"lake": "escape", "did": "A:x.fits"}, "data/y.fits": {"lake": "escape", "did": "A:z.fits"}}


@pytest.mark.parametrize(
    ("lake", "did", "path"),
    [
        ("escape", "B:deep/y.fits", "data/y.fits"),
        ("escape", "B:z.fits", "data/y.fits"),
        ("escape", "B:other.FITS", "data/x.fits"),
        ("escape", "B:other.root", None),
        ("escape", "B:none", None),
        ("other", "B:y.fits", None),
        ("", "", None),
    ],
)
def test_a_file_takes_the_place_of_one_that_looks_like_it(lake: str, did: str, path: str | None) -> None:
    assert place_for(Specification(data=DATA), lake, did) == path


@pytest.mark.django_db
def test_only_workflows_that_one_may_launch_are_offered(signed_in: SignIn, people: dict[str, User]) -> None:
    for slug, facts in {"mine": {"groups": {"escape/km3net": Role.MEMBER}}, "theirs": {"lead": people["admin"]}}.items():
        project = make_project(slug=slug, **facts)  # type: ignore[arg-type]
        Specification.objects.create(project=project, name=f"s-{slug}", title=f"Fit of {slug}", text=TEXT, data=DATA)
    address = f"{reverse('workflows-use')}?lake=escape&did=B:y.fits"
    page = signed_in("member").get(address).content.decode()
    assert "Fit of mine" in page
    assert "Fit of theirs" not in page
    assert "No matching workflow" in signed_in("outsider").get(address).content.decode()
    form = signed_in("member").get("/projects/mine/workflows/new/?specification=s-mine&lake=escape&did=B%3Ay.fits").content.decode()
    assert 'value="B:y.fits"' in form
    assert 'value="A:x.fits"' in form
    for hostile in ("<b>", "B:\u2028", "x" * 5000):
        reply = signed_in("member").get("/projects/mine/workflows/new/", {"specification": "s-mine", "lake": "escape", "did": hostile})
        assert reply.status_code == 200
        assert "<b>" not in reply.content.decode()
