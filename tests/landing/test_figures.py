"""The numbers of the start page are the rows that a visitor sees in the list behind each, whoever else sees more."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.software.models import Entry
from datalake.index import store
from datalake.index.models import IndexedScope
from datalake.sites.models import Sample, SiteRecord
from projects.landing import figures, stages
from projects.models import Project, Role
from projects.workflows.models import Run, RunOrigin
from tests.datalake.index.entries import fact
from tests.factories import make_project, make_public
from tests.page_text import text_of
from tests.test_wall import make_run
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
PUBLIC, CLOSED = "KM3NET_ECAP_SP", "KM3NET_EMBARGO_SP"
pytestmark = pytest.mark.django_db


def shown(browser: Client | None = None) -> dict[str, int]:
    """The numbers of the page by the address that each leads to."""
    page = (browser or Client()).get("/").content.decode()
    block = page[page.index('<ul class="counts">') :]
    links = re.findall(r'<a href="([^"]+)">\s*<strong>([\d,]+)</strong>', block[: block.index("</section>")])
    return {address: int(number.replace(",", "")) for address, number in links}


def items(address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = Client().get(address, {"format": "json"}).json()["items"]
    return found


def finished(project: Project, by: User, **facts: Any) -> Run:
    run = make_run(project, by)
    Run.objects.filter(pk=run.pk).update(**{"finished_at": timezone.now(), **facts})
    return run


@pytest.fixture
def world(people: dict[str, User], settings: Any, tmp_path: Any) -> dict[str, User]:
    """Of everything something that visitors see and something that they do not."""
    settings.MEDIA_ROOT = str(tmp_path)
    lead, now = people["lead"], timezone.now()
    finished(make_public(slug="open", lead=lead), lead)
    finished(make_public(slug="unpublished", lead=lead), lead, published_at=None)
    finished(make_public(slug="last-month", lead=lead), lead, finished_at=figures.month_begin() - timedelta(seconds=1))
    finished(make_public(slug="failed", lead=lead), lead, status=Run.Status.FAILED)
    finished(make_project(slug="closed", lead=lead, groups={"escape/km3net": Role.MEMBER}), lead)
    RunOrigin.objects.create(run=finished(make_public(slug="restricted", lead=lead), lead), lake="escape", scope=CLOSED)
    for name, count in ((PUBLIC, 3), (CLOSED, 5), ("user.lead", 7)):
        scope = IndexedScope.objects.create(lake="escape", name=name, walked_at=now, read_at=now)
        store.save_facts(scope, [fact(f"file.{number}", bytes=10) for number in range(count)])
        store.count(scope)
    IndexedScope.objects.create(lake="another", name=PUBLIC, files=100, read_at=now)
    for number, deleted in ((1, False), (2, False), (3, True)):
        Entry.objects.create(service="ossr", concept=str(number), record="1", title=f"Tool {number}", deleted=deleted)
    for rse, ago in (("A", 0), ("B", 3), ("SILENT", 72)):
        Sample.objects.create(lake="escape", rse=rse, at=now - timedelta(hours=ago), used=1)
    Sample.objects.create(lake="another", rse="C", at=now, used=1)
    SiteRecord.objects.create(lake="escape", rse="A", site="Annecy", country="France")
    return people


def test_each_number_is_that_of_the_rows_behind_it(world: dict[str, User]) -> None:
    numbers = shown()
    assert numbers == {"/projects/": 5, "/datalake/escape/": 3, "/runs/": 1, "/about/sites/": 2, "/catalog/software/": 2}
    for address in ("/projects/", "/runs/", "/about/sites/", "/catalog/software/"):
        assert len(items(address)) == numbers[address], address
    scopes = items("/datalake/escape/")
    assert sum(scope["files"] for scope in scopes) == 3
    assert "30\xa0B" in Client().get("/").content.decode() or "30 B" in Client().get("/").content.decode()


@pytest.mark.parametrize("visitor", ["lead", "member", "admin"])
def test_everybody_reads_the_numbers_of_a_visitor(world: dict[str, User], signed_in: SignIn, visitor: str) -> None:
    assert shown(signed_in(visitor)) == shown()


def test_a_number_changes_with_what_it_counts(world: dict[str, User]) -> None:
    shown()
    Project.objects.filter(slug="open").update(visibility=Project.Visibility.MEMBERS)
    Entry.objects.filter(concept="1").update(deleted=True)
    Sample.objects.filter(rse="B").delete()
    IndexedScope.objects.filter(lake="escape", name=PUBLIC).update(files=4)
    assert shown() == {"/projects/": 4, "/datalake/escape/": 4, "/runs/": 0, "/about/sites/": 1, "/catalog/software/": 1}


def test_a_lake_that_was_never_read_has_no_number() -> None:
    assert "/datalake/escape/" not in shown()


def test_the_site_list_names_the_catalogues_site(world: dict[str, User]) -> None:
    assert items("/about/sites/")[0] == {"lake": "escape", "rse": "A", "site": "Annecy", "country": "France"}


def chain() -> dict[str, dict[str, str]]:
    return {stage.key: {link.text: link.url for link in stage.links} for stage in stages.chain()}


def test_a_stage_without_anything_says_so_and_links_to_nothing() -> None:
    assert set(map(bool, chain().values())) == {False}
    page = Client().get("/").content.decode()
    block = page[page.index('<ol class="chain">') :]
    block = block[: block.index("</ol>")]
    assert block.count("Nothing here yet.") == 5
    assert "<a " not in block


def test_each_link_of_a_stage_leads_to_as_many_rows(world: dict[str, User]) -> None:
    Project.objects.filter(slug="open").update(
        summary="A simulation of the Moon", **({"stage": "simulation"} if hasattr(Project, "stage") else {})
    )
    for number, kind in ((11, "software"), (12, "lesson")):
        Entry.objects.create(service="ossr", concept=str(number), record="1", title=f"Simulation {number}", resource_type=kind)
    for entry in Entry.objects.all():
        entry.index()
    found = chain()["simulation"]
    assert set(found) == {"1 project", "2 software entries", "1 lesson"}
    for text, url in found.items():
        assert len(Client().get(f"{url}&format=json").json()["items"]) == int(text.split()[0]), url
    assert chain()["data"] == {"3 public files": "/datalake/escape/"}


def test_data_say_to_which_stage_they_belong(world: dict[str, User]) -> None:
    for name in (PUBLIC, CLOSED):
        scope = IndexedScope.objects.get(lake="escape", name=name)
        store.save_facts(scope, [fact(f"sim.{number}") for number in range(2)])
        store.save_metadata(scope, {f"sim.{number}": {"stage": "simulation"} for number in range(2)})
        store.count(scope)
    found = chain()["simulation"]
    assert list(found) == ["2 datasets and files"]
    assert len(Client().get(f"{found['2 datasets and files']}&format=json").json()["items"]) == 2


def test_facets_lead_to_the_projects_that_they_count(world: dict[str, User]) -> None:
    Project.objects.filter(slug__in=("open", "failed", "closed")).update(theme="Dark Matter", experiments=["KM3NeT", "CTAO"])
    for _ in range(6):  # a list that is long enough for facets
        make_public()
    page = Client().get("/").content.decode()
    found = re.findall(r'<a class="tag" href="([^"]+)">\s*([^<]+?) <span class="count">(\d+)<', page)
    assert {(value, int(count)) for _, value, count in found} == {("Dark Matter", 2), ("KM3NeT", 2), ("CTAO", 2)}
    for address, _, count in found:
        assert len(Client().get(f"{address}&format=json").json()["items"]) == int(count)


def test_a_filter_stays_from_page_to_page(world: dict[str, User]) -> None:
    for number in range(60):
        make_public(title=f"Project {number:02}", theme="Dark Matter")
    first = Client().get("/projects/?theme=Dark+Matter&format=json").json()
    second = Client().get(first["next"]).json()
    assert len(first["items"]) + len(second["items"]) == 60


@pytest.mark.parametrize("query", ["?experiment=%22", "?experiment=%5B%5D", f"?theme={'x' * 3000}"])
def test_an_odd_filter_finds_nothing_and_breaks_nothing(query: str) -> None:
    assert Client().get(f"/projects/{query}").status_code == 200


def test_references_name_the_services_and_only_addresses_that_people_can_open(lake_options: Callable[..., None]) -> None:
    lake_options(page="https://lake.example/", documentation="https://docs.example/", monitoring="javascript:alert(1)")
    page = Client().get("/about/references/").content.decode()
    assert 'href="https://lake.example/"' in page
    assert 'href="https://docs.example/"' in page
    assert "javascript:" not in page
    assert "Demonstration JupyterHub" in page
    assert "/projects/" in page


@pytest.mark.parametrize("path", ["/", "/about/references/"])
def test_a_host_that_webhooks_may_use_is_no_service_for_people(path: str) -> None:
    page = Client().get(path).content.decode()
    assert "Demonstration JupyterHub" in page
    assert "Demonstration webhooks" not in page


def test_the_start_page_offers_one_thing_to_each_of_four_visitors() -> None:
    page = Client().get("/").content.decode()
    block = page[page.index('<ul class="visitors">') :]
    block = block[: block.index("</ul>")]
    targets = re.findall(r'<a class="button" href="([^"]+)"', block)
    assert len(targets) == 4
    assert all(Client().get(target, follow=True).status_code == 200 for target in targets if target.startswith("/"))


def test_every_page_gives_the_same_number_of_public_files_and_datasets(world: dict[str, User], signed_in: SignIn) -> None:
    Project.objects.filter(slug="open").update(scope=PUBLIC, title="Open project")
    scope = IndexedScope.objects.get(lake="escape", name=PUBLIC)
    meta = {"experiment": "KM3NeT"}
    store.save_facts(scope, [fact("set", type="DATASET", bytes=30, length=3, metadata=meta), fact("all", type="CONTAINER", metadata=meta)])
    store.count(scope)
    start, lake = (text_of(Client().get(where).content) for where in ("/", "/datalake/escape/"))
    part = text_of(Client().get("/projects/open/data/scope/").content)
    assert shown()["/datalake/escape/"] == 3
    assert start.count("3 public files") == 2  # among the figures, and at the stage of data
    assert lake.count("3 files 1 dataset") == 2  # of the lake, and on the card of the project
    assert "3 files 1 dataset" in part
    for page in (lake, part):
        assert re.search(r"Containers 1 · .*Datasets 1 · .*Files 3 · ", page)
    (row,) = items("/datalake/escape/")
    assert (row["files"], row["datasets"], row["containers"]) == (3, 1, 1)
    assert len(Client().get("/datalake/escape/?type=file&format=json").json()["items"]) == 3
    assert {item["title"] for item in items("/projects/")} >= {"Open project"}
    assert shown()["/projects/"] == len(items("/projects/")) == Project.objects.public().count()


def test_what_the_numbers_by_experiment_and_format_count_is_said(world: dict[str, User]) -> None:
    scope = IndexedScope.objects.get(lake="escape", name=PUBLIC)
    store.save_facts(scope, [fact("a.fits", metadata={"experiment": "KM3NeT"})])
    store.count(scope)
    page = text_of(Client().get("/datalake/escape/").content)
    assert "Experiments DIDs" in page
    assert "File formats files" in page


def test_a_service_that_nobody_has_looked_at_yet_is_no_warning() -> None:
    page = Client().get("/").content.decode()
    services = page[page.index('<ul class="services">') :]
    services = services[: services.index("</ul>")]
    assert "not checked yet" in services
    assert 'data-tone="warn"' not in services
    for where in ("/", "/status/", "/about/references/"):
        assert "unknown" not in text_of(Client().get(where).content.partition(b"<main")[2]), where


def test_how_to_join_names_the_button_that_is_there(signed_in: SignIn, people: dict[str, User]) -> None:
    make_public(slug="open", lead=people["lead"])
    assert "choose “Ask to join”" in text_of(Client().get("/").content)
    assert "Ask to join" in text_of(signed_in("outsider").get("/projects/open/").content)
