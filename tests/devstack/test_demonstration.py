"""What the demonstration's people do when a stack first starts: real runs through the portal's pages, once."""

import tomllib
import uuid
from pathlib import Path
from typing import Any

import pytest

from devstack import address
from devstack.portal import demonstration
from devstack.portal.demonstration import Story
from tests.demo.steps import DEMO
from vre_portal.iam.models import User
from vre_portal.iam.profiles.forms import ProfileForm
from vre_portal.iam.profiles.models import Profile

CONTENT: dict[str, Any] = tomllib.loads((DEMO / "content.toml").read_text())
STORY: dict[str, Any] = tomllib.loads((DEMO / "story.toml").read_text())


@pytest.mark.parametrize(
    ("variables", "is_wanted"), [({}, True), ({"VRE_TEST_STACK": "1"}, False), ({"VRE_TEST_STACK": "1", "VRE_DEMONSTRATION": "1"}, True)]
)
def test_stacks_of_tests_have_no_runs_unless_asked(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], is_wanted: bool) -> None:
    for name in ("VRE_TEST_STACK", "VRE_DEMONSTRATION"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert demonstration.is_wanted() == is_wanted


@pytest.mark.parametrize("run", STORY["run"], ids=lambda run: str(run["key"]))
def test_each_run_is_of_a_workflow_of_the_content_with_values_in_their_limits(run: dict[str, Any]) -> None:
    (project,) = [item for item in CONTENT["project"] if item["slug"] == run["project"]]
    (workflow,) = [item for item in project["workflow"] if item["name"] == run["workflow"]]
    assert set(run["parameters"]) == set(workflow["parameters"])
    for name, value in run["parameters"].items():
        assert workflow["parameters"][name]["min"] <= value <= workflow["parameters"][name]["max"]
    groups = set(address.DEMO_USERS[run["by"]][2])
    assert project["people"].get(run["by"]) in ("lead", "member") or groups & {
        group for group, role in project["groups"].items() if role == "member"
    }


@pytest.mark.parametrize("profile", STORY["profile"], ids=lambda profile: str(profile["by"]))
def test_each_profile_is_one_that_the_form_takes(profile: dict[str, Any]) -> None:
    assert profile["by"] in address.DEMO_USERS
    user = User(name=profile["by"])
    form = ProfileForm({**profile, "version": "1", **{name: "\n".join(profile[name]) for name in ("expertise", "languages")}})
    form.leave_out_verified(Profile(user=user))
    assert form.is_valid(), form.errors
    assert form.cleaned_data["audience"] in (Profile.Audience.SIGNED_IN, Profile.Audience.PUBLIC)


def test_somebody_of_the_demonstration_helps_with_gammapy_and_is_shown_to_everybody() -> None:
    assert [item["by"] for item in STORY["profile"] if "Gammapy" in item["expertise"] and item["audience"] == "public"]


def test_the_runs_differ_one_is_published_and_one_is_kept() -> None:
    assert len({str(run["parameters"]) for run in STORY["run"]}) == len(STORY["run"]) == 3
    assert [run["key"] for run in STORY["run"] if run["publish"]] == [run["key"] for run in STORY["run"] if run.get("keep")] == ["ngc1068"]


def test_launches_come_first_and_what_is_done_is_not_left(tmp_path: Path) -> None:
    notes = tmp_path / "notes.json"
    story = Story(STORY, notes)
    names = [step for step, _ in story.steps()]
    assert names[:3] == ["launch northern", "launch southern", "launch ngc1068"]
    assert names[-5:] == ["publish ngc1068", "keep ngc1068", "news welcome", "news result", "news release"]
    story.note("launch northern", 1)
    assert [step for step, _ in Story(STORY, notes).steps()] == names[1:]


def test_news_are_of_what_was_done_and_wait_until_it_was(tmp_path: Path) -> None:
    story = Story(STORY, tmp_path / "notes.json")
    steps = dict(story.steps())
    assert {item["after"] for item in STORY["news"] if "after" in item} <= set(steps)
    for item in STORY["news"]:
        assert "project" not in item or item["by"] == "lead"
    story.news("news release", steps["news release"])  # asks no server: its time has not come
    assert "news release" in dict(story.steps())
    story.note("keep ngc1068", False)
    story.news("news release", steps["news release"])
    assert story.done["news release"] == "not written: keep ngc1068 did not succeed"


@pytest.mark.integration("portal", "iam")
def test_news_are_written_once_however_often_the_story_is_told(tmp_path: Path) -> None:
    items = [
        {"key": uuid.uuid4().hex, "by": "admin", "title": "Of the portal", "text": "What is *new*."},
        {"key": uuid.uuid4().hex, "by": "lead", "project": "blazars", "title": "Of a project", "text": "What is *new*."},
    ]
    for name in ("notes.json", "notes-lost.json"):
        story = Story({"news": items}, tmp_path / name)
        demonstration.tell(story)
        assert story.steps() == []


@pytest.mark.integration("portal", "iam", "rucio", "reana", "worker")
def test_a_run_is_launched_followed_and_published_once_however_often_the_story_is_told(tmp_path: Path) -> None:
    values = {"source": "Mrk421_2011", "energy_min": 1e-3, "energy_max": 1e16, "systematic_fraction": 0.1, "rest_frame": False}
    run = {"key": uuid.uuid4().hex, "by": "lead", "project": "blazars", "workflow": "two-humps", "publish": True, "parameters": values}
    story = Story({"run": [run]}, tmp_path / "notes.json")
    demonstration.tell(story)
    assert story.steps() == []
    number = story.done[f"launch {run['key']}"]
    assert story.done[f"finish {run['key']}"] == f"run {number} finished"
    again = Story({"run": [run]}, tmp_path / "notes-lost.json")  # as if the state of the story had been lost
    again.launch(f"launch {run['key']}", run)
    assert again.done[f"launch {run['key']}"] == number
    again.end()
