"""The start page: filled in from an address, and started as it was filled in."""

import uuid
from typing import Any

import pytest
from django.http import HttpResponse

from projects.baskets.models import Basket
from projects.models import Project
from projects.notebooks import server_options
from projects.notebooks.models import Session, StartSettings
from tests.factories import make_public
from tests.notebooks.conftest import MakeSession, SignIn, use_service
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
NEW = "/projects/notebook-test/notebooks/new/"
OFFER = {"token": "t", "session_cpus": [1, 2], "session_memory_gigabytes": [2, 4.5], "session_git_hosts": ["git.example.org"]}


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> None:
    use_service(monkeypatch, "http://127.0.0.1:9", OFFER)


@pytest.fixture
def basket(people: dict[str, User]) -> Basket:
    return Basket.objects.create(owner=people["member"], name="Sources")


def errors(reply: HttpResponse) -> dict[str, Any]:
    found: dict[str, Any] = reply.context["form"].errors  # type: ignore[attr-defined]
    return dict(found)


def start(browser: Any, **values: Any) -> HttpResponse:
    reply: HttpResponse = browser.post(NEW, {"key": str(uuid.uuid4()), "hub": "hub", **values})
    return reply


def test_an_address_fills_the_form_in_and_starts_nothing(project: Project, signed_in: SignIn, basket: Basket) -> None:
    query = f"?cpu=2&memory=4.5&basket={basket.pk}&did=S:a&did=S:b&git=https://git.example.org/a/b&branch=v1&name=fit2"
    reply = signed_in("member").get(NEW + query)
    form = reply.context["form"]
    assert not form.errors
    page = reply.content.decode()
    assert 'value="4.5" selected' in page
    assert f'value="{basket.pk}" selected' in page
    assert "S:a\nS:b</textarea>" in page
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    ("query", "field", "words"),
    [
        ("cpu=99", "cpu", "“99” is not offered here"),
        ("memory=<b>", "memory", "is not offered here"),
        ("basket=1", "basket", "“1” is not offered here"),
        ("environment=none", "environment", "“none” is not offered here"),
        ("gpu=A100", "gpu", "“A100” is not offered here"),
        ("did=nonsense", "did", "“nonsense” is not a DID"),
        ("did=KM3NET_EMBARGO_SP:x", "did", "KM3NET_EMBARGO_SP:x"),
        ("&".join(f"did=S:{number}" for number in range(21)), "did", "at most 20 DIDs"),
        ("git=http://git.example.org/a/b", "git", "not encrypted"),
        ("git=https://other.example.org/a/b", "git", "from these hosts only: git.example.org"),
        ("git=https://git.example.org@evil.example/a/b", "git", "user name"),
        ("git=file:///etc/passwd", "git", "web address"),
        ("branch=main", "git", "Enter the repository of this branch"),
        ("name=a-b", "name", "lower-case letters and digits only"),
        ("name=../x", "name", "lower-case letters and digits only"),
    ],
)
def test_what_is_wrong_in_an_address_stands_beside_its_field(
    project: Project, signed_in: SignIn, query: str, field: str, words: str
) -> None:
    found = errors(signed_in("outsider" if field == "none" else "member").get(f"{NEW}?{query}"))
    assert list(found) == [field]
    assert words in " ".join(found[field])


def test_a_basket_of_somebody_else_is_not_offered(project: Project, signed_in: SignIn, people: dict[str, User]) -> None:
    other = Basket.objects.create(owner=people["lead"], name="Secret sources")
    reply = start(signed_in("member"), basket=other.pk)
    assert list(errors(reply)) == ["basket"]
    assert b"Secret sources" not in reply.content
    assert not Session.objects.exists()


def test_a_session_starts_as_it_was_chosen(project: Project, signed_in: SignIn, basket: Basket) -> None:
    values = {"cpu": "2", "memory": "4.5", "basket": basket.pk, "git": "git.example.org/a/b/tree/v1", "name": "Fit2", "save_as": "Large"}
    reply = start(signed_in("member"), **values)
    session = Session.objects.get()
    assert reply.headers["Location"] == f"{session.get_absolute_url()}?go=1"
    assert (session.server, session.name) == ("notebook-test-fit2", "fit2")
    kept = {"cpu": "2", "memory": "4.5", "git": "https://git.example.org/a/b", "branch": "v1"}
    assert session.options == {**kept, "basket": str(basket.pk)}
    wishes = server_options.start_wishes(session)
    assert wishes == {"cpu": "2", "memory": "4.5", "basket": basket.pk}
    assert {item.name: item.options for item in StartSettings.objects.all()} == {"": {"cpu": "2", "memory": "4.5"}, "Large": kept}


def test_the_same_form_sent_twice_starts_one(project: Project, signed_in: SignIn) -> None:
    browser, key = signed_in("member"), str(uuid.uuid4())
    first, second = (browser.post(NEW, {"key": key, "hub": "hub", "name": "one"}) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    assert Session.objects.count() == 1


def test_a_project_has_several_sessions_each_with_a_name(project: Project, signed_in: SignIn, make_session: MakeSession) -> None:
    make_session(state=Session.State.READY, path="/user/x/notebook-test/")
    browser = signed_in("member")
    assert "already open" in str(errors(start(browser))["name"])
    assert start(browser, name="second").status_code == 302
    assert "already open" in str(errors(start(browser, name="second"))["name"])
    page = browser.get("/projects/notebook-test/notebooks/").content.decode()
    assert "Your other sessions here" in page
    assert Session.objects.get(name="second").get_absolute_url() in page


def test_no_session_takes_the_server_of_another_project(project: Project, signed_in: SignIn) -> None:
    make_public(slug="notebook-test-b", title="Another")
    assert list(errors(start(signed_in("member"), name="b"))) == ["name"]


def test_the_settings_used_last_are_filled_in_where_they_are_still_offered(
    project: Project, signed_in: SignIn, people: dict[str, User]
) -> None:
    options = {"cpu": "64", "memory": "2", "git": "https://git.example.org/a/b"}
    StartSettings.objects.create(by=people["member"], hub="hub", options=options)
    initial = signed_in("member").get(NEW).context["form"].initial
    assert {name: value for name, value in initial.items() if name != "key"} == {"memory": "2", "git": "https://git.example.org/a/b"}


def test_saved_settings_are_chosen_and_deleted_by_their_owner_alone(project: Project, signed_in: SignIn, people: dict[str, User]) -> None:
    own = StartSettings.objects.create(by=people["member"], hub="hub", name="Mine", options={"cpu": "2"})
    other = StartSettings.objects.create(by=people["lead"], hub="hub", name="Theirs", options={"cpu": "1"})
    browser = signed_in("member")
    assert browser.get(f"{NEW}?saved={own.pk}").context["form"].initial["cpu"] == "2"
    page = browser.get(f"{NEW}?saved={other.pk}")
    assert "cpu" not in page.context["form"].initial
    assert b"Theirs" not in page.content
    assert browser.post(f"{NEW}settings/{other.pk}/delete/").status_code == 404
    assert browser.post(f"{NEW}settings/{own.pk}/delete/").status_code == 302
    assert list(StartSettings.objects.all()) == [other]


def test_an_unknown_hub_is_named_and_nothing_starts(project: Project, signed_in: SignIn) -> None:
    browser = signed_in("member")
    assert "There is no hub called “" in browser.get(f"{NEW}?hub=no-such").content.decode()
    assert "There is no hub called “" in start(browser, hub="no-such").content.decode()
    assert not Session.objects.exists()


def test_links_from_elsewhere_keep_their_values_until_a_project_is_chosen(project: Project, signed_in: SignIn) -> None:
    reply = signed_in("member").get("/notebooks/start/?basket=7&git=https://git.example.org/a/b")
    target = reply.headers["Location"] if reply.status_code == 302 else reply.content.decode()
    assert f"{NEW}?basket=7" in target
