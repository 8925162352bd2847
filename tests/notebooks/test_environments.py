"""The environments of sessions: only those of the catalogue that are listed for the hub start there, whatever is posted to it."""

import json
from typing import Any

import pytest
from django.test import Client

from catalog.environments.models import Environment
from devstack.address import ENVS, subject
from devstack.hub import options
from tests.devstack.hub_client import ask, browser_at_hub, grant, service
from tests.factories import make_environment, make_project
from tests.notebooks.conftest import TOKEN, use_service
from tests.notebooks.lab_session import lab_session
from tests.notebooks.visitor import Visitor
from vre_portal.iam.models import User

ADDRESS = "/notebooks/may-start/"
NAMED = {"token": TOKEN, "environments": [{"name": "second", "image": "x", "session_kind": "JupyterLab"}]}


def asked(user: User, environment: Any) -> Any:
    body = json.dumps({"user": user.subject, "server": "mine", "environment": environment})
    headers = {"Authorization": f"Bearer {TOKEN}"}
    return Client().post(ADDRESS, body, content_type="application/json", headers=headers)


@pytest.mark.django_db
class TestAsThePortalAnswers:
    """The question that a hub asks before each start."""

    @pytest.fixture(autouse=True)
    def listed(self, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
        use_service(monkeypatch, "http://127.0.0.1:1", NAMED)
        make_project(slug="mine", groups={"escape/km3net": "member"})
        for slug in ("second", "other"):
            make_environment(slug=slug, image=f"ghcr.io/team/{slug}:1", for_notebooks=True, session_kind="JupyterLab")
        Environment.objects.filter(slug="second").update(configured="of-the-file")

    @pytest.mark.parametrize("name", ["second", ""])
    def test_a_listed_one_is_named_with_its_image(self, people: dict[str, User], name: str) -> None:
        answer = asked(people["member"], name).json()
        assert answer == {"allowed": True, "reason": "", "environment": {"name": "second", "image": "ghcr.io/team/second:1"}}

    @pytest.mark.parametrize("name", ["other", "nothing", "../second", "second ", "ghcr.io/team/second:1"])
    def test_any_other_name_is_refused_with_what_to_do(self, people: dict[str, User], name: str) -> None:
        answer = asked(people["member"], name).json()
        assert (answer["allowed"], "environment" in answer) == (False, False)
        assert "/catalog/environments/" in answer["reason"]

    @pytest.mark.parametrize("name", [3, None, ["second"], {"name": "second"}, "x" * 300, "\0"])
    def test_what_is_no_name_is_a_bad_question(self, people: dict[str, User], name: Any) -> None:
        assert asked(people["member"], name).status_code == 400

    def test_where_none_is_offered_any_more_nothing_starts(self, people: dict[str, User]) -> None:
        Environment.objects.update(status="withdrawn")
        answer = asked(people["member"], "").json()
        assert (answer["allowed"], "No environment" in answer["reason"]) == (False, True)

    def test_a_hub_that_names_none_chooses_itself(self, people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
        use_service(monkeypatch, "http://127.0.0.1:1", {"token": TOKEN})
        assert asked(people["member"], "").json() == {"allowed": True, "reason": ""}
        assert asked(people["member"], "second").json()["allowed"] is False


@pytest.mark.parametrize("bad", [3, None, "A b", "../lab", "x" * 81, ["lab"]])
def test_the_hub_itself_takes_names_only(bad: Any) -> None:
    with pytest.raises(options.OptionsError, match="environment must be the name"):
        options.read({"project": "mine", "environment": bad}, "mine")
    found = options.read({"project": "mine", "environment": "lab-analysis"}, "mine")
    assert found
    assert found.environment == "lab-analysis"


@pytest.mark.integration("hub", "iam", "portal", "worker")
class TestAtTheHub:
    """The running hub, which asks the running portal."""

    @pytest.fixture(autouse=True, scope="class")
    def signed_in(self) -> None:
        Visitor("member")  # at the portal, which asks for the person's groups

    def test_a_session_starts_in_the_second_one_and_imports_what_it_promises(self) -> None:
        folder = ENVS / "lab-analysis"
        with lab_session("member", "environment-test", environment="lab-analysis") as session:
            assert session.program == str(folder / "bin" / "python")
            code = "import sys, iminuit, uproot, pandas, scipy, rucio_jupyterlab; print(sys.prefix)"
            done = session.shell("python", "-c", code)
            assert (done.stdout.strip(), done.stderr) == (str(folder), "")

    @pytest.mark.parametrize("name", ["sed-fit", "analysis", "no-such-one"])
    def test_one_that_is_not_listed_there_does_not_start(self, name: str) -> None:
        browser_at_hub("member")
        grant("environment-test")
        reply = ask("member", "environment-test", {"project": "environment-test", "environment": name})
        assert reply.status_code == 409, reply.text
        assert "can't be started" in reply.json()["message"]
        assert "environment-test" not in service("GET", f"/users/{subject('member')}").json()["servers"]
