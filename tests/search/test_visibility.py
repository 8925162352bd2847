"""Nobody finds, counts or is offered what they may not know of: every kind of document, for everybody, beside what the pages themselves show."""

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from catalog.environments.models import Environment
from catalog.software.models import Entry
from datalake import rucio
from datalake.index import tasks as lake_tasks
from datalake.index.models import IndexedScope, IndexEntry
from datalake.reads import accounts
from datalake.reads.scopes import Visitor, may_see
from projects import search_source
from projects.models import Membership, Project, Resource, Role
from projects.workflows.models import Result, Run, Specification
from tests.factories import make_environment, make_project, make_resource
from tests.search_index import index_all
from tests.workflows.test_audience import EMBARGO, make_run
from vre_portal import services
from vre_portal.iam.models import User
from vre_portal.search import find, query, relaxation, sources, spelling
from vre_portal.search.audiences import Reader
from vre_portal.search.find import SearchHit
from vre_portal.search.models import IndexChange
from vre_portal.search.statements import Findable
from vre_portal.services import ServiceKind

pytestmark = pytest.mark.django_db
PUBLIC, CLOSED = "KM3NET_ECAP_SP", "SOME_CLOSED_SP"
READERS = ("visitor", "newcomer", "outsider", "member", "reader", "lead", "admin")
WORD = "zyxomma"  # in everything


@pytest.fixture
def readers(people: dict[str, User]) -> dict[str, Reader]:
    """Those of the demonstration, one of whom may read restricted data; all but the newcomer have an account at the lake."""
    lake = services.service(ServiceKind.RUCIO, "escape")
    people["reader"] = people["outsider"].__class__.objects.create(
        issuer="https://iam.example", subject="reader", name="Rea Der", groups=["escape", "escape/km3net-embargo"]
    )
    for name, person in people.items():
        accounts.store(person, lake, has_account=name != "newcomer")
    return {"visitor": AnonymousUser(), **people}


@pytest.fixture
def everything(readers: dict[str, Reader]) -> None:
    """A public and a hidden project, each with runs of all sorts, results and workflows, and data in three scopes."""
    lead = readers["lead"]
    assert isinstance(lead, User)
    for slug, visibility in (("open", Project.Visibility.PUBLIC), ("hidden", Project.Visibility.MEMBERS)):
        project = make_project(lead=lead, slug=slug, title=f"{WORD} {slug}", visibility=visibility, groups={"escape/km3net": Role.MEMBER})
        for name in ("newcomer", "reader"):
            Membership.objects.create(project=project, user=readers[name], role=Role.VIEWER)
        for scopes in ((), (PUBLIC,), (EMBARGO,)):
            for published in (None, timezone.now()):
                make_run(project, lead, *scopes, published_at=published)
        confirmed = make_run(project, lead, EMBARGO, published_at=timezone.now())
        confirmed.origins.update(confirmed_at=timezone.now())
        for scope in (PUBLIC, CLOSED, EMBARGO):
            make_resource(project, kind=Resource.Kind.RESULT, identifier=f"{scope}:result.{slug}", title=f"{WORD} result")
    Specification.objects.update(title=f"{WORD} workflow")
    Result.objects.bulk_create([Result(run=run, title="Found") for run in Run.objects.all()])
    for scope in (PUBLIC, CLOSED, EMBARGO):
        row = IndexedScope.objects.create(lake="escape", name=scope)
        for name in ("one", "two"):
            IndexEntry.objects.create(scope=row, name=f"{WORD}.{name}", type="DATASET", created=timezone.now())
    Entry.objects.create(service="records", concept="1", record="1", title=f"{WORD} software")
    make_environment(name=f"{WORD} environment")
    index_all()


def allowed(user: Reader) -> dict[str, set[str]]:
    """What the pages of each feature show to somebody."""
    lake = services.service(ServiceKind.RUCIO, "escape")
    has_account = isinstance(user, User) and accounts.recent_answer(user, lake) is True
    visitor = Visitor(has_account, frozenset(user.groups) if isinstance(user, User) else frozenset())
    entries = IndexEntry.objects.select_related("scope")
    projects = Project.objects.visible_to(user)

    def keys(rows: Any) -> set[str]:
        return {str(row.pk) for row in rows}

    return {
        "project": keys(projects),
        "run": keys(Run.objects.visible_to(user)),
        "run_result": keys(Run.objects.visible_to(user).filter(result__isnull=False)),
        "workflow": keys(Specification.objects.filter(project__in=projects)),
        "result": keys(Resource.objects.filter(kind=Resource.Kind.RESULT, project__in=projects).visible_to(user)),
        "data": keys(entry for entry in entries if may_see(lake, entry.scope.name, visitor)),
        "software": keys(Entry.objects.all()),
        "environment": keys(Environment.objects.all()),
    }


def hits_of(user: Reader, text: str = WORD) -> dict[str, set[str]]:
    page = find.search(query.read(text), find.findable_by(user), size=500)
    kinds: dict[str, set[str]] = {}
    for hit in page.hits:
        kinds.setdefault(hit.kind, set()).add(hit.key)
    return kinds


def called(text: str, findable: Findable) -> SearchHit | None:
    return find.search(query.read(text), findable, exact=text).exact


@pytest.mark.parametrize("name", READERS)
def test_hits_and_counts_are_what_the_pages_show(readers: dict[str, Reader], everything: None, name: str) -> None:
    user = readers[name]
    expected = {kind: keys for kind, keys in allowed(user).items() if keys}
    assert hits_of(user) == expected
    page = find.search(query.read(WORD), find.findable_by(user), size=1)
    assert page.total == sum(map(len, expected.values()))
    counts = dict(page.facets)
    assert counts.get("type:run", 0) == len(expected.get("run", ()))
    assert sum(page.months.values()) <= page.total
    if name in ("visitor", "outsider", "admin"):
        assert "project:hidden" not in counts
        assert f"scope:{EMBARGO}" not in counts


def test_the_test_tells_readers_apart(readers: dict[str, Reader], everything: None) -> None:
    counts = {name: sum(map(len, allowed(readers[name]).values())) for name in READERS}
    assert counts["visitor"] < counts["outsider"] < counts["member"] < counts["reader"]
    assert counts["newcomer"] < counts["member"]


@pytest.mark.parametrize("name", ["visitor", "outsider", "admin"])
def test_words_titles_spelling_and_exact_hits_are_of_what_one_may_see(readers: dict[str, Reader], everything: None, name: str) -> None:
    hidden = Project.objects.get(slug="hidden")
    Project.objects.filter(pk=hidden.pk).update(title="Quibbleflux secrets", summary="flimflamword")
    index_all()
    findable, lead = find.findable_by(readers[name]), find.findable_by(readers["lead"])
    assert find.completions("quibb", lead) == ["quibbleflux"]
    assert find.completions("quibb", findable) == []
    assert [hit.title for hit in find.titles(query.read("quibblef"), lead)] == ["Quibbleflux secrets"]
    assert find.titles(query.read("quibblef"), findable) == []
    assert spelling.suggestion(query.read("quibblfelux"), lead) == "quibbleflux"
    assert spelling.suggestion(query.read("quibblfelux"), findable) == ""
    assert called("hidden", lead) is not None
    assert called("hidden", findable) is None
    assert called(f"{EMBARGO}:{WORD}.one", findable) is None


def test_a_hidden_word_is_answered_like_one_that_nothing_has(readers: dict[str, Reader], everything: None) -> None:
    Project.objects.filter(slug="hidden").update(title="Quibbleflux")
    Project.objects.filter(slug="open").update(title="Quibbleflax")
    index_all()
    visitor, lead = find.findable_by(readers["visitor"]), find.findable_by(readers["lead"])
    assert spelling.suggestion(query.read("quibbleflux"), lead) == ""
    assert spelling.suggestion(query.read("quibbleflux"), visitor) == "quibbleflax"
    assert spelling.suggestion(query.read("quibbleflex"), visitor) == "quibbleflax"


def test_a_role_that_was_taken_away_counts_at_once(readers: dict[str, Reader], everything: None) -> None:
    assert "run" in hits_of(readers["member"], "project:hidden")
    Membership.objects.filter(group="escape/km3net").delete()
    assert hits_of(readers["member"], "project:hidden") == {}


def test_a_project_that_is_hidden_now_is_gone_without_a_worker(readers: dict[str, Reader], everything: None) -> None:
    assert hits_of(readers["visitor"], "project:open type:project")
    Project.objects.filter(slug="open").update(visibility=Project.Visibility.MEMBERS)
    assert hits_of(readers["visitor"], "project:open") == {}


def test_a_text_that_was_replaced_just_before_publishing_is_found_by_nobody(readers: dict[str, Reader], everything: None) -> None:
    Project.objects.filter(slug="hidden").update(title="Embarrassing flimflamword")
    index_all()
    hidden = Project.objects.get(slug="hidden")
    hidden.title = "Clean"
    hidden.save()
    hidden.visibility = Project.Visibility.PUBLIC
    hidden.save()
    findable = find.findable_by(readers["visitor"])
    page = find.search(query.read("flimflamword"), findable)
    assert (page.hits, page.total, dict(page.facets)) == ([], 0, {})
    assert find.completions("flimf", findable) == []
    assert find.titles(query.read("flimf"), findable) == []
    assert spelling.suggestion(query.read("flimflmaword"), findable) == ""
    assert called("Embarrassing flimflamword", findable) is None
    index_all()
    findable = find.findable_by(readers["visitor"])
    assert find.search(query.read("flimflamword"), findable).total == 0
    runs = Run.objects.filter(project=hidden).visible_to(AnonymousUser()).count()
    assert find.search(query.read("clean"), findable).total == 1 + 2 * runs + 2  # a result of each


def test_that_something_waits_is_said_whatever_is_searched_for(readers: dict[str, Reader], everything: None, client: Client) -> None:
    hidden = Project.objects.get(slug="hidden")
    Project.objects.filter(pk=hidden.pk).update(title="Embarrassing flimflamword")
    index_all()
    assert "is being updated" not in client.get("/search/", {"q": WORD}).content.decode()
    Project.objects.filter(pk=hidden.pk).update(title="Clean", visibility=Project.Visibility.PUBLIC)
    findable = find.findable_by(readers["visitor"])
    assert find.search(query.read("flimflamword"), findable) == find.search(query.read("nosuchword"), findable)
    for text in (WORD, "flimflamword", "nosuchword"):
        assert "The search index is being updated" in client.get("/search/", {"q": text}).content.decode()


def test_a_spelling_does_not_tell_that_a_word_waits(readers: dict[str, Reader], everything: None) -> None:
    Project.objects.filter(slug="hidden").update(title="Embarrassing flimflamword")
    Entry.objects.create(service="records", concept="2", record="2", title="A flimflamsword")
    index_all()
    findable = find.findable_by(readers["visitor"])
    assert spelling.suggestion(query.read("flimflamword"), findable) == "flimflamsword"
    Project.objects.filter(slug="hidden").update(title="Clean", visibility=Project.Visibility.PUBLIC)
    findable = find.findable_by(readers["visitor"])
    assert spelling.suggestion(query.read("flimflamword"), findable) == "flimflamsword"


def test_a_changed_description_hides_nothing_but_the_project(readers: dict[str, Reader], everything: None) -> None:
    Project.objects.filter(slug="open").update(scope=PUBLIC)
    index_all()
    before = hits_of(readers["lead"], "project:open")
    assert {"project", "data", "run", "result", "workflow"} <= before.keys()
    Project.objects.filter(slug="open").update(
        description="another", licence="MIT", stage="analysis", institutes=["CERN"], contact="x@y.org"
    )
    assert hits_of(readers["lead"], "project:open") == {kind: keys for kind, keys in before.items() if kind != "project"}
    Project.objects.filter(slug="open").update(keywords=["another"])
    assert hits_of(readers["lead"], "project:open") == {}


def test_a_search_asks_no_lake_and_lets_a_worker_ask_once(
    readers: dict[str, Reader], everything: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, asked = readers["member"], []
    assert isinstance(reader, User)
    before = hits_of(reader)
    monkeypatch.setattr(rucio, "whoami", lambda *_: pytest.fail("a lake was asked"))
    monkeypatch.setattr(lake_tasks.ask_account, "delay", lambda *words: asked.append(words))
    monkeypatch.setattr(accounts, "RECENT_SECONDS", -1.0)
    assert hits_of(reader) == before  # what the lake said within the last day counts
    cache.clear()
    assert hits_of(reader)["data"] == hits_of(readers["visitor"])["data"] < before["data"]
    assert asked == [(reader.pk, "escape")] * 2  # once each time that nothing was remembered


def test_while_a_whole_table_waits_nothing_of_it_is_found(readers: dict[str, Reader], everything: None) -> None:
    IndexChange.objects.create(topic="run", key="")
    found = hits_of(readers["lead"])
    assert "run" not in found
    assert "project" in found


def test_a_scope_of_another_lake_that_has_the_same_name_is_not_the_projects(people: dict[str, User]) -> None:
    make_project(lead=people["lead"], slug="open", title="Neutrinos", visibility=Project.Visibility.PUBLIC, scope=PUBLIC)
    said = search_source.contexts_of_data([f"escape:{PUBLIC}:a", f"elsewhere:{PUBLIC}:a"])
    assert said[f"escape:{PUBLIC}:a"].facets["project"] == ["open"]
    assert "project" not in said[f"elsewhere:{PUBLIC}:a"].facets


def test_data_of_a_public_project_are_found_by_its_words_until_it_is_hidden(readers: dict[str, Reader], everything: None) -> None:
    Project.objects.filter(slug="open").update(title="Neutrinos of the deep", scope=PUBLIC)
    make_resource(Project.objects.get(slug="hidden"), identifier=f"{PUBLIC}:{WORD}.one")
    Project.objects.filter(slug="hidden").update(title="Flimflamword")
    index_all()
    assert len(hits_of(readers["visitor"], "neutrino type:dataset")["data"]) == 2
    assert hits_of(readers["lead"], "flimflamword type:dataset") == {}
    Project.objects.filter(slug="open").update(visibility=Project.Visibility.MEMBERS)
    assert hits_of(readers["visitor"], "neutrino") == {}
    index_all()
    assert hits_of(readers["visitor"], "neutrino") == {}
    assert len(hits_of(readers["visitor"], WORD)["data"]) == 2


def test_a_scope_that_becomes_public_by_configuration_is_found_at_once(
    readers: dict[str, Reader], everything: None, lake_options: Any
) -> None:
    before = len(hits_of(readers["visitor"])["data"])
    lake_options(public_scopes=[PUBLIC, CLOSED])
    assert len(hits_of(readers["visitor"])["data"]) == before + 2
    lake_options(public_scopes=[])
    assert "data" not in hits_of(readers["visitor"])


def test_unpublishing_a_run_counts_at_once(readers: dict[str, Reader], everything: None) -> None:
    before = len(hits_of(readers["visitor"])["run"])
    run = Run.objects.filter(project__slug="open", published_at__isnull=False).visible_to(AnonymousUser()).first()
    assert run is not None
    run.unpublish()
    assert len(hits_of(readers["visitor"])["run"]) == before - 1
    index_all()
    assert hits_of(readers["visitor"])["run"] == allowed(readers["visitor"])["run"]


def test_what_another_origin_closes_is_closed(readers: dict[str, Reader], everything: None) -> None:
    run = Run.objects.filter(project__slug="open", published_at__isnull=False, origins__scope=PUBLIC).visible_to(AnonymousUser()).first()
    assert run is not None
    run.origins.create(lake="escape", scope=EMBARGO)
    assert str(run.pk) not in hits_of(readers["visitor"])["run"]
    index_all()
    assert str(run.pk) not in hits_of(readers["visitor"])["run"]


@pytest.mark.parametrize("name", READERS)
def test_what_a_search_would_find_with_fewer_conditions_is_counted_for_the_reader(
    readers: dict[str, Reader], everything: None, name: str
) -> None:
    user = readers[name]
    found = relaxation.relaxed(query.read(f"{WORD} year:1900"), find.findable_by(user))
    assert [(item.condition, item.total) for item in found] == [("year:1900", sum(map(len, allowed(user).values())))]
    visible = {project.slug for project in Project.objects.visible_to(user)}
    assert sources.names_of("project", ["open", "hidden"], user).keys() == visible & {"open", "hidden"}


@pytest.mark.parametrize(
    "text",
    [
        "arXiv:2309.03007",
        "2309.03007",
        "arXiv:2309.03007v2",
        "https://arxiv.org/abs/2309.03007",
        "sensitivities of telescopes",
        "flimflamword",
        "ghcr.io/vre-demo/km3irf:0.4.0",
        "10.5281/zenodo.123",
        "https://doi.org/10.5281/zenodo.123",
    ],
)
def test_a_project_is_found_by_its_references_by_those_who_see_it(people: dict[str, User], text: str) -> None:
    kinds = Resource.Kind
    for slug, visibility in (("open", Project.Visibility.PUBLIC), ("hidden", Project.Visibility.MEMBERS)):
        project = make_project(lead=people["lead"], slug=slug, visibility=visibility)
        words = {"title": "Sensitivities of telescopes", "description": "A flimflamword."}
        make_resource(project, kind=kinds.ARXIV, service="", identifier="2309.03007v2", **words)
        make_resource(project, kind=kinds.ENVIRONMENT, service="", identifier="ghcr.io/vre-demo/km3irf:0.4.0")
        make_resource(project, kind=kinds.PAPER, service="", identifier="10.5281/zenodo.123")
    index_all()
    found = {slug: str(pk) for slug, pk in Project.objects.values_list("slug", "pk")}
    assert hits_of(AnonymousUser(), text) == {"project": {found["open"]}}
    assert hits_of(people["lead"], text) == {"project": set(found.values())}


def test_many_references_of_a_project_are_found_and_not_more_than_the_index_takes(people: dict[str, User]) -> None:
    project = make_project(lead=people["lead"], visibility=Project.Visibility.PUBLIC)
    words = {"kind": Resource.Kind.PAPER, "service": "", "description": "flimflamword " * 100}
    for number in range(1000, 1000 + search_source.MAX_REFERENCES + 1):
        make_resource(project, identifier=f"10.5281/zenodo.{number}", title=f"Title {number}", **words)
    index_all()
    for text in ("10.5281/zenodo.1000", "10.5281/zenodo.1199", "Title 1199", "flimflamword"):
        assert hits_of(AnonymousUser(), text) == {"project": {str(project.pk)}}
    assert hits_of(AnonymousUser(), "10.5281/zenodo.1200") == {}


def test_a_project_is_not_found_by_names_of_data_that_it_refers_to(people: dict[str, User]) -> None:
    project = make_project(lead=people["lead"], visibility=Project.Visibility.PUBLIC)
    for scope in (CLOSED, EMBARGO):
        for kind in Resource.IN_LAKES:
            make_resource(project, kind=kind, identifier=f"{scope}:quibbleflux.{kind}", title="Flimflamword")
    index_all()
    for name in ("quibbleflux", "flimflamword", f"{EMBARGO}:quibbleflux.did", EMBARGO):
        assert hits_of(AnonymousUser(), name) == {}
        assert "project" not in hits_of(people["lead"], name)
    assert find.completions("quibb", find.findable_by(AnonymousUser())) == []


def test_the_document_of_a_project_follows_its_references(people: dict[str, User]) -> None:
    project = make_project(lead=people["lead"], visibility=Project.Visibility.PUBLIC)
    index_all()
    make_resource(project, identifier=f"{PUBLIC}:a")
    assert not IndexChange.objects.filter(topic="project_reference").exists()
    reference = make_resource(project, kind=Resource.Kind.PAPER, service="", identifier="10.1/x", title="Flimflamword")
    index_all()
    assert hits_of(AnonymousUser(), "flimflamword") == {"project": {str(project.pk)}}
    Resource.objects.filter(pk=reference.pk).update(title="Quibbleflux")
    index_all()
    assert (hits_of(AnonymousUser(), "flimflamword"), len(hits_of(AnonymousUser(), "quibbleflux"))) == ({}, 1)
    reference.delete()
    assert hits_of(AnonymousUser(), "quibbleflux") == {}
    index_all()
    assert hits_of(AnonymousUser(), "quibbleflux") == {}
