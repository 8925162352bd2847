"""The seed content, the specifications and the environments name the same things."""

import tomllib
from typing import Any

import pytest
import yaml

from tests.demo.steps import DEMO, IMAGES

PROJECTS: list[dict[str, Any]] = tomllib.loads((DEMO / "content.toml").read_text())["project"]
WORKFLOWS = [workflow for project in PROJECTS for workflow in project.get("workflow", [])]
by_name = pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda workflow: str(workflow["name"]))


def specification(workflow: dict[str, Any]) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEMO / workflow["specification"]).read_text())
    return loaded


@by_name
def test_every_data_file_is_bound_and_every_other_input_is_in_the_folder(workflow: dict[str, Any]) -> None:
    files = set(specification(workflow)["inputs"]["files"])
    folder = (DEMO / workflow["specification"]).parent
    assert set(workflow["inputs"]) <= files
    assert all((folder / name).is_file() for name in files - set(workflow["inputs"]))


@by_name
def test_every_parameter_has_words_and_a_default_within_its_limits(workflow: dict[str, Any]) -> None:
    defaults = specification(workflow)["inputs"]["parameters"]
    assert set(defaults) == set(workflow["parameters"])
    for name, facts in workflow["parameters"].items():
        assert facts["label"]
        assert facts["hint"]
        if "min" in facts:
            assert isinstance(defaults[name], float)
            assert facts["min"] <= defaults[name] <= facts["max"]
        if "choices" in facts:
            assert defaults[name] in facts["choices"]


@by_name
def test_every_step_runs_in_an_environment_of_its_own_that_the_stack_has(workflow: dict[str, Any]) -> None:
    steps = specification(workflow)["workflow"]["specification"]["steps"]
    images = [step["environment"] for step in steps]
    assert len(set(images)) == len(images) == 2
    assert [facts["environment"] for facts in workflow["steps"].values()] == images
    assert all(image in IMAGES for image in images)


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: str(project["slug"]))
def test_pictures_are_there_described_and_light(project: dict[str, Any]) -> None:
    for key in ("picture", "picture_small"):
        if key in project:
            assert 1_000 < (DEMO / project[key]).stat().st_size < 150_000
            assert project["picture_description"]


def test_one_project_is_hidden_and_says_that_it_is_simulated() -> None:
    hidden = [project for project in PROJECTS if project["visibility"] == "members"]
    assert [project["slug"] for project in hidden] == ["calibration-notes"]
    assert "(simulated)" in hidden[0]["title"]
