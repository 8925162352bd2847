"""Three projects walk through onboarding on the demonstration's content; docs/onboarding.md shows what the wizard answered them."""

import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from projects.models import Project, Resource
from projects.onboarding import services
from projects.onboarding.examples import EXAMPLES
from projects.onboarding.matching import Answers, Certainty, Need, NeedState
from projects.onboarding.models import Onboarding, PlanMatch
from projects.requests.models import Request
from tests.factories import make_project
from tests.projects.onboarding.test_steps import rows
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
DOCUMENTATION = Path(__file__).resolve().parents[3] / "docs/onboarding.md"
pytestmark = pytest.mark.django_db

LOFAR: dict[str, dict[str, Any]] = {
    "people": {
        "title": "LOFAR imaging of radio galaxies",
        "summary": "Images of extended radio galaxies, compared with optical surveys of the Virtual Observatory.",
        "experiments": "LOFAR",
        "institutes": "ASTRON",
        "contact": "lofar-imaging@example.org",
        **rows({"name": "A. Newcomer", "email": "newcomer@example.org", "part": "imaging"}),
    },
    "data": rows(
        {"name": "Calibrated visibilities", "place": "LOFAR Long Term Archive", "size": "9000", "growth": "1000", "protocol": "davs"},
        {"name": "Survey data", "place": "local cluster", "size": "40000", "protocol": "gsiftp"},
    ),
    "compute": {"cpu_hours": "50000", "memory": "64", "gpu": "no"},
    "software": {"software": "PyBDSF, PyVO, WSClean", "methods": "imaging", "notebooks": "yes"},
    "further": {"archives": "VO, LOFAR Long Term Archive", "training": "Data Lake", "publication": ["data", "paper"]},
}
COMBINATION: dict[str, dict[str, Any]] = {
    "people": {
        "title": "CTA and KM3NeT: one source in gamma rays and neutrinos",
        "summary": "A joint fit of gamma-ray and neutrino spectra of one source.",
        "experiments": "CTA, KM3NeT",
        **rows({"name": "B. Lead", "part": "supervision"}, {"name": "C. Student", "part": "joint fit"}),
    },
    "data": rows(
        {"name": "Response functions for point sources", "place": "Data Lake", "size": "1"},
        {"name": "Simulated CTA events", "place": "institute", "size": "300", "embargo": "2028-06-01"},
    ),
    "compute": {"cpu_hours": "2000", "memory": "4", "gpu": "no"},
    "software": {"software": "Gammapy, km3irf", "methods": "point sources, sensitivity", "environments": "km3irf", "notebooks": "yes"},
    "further": {"publication": ["paper", "project"], "deadline": "2028-09-01", "deadline_for": "conference"},
}
LEARNING: dict[str, dict[str, Any]] = {
    "people": {"title": "Event reconstruction for CTA with deep learning", "experiments": "CTA", **rows()},
    "data": rows({"name": "Simulated telescope images", "place": "grid", "size": "15000", "growth": "5000", "protocol": "root"}),
    "compute": {"cpu_hours": "8000", "memory": "32", "gpu": "yes", "gpu_for": "training CTLearn models, 4 days on one card"},
    "software": {
        "software": "CTLearn, GammaLearn, DL1-Data-Handler",
        "methods": "deep learning",
        "environments": "tensorflow",
        "notebooks": "yes",
    },
    "further": {"training": "notebooks", "publication": ["software"]},
}
MARKS = {
    **dict.fromkeys(NeedState, "?"), NeedState.EXISTS: "+", NeedState.INFORMATION: "-", NeedState.MISSING: "!", NeedState.ON_REQUEST: "!",
}  # fmt: skip
SIGNS = {Certainty.CONFIRMED: "", Certainty.HELP: "", Certainty.UNSTATED: "? ", Certainty.MENTION: "? "}
WALKS = {"LOFAR imaging with VO data": LOFAR, "CTA and KM3NeT combined": COMBINATION, "CTA deep learning with GPUs": LEARNING}


def walk(browser: Client, answers: dict[str, dict[str, Any]]) -> Onboarding:
    """Each step as a browser sends it, up to the review."""
    where = browser.post("/onboarding/new/", {"key": str(uuid.uuid4()), **answers["people"]}).url
    for name in ("data", "compute", "software", "further"):
        assert where.endswith(f"/{name}/"), where
        assert browser.get(where).status_code == 200
        where = browser.post(where, {"version": 0, **answers[name]}).url
    assert where.endswith("/review/")
    return Onboarding.objects.latest("pk")


def transcript(needs: Sequence[Need]) -> str:
    """What the wizard answered, as the documentation shows it."""
    lines = []
    for need in needs:
        lines.append(f"{MARKS[need.state]} {need.title} [{need.state.label}]")
        lines += [f"    {SIGNS[match.certainty]}{match.title}: {match.why}" for match in need.matches]
        lines += [f"    ({note})" for note in need.notes]
        if need.suggestion is not None and need.is_to_request:
            lines.append(f"    > Request: {need.suggestion.title}")
    return "\n".join(lines)


@pytest.mark.parametrize("name", WALKS)
def test_the_documentation_shows_what_the_wizard_answers(signed_in: SignIn, people: dict[str, User], demonstration: Any, name: str) -> None:
    item = walk(signed_in("outsider"), WALKS[name])
    made = transcript(services.needs_of(item, people["outsider"]))
    assert f"```text\n{made}\n```" in DOCUMENTATION.read_text(), made


@pytest.mark.parametrize(("example", "answers"), [("lofar", LOFAR), ("combination", COMBINATION), ("learning", LEARNING)])
def test_the_examples_have_the_answers_of_these_walks(signed_in: SignIn, example: str, answers: dict[str, dict[str, Any]]) -> None:
    assert Answers.of(walk(signed_in("outsider"), answers).answers) == Answers.of(EXAMPLES[example].answers)


def by_key(item: Onboarding, reader: User) -> dict[str, Need]:
    return {need.key: need for need in services.needs_of(item, reader)}


def test_lofar_finds_software_and_readers_of_the_virtual_observatory_and_no_space(
    signed_in: SignIn, people: dict[str, User], demonstration: Any
) -> None:
    needs = by_key(walk(signed_in("outsider"), LOFAR), people["outsider"])
    for key, wanted in (("data-1", "10.0 TB"), ("data-2", "40.0 TB")):
        assert needs[key].state is NeedState.MISSING
        assert f"needs {wanted}, and the most is 100 GB at DEMO-ERLANGEN" in needs[key].notes[0]
    assert needs["software-pybdsf"].matches[0].title == "PyBDSF"
    assert needs["software-wsclean"].state is NeedState.MISSING
    assert needs["archive-vo"].state is NeedState.WITH_SOFTWARE
    assert {match.title for match in needs["archive-vo"].matches} >= {"PyVO", "MOCPy"}


def test_the_combination_finds_km3nets_project_data_and_workflow(signed_in: SignIn, people: dict[str, User], demonstration: Any) -> None:
    needs = by_key(walk(signed_in("outsider"), COMBINATION), people["outsider"])
    assert "KM3NeT point-source sensitivity" in [match.title for match in needs["experiment-km3net"].matches]
    assert not needs["experiment-cta"].matches
    assert {match.title for match in needs["similar"].matches} >= {"KM3NeT point-source sensitivity", "Event rates and sensitivity"}
    assert [match.certainty for match in needs["data-1-existing"].matches] == [Certainty.MENTION]  # the title in the lake is longer
    assert [match.title for match in needs["data-1"].matches][:1] == ["DEMO-ERLANGEN"]  # by a few bytes
    assert "100 GB free, needs 1.0 GB; recorded 2 hours ago. Protocols: https." in needs["data-1"].matches[0].why
    assert needs["environment-km3irf"].matches[0].title == "ghcr.io/vre-demo/km3irf:0.4.0"
    assert needs["data-2-embargo"].state is NeedState.ON_REQUEST
    hidden = "KM3NeT calibration notes (simulated)"  # for members only
    assert hidden not in transcript(list(needs.values()))
    of_member = by_key(walk(signed_in("member"), COMBINATION), people["member"])
    assert hidden in transcript(list(of_member.values()))


def test_deep_learning_is_told_plainly_what_is_known_about_gpus(signed_in: SignIn, people: dict[str, User], demonstration: Any) -> None:
    needs = by_key(walk(signed_in("outsider"), LEARNING), people["outsider"])
    gpu = needs["gpu"] if "gpu" in needs else needs["GPUs"]
    assert gpu.state is NeedState.UNCLEAR
    assert "Demonstration REANA: no GPUs." in gpu.notes
    assert "Demonstration REANA 0.9: not stated by the service." in gpu.notes
    assert "Demonstration JupyterHub: no GPUs." in gpu.notes
    assert any("Storage sites" in note for note in gpu.notes)


def test_a_walk_ends_in_a_draft_with_a_plan_its_software_and_the_requests(
    signed_in: SignIn, people: dict[str, User], demonstration: Any
) -> None:
    browser = signed_in("member")
    item = walk(browser, LEARNING)
    page = browser.get(f"/onboarding/{item.pk}/review/").content.decode()
    assert Request.objects.count() == 0  # nothing is sent before
    assert "CTLearn" in page
    reply = browser.post(f"/onboarding/{item.pk}/review/", {"fingerprint": item.fingerprint, "requests": ["gpu"], "into": "new"})
    assert reply.status_code == 302, reply.content.decode()
    project = Project.objects.get(title="Event reconstruction for CTA with deep learning")
    assert reply.url == f"/projects/{project.slug}/plan/"
    assert project.is_draft
    assert set(project.resources.filter(kind=Resource.Kind.SOFTWARE).values_list("title", flat=True)) == {
        "CTLearn", "GammaLearn", "DL1-Data-Handler",
    }  # fmt: skip
    request = Request.objects.get()
    assert (request.by, request.project) == (people["member"], project)
    plan = browser.get(reply.url).content.decode()
    assert "Follow the request: GPUs: training CTLearn models" in plan
    assert request.get_absolute_url() in plan


def test_the_project_that_gets_the_plan_is_no_help_to_itself(signed_in: SignIn, people: dict[str, User], demonstration: Any) -> None:
    into = make_project(slug="cta-draft", lead=people["member"], title="CTA and KM3NeT: one source", experiments=["CTA"])
    demonstration()
    browser = signed_in("member")
    item = walk(browser, COMBINATION)
    assert into.title in transcript(services.needs_of(item, people["member"]))  # found: the index knows it by its experiment
    browser.post(f"/onboarding/{item.pk}/review/", {"fingerprint": item.fingerprint, "into": into.pk})
    assert into.plan.items.count() > 5
    assert not PlanMatch.objects.filter(item__plan=into.plan, url__startswith=into.get_absolute_url()).exists()
