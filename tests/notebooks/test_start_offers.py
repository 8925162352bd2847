"""What a start page offers depends on the hub and its environments: nothing that a session would not have."""

import uuid
from typing import Any

import pytest

from catalog.environments import profiles
from catalog.environments.models import Environment
from projects.models import Project
from projects.notebooks.models import Session
from tests.factories import make_environment
from tests.notebooks.conftest import MakeSession, SignIn, use_service
from tests.notebooks.test_start_page import NEW, OFFER, errors, start

pytestmark = pytest.mark.django_db
GIT = "https://git.example.org/a/b"
NAMED = [{"name": name, "image": "x", "session_kind": "JupyterLab"} for name in ("plain", "gpu")]
SESSION = {"for_notebooks": True, "session_kind": "JupyterLab"}


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A hub with a plain environment and one for GPUs that fetches repositories."""
    for slug, imports in (("plain", ["numpy"]), ("gpu", ["numpy", "nbgitpuller"])):
        made = make_environment(slug=slug, name=slug.title(), image=f"ghcr.io/team/{slug}:1", has_gpu=slug == "gpu", **SESSION)
        assert made.current
        made.current.imports = imports
        made.current.save()
    Environment.objects.update(configured="of-the-file")
    return lambda **facts: use_service(monkeypatch, "http://127.0.0.1:9", {**OFFER, "environments": NAMED, "session_gpus": ["T4"], **facts})


@pytest.mark.parametrize("environment", ["", "plain"])
def test_a_gpu_and_a_repository_need_an_environment_that_can_use_them(
    project: Project, signed_in: SignIn, hub: Any, environment: str
) -> None:
    hub()
    browser = signed_in("member")
    assert "“Plain” can't use a GPU" in errors(start(browser, environment=environment, gpu="T4"))["gpu"][0]
    assert "“Plain” can't fetch repositories" in errors(start(browser, environment=environment, git=GIT))["git"][0]
    assert start(browser, environment="gpu", gpu="T4", git=GIT).status_code == 302


def test_a_hub_without_starter_notebooks_is_offered_no_data_and_no_basket(project: Project, signed_in: SignIn, hub: Any) -> None:
    hub(writes_starter=False)
    browser = signed_in("member")
    form = browser.get(NEW).context["form"]
    assert not {"did", "basket"} & set(form.fields)
    assert "don't bring data" in errors(start(browser, did="S:a"))["did"][0]
    assert list(errors(browser.get(f"{NEW}?basket=1"))) == ["basket"]
    assert "Starter notebook" not in browser.get("/projects/notebook-test/notebooks/").content.decode()
    assert start(browser, cpu="2").status_code == 302


def test_where_no_environment_fetches_repositories_none_can_be_entered(project: Project, signed_in: SignIn, hub: Any) -> None:
    hub(environments=NAMED[:1])
    assert not {"git", "branch"} & set(signed_in("member").get(NEW).context["form"].fields)


def test_the_environments_of_the_file_are_offered_however_many_there_are(hub: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiles, "MAX_PROFILES", 2)
    for name in ("A", "B"):
        make_environment(slug=name.lower(), name=name, image=f"ghcr.io/team/{name.lower()}:1", **SESSION)
    assert [item.slug for item in profiles.profiles_of(hub(starts_catalogue=True))] == ["plain", "gpu"]


def test_links_beside_a_form_with_errors_keep_what_was_typed(project: Project, signed_in: SignIn, hub: Any) -> None:
    hub()
    key = str(uuid.uuid4())
    reply = signed_in("member").post(NEW, {"key": key, "hub": "hub", "cpu": "99", "did": "S:a", "name": "x-y"})
    assert "cpu=99" in reply.context["query"]
    assert reply.context["kept_query"] == "did=S%3Aa&name=x-y"
    assert key not in reply.context["query"]


def test_staff_read_no_message_which_may_name_restricted_data(make_session: MakeSession, signed_in: SignIn) -> None:
    make_session(state=Session.State.READY, path="/user/x/", message="CANARY:data could not be fetched")
    assert "CANARY" in signed_in("member").get("/notebooks/").content.decode()
    assert "CANARY" not in signed_in("admin").get("/notebooks/all/").content.decode()
