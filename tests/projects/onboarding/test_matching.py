"""What is found by its name, and what only mentions it; each part fails alone."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from projects.models import Resource
from projects.onboarding import matching
from projects.onboarding.matching import Answers, Certainty, Need, NeedState, further, index
from projects.onboarding.models import PlanItem, PlanMatch
from tests.factories import make_onboarding, make_project
from tests.projects.onboarding.matching_cases import add_entry, needs_of
from tests.search_index import index_all
from vre_portal.iam.models import User
from vre_portal.search import worker

SignIn = Callable[..., Client]
People = dict[str, User]
pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue() -> None:
    add_entry("FairRoot", "Built on ROOT and Geant4, in the language Python.", ["geant4"], 1)
    add_entry("Gammapy: Python toolbox for gamma-ray astronomy", "", ["python"], 2)
    add_entry("CTLearn", "", (), 3)
    index_all()


@pytest.mark.parametrize(
    ("asked", "state", "titles"),
    [
        ("ROOT", NeedState.MISSING, ["FairRoot"]),
        ("python", NeedState.MISSING, ["Gammapy: Python toolbox for gamma-ray astronomy", "FairRoot"]),
        ("Geant4", NeedState.MISSING, ["FairRoot"]),
        ("Gammapy 1.2", NeedState.LISTED, ["Gammapy: Python toolbox for gamma-ray astronomy"]),
        ("CTLearn>=0.8", NeedState.LISTED, ["CTLearn"]),
        ("Nothing (CTLearn)", NeedState.LISTED, ["CTLearn"]),
        ("Nosuchtool", NeedState.MISSING, []),
    ],
)
def test_software_is_found_by_its_name_and_what_mentions_it_is_a_perhaps(
    people: People, catalogue: None, asked: str, state: NeedState, titles: list[str]
) -> None:
    need = next(item for key, item in needs_of(people["lead"], "software", software={"software": [asked]}).items() if key != "similar")
    assert need.state is state
    assert [match.title for match in need.matches] == titles
    if state is NeedState.MISSING:
        assert {match.certainty for match in need.matches} <= {Certainty.MENTION}
        assert not any(match.is_reference for match in need.matches)
        assert need.is_to_request
    else:
        assert not need.is_to_request
    if asked == "Gammapy 1.2":
        assert "check the version" in need.matches[0].why
    assert need.suggestion is not None
    assert need.suggestion.title == f"Environment with {asked}"


def test_an_environment_that_names_the_software_makes_it_exist_here(people: People, catalogue: None) -> None:
    project = make_project(lead=people["lead"])
    for name in ("registry.example/ctlearn/tools:1", "registry.example/team/ctlearn:0.9"):
        Resource.objects.create(project=project, kind=Resource.Kind.ENVIRONMENT, identifier=name, title="x")
    need = needs_of(people["lead"], "software", software={"software": ["CTLearn"]})["software-ctlearn"]
    assert need.state is NeedState.EXISTS
    assert [match.title for match in need.matches] == ["CTLearn", "registry.example/team/ctlearn:0.9"]
    theirs = needs_of(people["outsider"], "software", software={"software": ["CTLearn"]})["software-ctlearn"]
    assert (theirs.state, len(theirs.matches)) == (NeedState.LISTED, 1)  # a project of its members names it


@pytest.mark.parametrize(
    ("asked", "state"),
    [
        ("ROOT", NeedState.MISSING),
        ("fairroot", NeedState.EXISTS),
        ("fairroot 18.6", NeedState.EXISTS),
        ("fairroot 19", NeedState.UNCLEAR),
        ("registry", NeedState.MISSING),
    ],
)
def test_environments_are_found_by_whole_words_and_another_version_is_to_be_clarified(people: People, asked: str, state: NeedState) -> None:
    project = make_project(lead=people["lead"])
    Resource.objects.create(project=project, kind=Resource.Kind.ENVIRONMENT, identifier="registry.example/a/fairroot:18.6", title="x")
    found = needs_of(people["lead"], "software", software={"environments": [asked]})
    assert [need.state for key, need in found.items() if key.startswith("environment-")] == [state]


def test_a_perhaps_is_nothing_that_exists_in_the_plan_and_no_reference(signed_in: SignIn, people: People, catalogue: None) -> None:
    item = make_onboarding(people["lead"], {"people": {"title": "T"}, "software": {"software": ["ROOT", "Gammapy 1.2"]}})
    project = make_project(lead=people["lead"], slug="mine")
    signed_in("lead").post(f"/onboarding/{item.pk}/review/", {"fingerprint": item.fingerprint, "into": project.pk})
    titles = dict(PlanItem.objects.values_list("title", "source"))
    assert titles == {"Add ROOT to an environment": "gap", "Add Gammapy 1.2 to an environment": "match"}
    assert [row.title for row in PlanMatch.objects.all()] == ["Gammapy: Python toolbox for gamma-ray astronomy"]
    assert [row.title for row in project.resources.all()] == ["Gammapy: Python toolbox for gamma-ray astronomy"]


def test_the_review_says_what_the_request_is_for(signed_in: SignIn, people: People, catalogue: None) -> None:
    item = make_onboarding(people["lead"], {"software": {"software": ["CTLearn"]}})
    page = signed_in("lead").get(f"/onboarding/{item.pk}/review/").content.decode()
    assert "Environment with CTLearn" in page
    assert "listed in the catalogue" in page
    assert "No environment with it is known here." in page


def test_a_project_that_only_mentions_an_experiment_is_not_one_of_it(people: People) -> None:
    make_project(slug="of", lead=people["lead"], title="Ours", experiments=["CTA"])
    make_project(slug="mentions", lead=people["lead"], title="Compared with LOFAR", summary="and with MAGIC")
    index_all()
    found = needs_of(people["lead"], "people", people={"experiments": ["CTA (CTAO)", "LOFAR", "MAGIC"]})
    assert [(match.title, match.certainty) for match in found["experiment-cta (ctao)"].matches] == [("Ours", Certainty.CONFIRMED)]
    assert [(match.title, match.certainty) for match in found["experiment-lofar"].matches] == [("Compared with LOFAR", Certainty.MENTION)]
    assert found["experiment-lofar"].state is NeedState.INFORMATION
    assert found["experiment-magic"].matches == ()


@pytest.fixture
def documentation(settings: Any, tmp_path: Any) -> None:
    settings.DOCS_DIR = str(tmp_path)
    pages = {
        "index": "# Overview\n\nMentions git.\n",
        "help": "# Help\n\nMentions git and workflows.\n\n## Run a workflow\n\nText.\n",
        "glossary": "# Glossary\n\n### Git\n\nOne line.\n\n### Workflow\n\nOne line.\n",
        "workflows": "# Workflows\n\nText.\n",
        "results": "# Results of workflows\n\nText.\n",
        "notices": "# Notices\n\n## Workflow notices\n\nText.\n",
    }
    for name, text in pages.items():
        (tmp_path / f"{name}.md").write_text(text)
    worker.compare_all()
    index_all()


def test_training_is_found_by_titles_and_headings_the_best_first(people: People, documentation: None) -> None:
    found = needs_of(people["lead"], "further", further={"training": ["Git", "workflows"]})
    assert found["training-git"].matches == ()
    assert found["training-git"].is_to_request
    matches = found["training-workflows"].matches
    assert [match.title for match in matches] == ["Workflows", "Results of workflows", matches[2].title]
    assert matches[2].url.partition("#")[2]  # leads to the heading
    assert len(matches) == further.MAX_MATCHES


def test_an_archive_without_a_service_is_read_with_software_that_names_it(people: People) -> None:
    add_entry("PyVO", "Reads archives, such as Gaia.", ["VO"], 1)
    index_all()
    found = needs_of(people["lead"], "further", further={"archives": ["VO", "Gaia"]})
    assert found["archive-vo"].state is NeedState.WITH_SOFTWARE
    assert found["archive-vo"].matches[0].certainty is Certainty.HELP
    assert found["archive-gaia"].state is NeedState.MISSING  # only mentioned
    assert found["archive-gaia"].matches == ()


EVERYTHING = {
    "people": {"title": "T", "experiments": ["CTA"], "rows": [{"name": "A"}]},
    "data": {"rows": [{"name": "x", "size": 1.0, "embargo": "2030-01-01"}]},
    "compute": {"cpu_hours": 1.0, "gpu": "yes"},
    "software": {"software": ["CTLearn"], "environments": ["ctlearn"], "notebooks": "yes"},
    "further": {
        "archives": ["VO"],
        "training": ["Help"],
        "publication": ["data", "paper", "project", "software"],
        "deadline": "2030-01-01",
    },
}


@pytest.mark.parametrize("part", matching._parts)
def test_a_part_that_fails_costs_only_itself(people: People, monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    def fails(*_: Any) -> Iterator[Need]:
        raise KeyError(part)

    step, own = matching._parts[part]
    lost = {need.key for need in own(Answers.of(EVERYTHING), index.IndexLookup(people["lead"], Answers.of(EVERYTHING).named()))}
    whole = needs_of(people["lead"], **EVERYTHING)
    monkeypatch.setitem(matching._parts, part, (step, fails))
    assert set(needs_of(people["lead"], **EVERYTHING)) == set(whole) - lost | {f"{part}-failed"}
    of_step = needs_of(people["lead"], step, **EVERYTHING)
    assert of_step[f"{part}-failed"].is_failed  # said on the page of the step, too


def test_an_index_that_does_not_answer_is_asked_once(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def slow(_: Any) -> Any:
        asked.append(1)
        raise index.LookupFailed

    monkeypatch.setattr(index.IndexLookup, "_search", slow)
    found = needs_of(people["lead"], **EVERYTHING)
    assert len(asked) == 1
    assert {"experiments-failed", "data-failed", "software-failed", "archives-failed"} <= set(found)
    assert {"people", "data-scope", "compute", "deadline"} <= set(found)


def test_each_match_says_why_and_what_to_do_next(people: People, demonstration: Any) -> None:
    software = {**EVERYTHING["software"], "software": ["CTLearn", "ROOT", "km3irf"], "environments": ["km3irf"], "methods": ["sensitivity"]}
    found = needs_of(people["lead"], **{**EVERYTHING, "people": {"experiments": ["KM3NeT"], "rows": [{"name": "A"}]}, "software": software})
    matches = [match for need in found.values() for match in need.matches]
    assert len(matches) > 12
    verbs = ("Ask", "Read", "Try", "See", "Begin", "Check", "Open")
    assert [match for match in matches if not (match.why and match.next_url and match.next_text.startswith(verbs))] == []
