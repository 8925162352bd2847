"""A form that is sent again: after Back, while its session stops, from a foreign link; and data and repositories that cannot be brought."""

import uuid
from typing import Any

import pytest

from projects.models import Project
from projects.notebooks import server_options, views
from projects.notebooks.models import Session
from projects.notebooks.start_options import StartOptions
from tests.notebooks.conftest import MakeSession, SignIn, use_service
from tests.notebooks.test_start_page import NEW, OFFER, errors
from vre_portal import services as registry
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import ServiceKind

pytestmark = pytest.mark.django_db
GIT = "https://git.example.org/a/b"
READY = {"state": Session.State.READY, "path": "/user/x/notebook-test/"}
COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> None:
    use_service(monkeypatch, "http://127.0.0.1:9", OFFER)


def test_after_back_other_settings_are_not_lost(project: Project, signed_in: SignIn, make_session: MakeSession) -> None:
    session = make_session(options={"cpu": "1"}, **READY)
    browser, form = signed_in("member"), {"key": str(session.key), "hub": "hub"}
    assert browser.post(NEW, {**form, "cpu": "1"}).headers["Location"].startswith(session.get_absolute_url())
    assert "already open" in str(errors(browser.post(NEW, {**form, "cpu": "2"}))["name"])
    assert browser.post(NEW, {**form, "cpu": "2", "name": "two"}).status_code == 302
    assert Session.objects.get(name="two").options == {"cpu": "2"}
    Session.objects.filter(pk=session.pk).update(state=Session.State.FAILED)
    assert not browser.post(NEW, {**form, "cpu": "1"}).headers["Location"].startswith(session.get_absolute_url())
    assert Session.objects.filter(name="").count() == 2


def test_one_that_is_stopping_starts_again_with_the_new_settings(project: Project, signed_in: SignIn, make_session: MakeSession) -> None:
    session = make_session(state=Session.State.STOPPING, why="You stopped it.", options={"cpu": "1"})
    browser = signed_in("member")
    assert not errors(browser.get(session.start_address))
    reply = browser.post(NEW, {"key": str(session.key), "hub": "hub", "memory": "2", "did": "S:a"})
    assert reply.headers["Location"].startswith(session.get_absolute_url())
    session.refresh_from_db()
    assert (session.state, session.anew, session.did) == (Session.State.ASKED, True, "S:a")
    assert session.options == {"memory": "2", "dids": ["S:a"]}
    assert Session.objects.count() == 1


def test_the_key_of_a_foreign_link_is_not_kept(project: Project, signed_in: SignIn) -> None:
    key = str(uuid.uuid4())
    reply = signed_in("member").get(f"{NEW}?cpu=2&key={key}")
    assert reply.context["form"]["key"].value() not in ("", None, key)
    assert f'value="{key}"' not in reply.content.decode()


def test_a_portal_without_a_lake_starts_sessions(project: Project, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [item for item in registry.services() if item.kind != ServiceKind.RUCIO]
    monkeypatch.setattr(registry, "_all", lambda: tuple(others))
    browser, form = signed_in("member"), {"key": str(uuid.uuid4()), "hub": "hub"}
    assert "no Data Lake" in str(errors(browser.post(NEW, {**form, "did": "S:a"}))["did"])
    assert browser.post(NEW, form).status_code == 302


def test_data_of_another_lake_are_refused_beside_their_field(project: Project, signed_in: SignIn) -> None:
    browser = signed_in("member")
    assert "these data are in “other”" in str(errors(browser.get(f"{NEW}?lake=other&did=S:a"))["did"])
    assert not errors(browser.get(f"{NEW}?lake=escape&did=S:a"))


@pytest.mark.parametrize(
    ("facts", "field"),
    [({"branch": COMMIT, "git": GIT}, "branch"), ({"git": f"{GIT}/tree/{COMMIT}"}, "git"), ({"git": GIT, "branch": "20240501"}, "")],
)
def test_a_commit_is_refused_where_it_was_entered(project: Project, signed_in: SignIn, facts: dict[str, str], field: str) -> None:
    reply = signed_in("member").post(NEW, {"key": str(uuid.uuid4()), "hub": "hub", **facts})
    assert reply.status_code == 302 if not field else list(errors(reply)) == [field]


def test_repositories_of_one_name_have_folders_of_their_own() -> None:
    places = [("https://a.org/x/fit", ""), ("https://a.org/y/fit.git", ""), ("https://a.org/x/fit", "v1"), ("https://a.org/x/...git", "")]
    folders = [StartOptions(git=git, branch=branch).git_folder for git, branch in places]
    assert len(set(folders)) == len(places)
    assert [folder.rpartition("-")[0] for folder in folders] == ["fit", "fit", "fit", "repository"]


def test_a_repository_is_fetched_when_a_session_is_opened_first(make_session: MakeSession) -> None:
    session = make_session(options={"git": GIT}, **READY)
    assert "git-pull?" in views.place_in_lab(session)
    assert views.place_in_lab(Session.objects.get()) == READY["path"]
    assert Session.objects.get().start_options == StartOptions(git=GIT)


def unreadable(session: Session, did: str) -> dict[str, str]:
    """As of a lake that refuses some data, and is away for one."""
    if did == "S:away":
        raise RemoteUnavailable("away")
    if did.startswith("S:bad"):
        raise RemoteRefused(f"{did} could not be fetched")
    return {"did": did, "type": "FILE"}


def test_data_that_cannot_be_read_are_left_out_and_named(
    make_session: MakeSession, signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_options, "chosen_data", unreadable)

    def session_with(*dids: str) -> Any:
        return make_session(lake="escape", did=dids[0], options={"dids": dids}, server=uuid.uuid4().hex)

    session = session_with("S:bad1", "S:a", "S:b", "S:bad2")
    options = server_options.server_options(session)
    assert "chosen" not in options
    assert options["further"] == [{"did": "S:a", "type": "FILE"}, {"did": "S:b", "type": "FILE"}]
    page = signed_in("member").get(session.get_absolute_url()).content.decode()
    assert "2 of the data that you chose are not in the session" in page
    assert "S:bad2 could not be fetched" in page
    for dids, error in ((["S:bad1"], RemoteRefused), (["S:bad1", "S:bad2"], RemoteRefused), (["S:a", "S:away"], RemoteUnavailable)):
        with pytest.raises(error):
            server_options.server_options(session_with(*dids))
