"""What each kind of thing says to whom: never more than its own page."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from catalog.environments.models import Environment
from datalake.index.models import IndexedScope, IndexEntry, PendingName
from datalake.reads import accounts
from projects.baskets import sharing
from projects.baskets.models import Basket, BasketItem
from projects.models import Project, Role
from projects.workflows.models import Result, Run, RunFile, RunOrigin, Specification
from projects.workflows.results import services
from tests.factories import make_project, make_public
from vre_portal import things
from vre_portal.iam.models import User
from vre_portal.search import history
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.django_db
OPEN, EMBARGO = "KM3NET_ECAP_SP", "KM3NET_EMBARGO_SP"
ANYBODY = AnonymousUser()


def make_run(project: Project, by: User, *, scope: str = OPEN, published: bool = False) -> Run:
    specification, _is_new = Specification.objects.get_or_create(project=project, name="fit", defaults={"title": "Fit"})
    run = Run.objects.create(
        project=project, number=project.runs.count() + 1, by=by, specification=specification, text="", key=uuid.uuid4(), server="reana",
        name=uuid.uuid4().hex, status=Run.Status.FINISHED, published_at=timezone.now() if published else None,
    )  # fmt: skip
    RunOrigin.objects.create(run=run, lake="escape", scope=scope)
    RunFile.objects.create(run=run, path="plots/a:b.png")
    RunFile.objects.create(run=run, path="never.png", state=RunFile.State.MISSING)
    Result.objects.present(run)
    return run


def named(run: Run) -> list[str]:
    """The run, its file and its result as things."""
    return [f"run:{run.pk}", f"output:{run.pk}:plots/a:b.png", f"result:{run.result.pk}"]


def seen(reader: Any, wanted: list[str]) -> list[str]:
    pages = things.pages_of(reader, wanted)
    return [thing for thing in wanted if thing in pages]


def test_runs_files_and_results_are_for_who_sees_the_run(people: dict[str, User]) -> None:
    project = make_public(slug="moon", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})
    plain, public, secret = (
        make_run(project, people["lead"]),
        make_run(project, people["lead"], published=True),
        make_run(project, people["lead"], scope=EMBARGO, published=True),
    )
    for run, readers in ((plain, {"lead", "member"}), (public, {"lead", "member", "outsider", ""}), (secret, {"lead"})):
        for name in ("lead", "member", "outsider", ""):
            wanted = named(run) if name in readers else []
            assert seen(people[name] if name else ANYBODY, named(run)) == wanted, (run.number, name)
    assert seen(people["lead"], [f"output:{plain.pk}:{path}" for path in ("never.png", "no such", "")]) == []


def test_pages_of_runs_are_called_what_they_are(people: dict[str, User]) -> None:
    run = make_run(make_public(slug="moon", title="Moon"), people["lead"], published=True)
    pages = list(things.pages_of(ANYBODY, named(run)).values())
    assert [page.title for page in pages] == ["Run 1: Fit (Moon)", "plots/a:b.png of Run 1: Fit (Moon)", "Fit, run 1"]
    assert pages[0].url == run.get_absolute_url()
    Result.objects.update(withdrawn_at=timezone.now())
    RunFile.objects.update(state=RunFile.State.DELETED)
    pages = list(things.pages_of(ANYBODY, named(run)).values())
    assert [str(page.note) for page in pages] == ["", "Deleted at REANA", "Withdrawn"]


@pytest.mark.parametrize(
    ("state", "note"),
    [("copied", ""), ("waiting", "Being copied"), ("left", "At REANA"), ("failed", "At REANA"), ("deleted", "Deleted at REANA")],
)
def test_a_file_that_is_not_here_leads_to_the_list_of_files(people: dict[str, User], state: str, note: str) -> None:
    run = make_run(make_public(slug="moon"), people["lead"], published=True)
    run.outputs.filter(path="plots/a:b.png").update(state=state)
    page = things.page_of(ANYBODY, named(run)[1])
    assert page is not None
    file = run.outputs.get(path="plots/a:b.png")
    assert page.url == (file.get_absolute_url() if state == "copied" else f"{run.get_absolute_url()}files/")
    assert page.note == note


def test_a_withdrawn_result_stays_for_who_could_see_it(people: dict[str, User], client: Client) -> None:
    project = make_public(slug="moon", lead=people["lead"])
    public, members = make_run(project, people["lead"], published=True), make_run(project, people["lead"])
    for run in (public, members):
        services.withdraw(by=people["lead"], result=run.result, reason="Wrong units")
    wanted = [f"result:{run.result.pk}" for run in (public, members)]
    assert seen(ANYBODY, wanted) == wanted[:1]
    assert seen(people["lead"], wanted) == wanted
    page = things.pages_of(ANYBODY, wanted)[wanted[0]]
    assert page.note == "Withdrawn"
    assert client.get(page.url).status_code == 410  # its page, which says why
    Project.objects.update(visibility=Project.Visibility.MEMBERS)
    assert seen(ANYBODY, wanted) == []


def test_the_button_of_a_run_stays_as_pressed_while_its_status_is_asked_for(client: Client, people: dict[str, User]) -> None:
    run = make_run(make_public(slug="moon"), people["lead"], published=True)
    page = client.get(run.get_absolute_url()).content.decode()
    kept = page.partition('<div id="run-basket" hx-preserve="true">')[2]
    assert kept.index(f'name="thing" value="run:{run.pk}"') < kept.index("</form>")


def test_workflows_are_for_who_sees_the_project(people: dict[str, User]) -> None:
    hidden = Specification.objects.create(project=make_project(slug="hidden", lead=people["lead"]), name="fit", title="Fit")
    assert seen(ANYBODY, [f"workflow:{hidden.pk}"]) == seen(people["outsider"], [f"workflow:{hidden.pk}"]) == []
    assert seen(people["lead"], [f"workflow:{hidden.pk}"]) == [f"workflow:{hidden.pk}"]


def test_data_say_what_they_are_and_restricted_ones_nothing(people: dict[str, User]) -> None:
    scope = IndexedScope.objects.create(lake="escape", name=OPEN)
    IndexEntry.objects.create(scope=scope, name="a:b.fits", type="FILE", created=timezone.now())
    IndexEntry.objects.create(scope=scope, name="set", type="DATASET", created=timezone.now())
    wanted = [f"did:escape:{OPEN}:{name}" for name in ("a:b.fits", "set", "new")]
    pages = things.pages_of(ANYBODY, wanted)
    assert [str(pages[thing].label) for thing in wanted] == ["File", "Dataset", ""]
    assert [str(pages[thing].note) for thing in wanted] == ["", "", ""]  # not all names were compared yet
    IndexedScope.objects.update(walked_at=timezone.now())
    PendingName.objects.create(scope=scope, name="newer", words=False)
    pages = things.pages_of(ANYBODY, [*wanted, f"did:escape:{OPEN}:newer"])
    assert [str(page.note) for page in pages.values()] == ["", "", "Not found in the Data Lake", ""]
    assert seen(ANYBODY, [f"did:escape:{EMBARGO}:secret", f"did:nowhere:{OPEN}:set"]) == []


def test_data_of_unknown_access_are_not_called_gone(
    people: dict[str, User], signed_in: Callable[..., Client], client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the lake says who has an account; adding asks it, looking does not."""
    cache.clear()
    monkeypatch.setattr("datalake.index.search_source.ask_soon", lambda *_: None)
    asked, thing = [], f"did:escape:{EMBARGO}:secret"

    def account(user: User, lake: Service) -> tuple[bool, None]:
        asked.append(user.name)
        accounts.store(user, lake, has_account=True)
        return True, None

    monkeypatch.setattr("datalake.index.visitors.account", account)
    for name, words in (("lead", "Access not checked yet"), ("outsider", "No longer available")):
        basket = Basket.objects.create(owner=people[name], name="Paper")
        item = BasketItem.objects.create(basket=basket, kind="did", value=thing[4:], title="secret", position=1)
        for address in ("/basket/", f"/basket/{basket.pk}/items/{item.pk}/note/"):
            page = signed_in(name).get(address).content.decode()
            assert words in page
            assert "secret" not in page
    link = sharing.share(basket, by=people["outsider"], days=7).removeprefix(settings.PORTAL_URL)
    for reader, words in (
        (signed_in("lead"), "Access to 1 item on this page is not checked yet."),
        (client, "1 item on this page is not shown"),
    ):
        page = reader.get(link).content.decode()
        assert words in page
        assert ("not shown" in page) is (reader is client)
    accounts.store(people["lead"], service(ServiceKind.RUCIO, "escape"), has_account=False)
    assert "No longer available" in signed_in("lead").get("/basket/").content.decode()
    assert asked == []
    for name in ("lead", "outsider"):
        signed_in(name).post("/basket/add/", {"thing": thing})
    assert asked == [people["lead"].name]  # no account would open it to the other
    assert "secret" in signed_in("lead").get("/basket/").content.decode()


def test_a_saved_search_is_for_its_owner(people: dict[str, User]) -> None:
    thing = f"search:{history.save('Mine', 'crab', by=people['lead']).pk}"
    assert seen(people["lead"], [thing]) == [thing]
    assert seen(people["member"], [thing]) == seen(ANYBODY, [thing]) == []


@pytest.mark.parametrize(("status", "note"), [("offered", ""), ("old", "Old"), ("withdrawn", "Withdrawn")])
def test_an_environment_is_for_everybody_and_added_on_its_page(client: Client, status: str, note: str) -> None:
    made = Environment.objects.create(slug="gamma", name="Gamma-ray tools", status=status)
    thing = f"environment:{made.pk}"
    page = things.page_of(ANYBODY, thing)
    assert page is not None
    assert (page.title, page.note) == ("Gamma-ray tools", note)
    assert f'name="thing" value="{thing}"' in client.get(page.url).content.decode()
    client.post("/basket/add/", {"thing": thing})
    assert "Gamma-ray tools" in client.get("/basket/").content.decode()


def test_what_can_be_collected_cannot_all_be_followed(people: dict[str, User]) -> None:
    assert {kind.name for kind in things.kinds() if kind.can_be_followed} == {"did", "project", "search", "software"}
    assert {kind.name for kind in things.kinds()} > {"workflow", "run", "output", "result", "environment"}


def test_each_kind_is_asked_once(people: dict[str, User], django_assert_max_num_queries: Any) -> None:
    project = make_public(slug="moon", lead=people["lead"])
    runs = [make_run(project, people["lead"]) for _ in range(5)]
    wanted = [thing for run in runs for thing in named(run)]
    with django_assert_max_num_queries(8):
        assert seen(people["lead"], wanted) == wanted
