"""The environments in which sessions start at a hub."""

import pytest
from django.test import Client

from catalog.environments import configured, profiles, storing
from catalog.environments.models import Environment, EnvironmentTest
from catalog.environments.storing import EnvironmentValues
from tests.environments.conftest import Write
from tests.factories import make_environment
from vre_portal.services import ServiceKind, service

pytestmark = pytest.mark.django_db
HUB = """
[[service]]
kind = "jupyterhub"
name = "hub"
title = "H"
url = "http://127.0.0.1:1"
[service.options]
token = "x"
gpu = false
{options}
[[service.options.environments]]
name = "zeta"
image = "ghcr.io/vre/zeta:1"
session_kind = "JupyterLab"
[[service.options.environments]]
title = "Carta"
image = "ghcr.io/vre/carta:1"
session_kind = "CARTA"
[[service.options.environments]]
name = "no-session"
image = "ghcr.io/vre/none:1"
[[service.options.environments]]
name = "gpu"
image = "ghcr.io/vre/gpu:1"
session_kind = "JupyterLab"
has_gpu = true
"""
REANA = """
[[service]]
kind = "reana"
name = "reana"
title = "R"
url = "http://127.0.0.1:1"
[[service.options.environments]]
name = "zeta"
image = "ghcr.io/vre/zeta:1"
"""


def slugs() -> list[str]:
    return [profile.slug for profile in profiles.profiles_of(service(ServiceKind.JUPYTERHUB))]


def test_they_are_those_that_the_hub_names_in_its_order(write: Write) -> None:
    write(REANA + HUB.replace("{options}", ""))
    configured.collect()
    make_environment(slug="ours", image="ghcr.io/vre/ours:1", for_notebooks=True, session_kind="JupyterLab")
    assert slugs() == ["zeta", "carta"]  # no kind of session, a GPU that is not there, and one that only the catalogue has
    first = profiles.profiles_of(service(ServiceKind.JUPYTERHUB))[0]
    assert (first.image, first.session_kind, first.url) == ("ghcr.io/vre/zeta:1", "JupyterLab", "/catalog/environments/zeta/")


def test_a_hub_may_start_all_of_the_catalogue(write: Write) -> None:
    write(HUB.replace("{options}", "starts_catalogue = true"))
    configured.collect()
    make_environment(slug="ours", image="ghcr.io/vre/ours:1", for_notebooks=True, session_kind="JupyterLab")
    make_environment(slug="steps", image="ghcr.io/vre/steps:1", for_workflows=True)
    assert slugs() == ["zeta", "carta", "ours"]


def test_one_that_people_gave_the_name_of_an_entry_is_not_it(write: Write) -> None:
    write(HUB.replace("{options}", ""))
    make_environment(slug="zeta", image="ghcr.io/evil/zeta:1", for_notebooks=True, session_kind="JupyterLab")
    configured.collect()
    assert slugs() == ["carta"]


def test_the_page_of_one_says_where_sessions_start_and_that_they_are_not_isolated(write: Write) -> None:
    write(HUB.replace("{options}", "isolated = false"))
    configured.collect()
    page = Client().get("/catalog/environments/zeta/").content.decode()
    assert "Sessions at" in page
    assert "not isolated from each other" in page
    assert Client().get("/catalog/environments/zeta/?format=json").json()["sessions"] == [{"hub": "hub", "title": "H", "isolated": False}]
    assert "Sessions at" not in Client().get("/catalog/environments/no-session/").content.decode()


def test_what_is_old_or_withdrawn_starts_no_more_at_once(write: Write) -> None:
    write(HUB.replace("{options}", ""))
    configured.collect()
    row = Environment.objects.get(slug="zeta")
    values = EnvironmentValues(**{**EnvironmentValues.of(row).__dict__, "status": "withdrawn"})
    storing.change(by=None, environment=row, seen=1, values=values)
    assert slugs() == ["carta"]


def test_the_digest_is_part_of_the_image_and_tests_are_told_where_asked_for(write: Write) -> None:
    write(HUB.replace("{options}", ""))
    configured.collect()
    row = Environment.objects.get(slug="zeta")
    assert row.current
    row.current.digest = f"sha256:{'a' * 64}"
    row.current.save()
    EnvironmentTest.objects.create(
        version=row.current, environment=row, image=row.current.pinned, digest=row.current.digest, starter="x", state="passed"
    )
    hub = service(ServiceKind.JUPYTERHUB)
    assert profiles.profiles_of(hub)[0].image.endswith(f"zeta:1@sha256:{'a' * 64}")
    assert profiles.profiles_of(hub)[0].tested is None
    told = profiles.profiles_of(hub, with_tests=True)[0].tested
    assert told
    assert told.is_current


def test_a_hub_that_names_none_chooses_itself(write: Write) -> None:
    write(HUB.split("[[service.options.environments]]", maxsplit=1)[0].replace("{options}", ""))
    assert not profiles.has_profiles(service(ServiceKind.JUPYTERHUB))
    assert slugs() == []
