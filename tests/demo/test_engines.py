"""The analyses for several engines say the same in each, and run at the stack's REANA to the outputs that they declare."""

import posixpath
from collections.abc import Iterator
from typing import Any

import pytest
import requests
import yaml

from projects.workflows import reana_yaml
from tests.demo.steps import DEMO, IMAGES
from tests.devstack.reana_server import PYTHON, Server, running

FOLDERS = ("helloworld", "worldpopulation", "signal-fit")
SPECIFICATIONS = [path.relative_to(DEMO).as_posix() for name in FOLDERS for path in sorted((DEMO / name).glob("reana*.yaml"))]
every = pytest.mark.parametrize("path", SPECIFICATIONS)
HEADLINES = {
    "helloworld": {"greetings": 3, "longest name [characters]": 12},
    "worldpopulation": {"population 2007 [million]": 929.5, "growth [% per year]": 2.587},
}


def read(path: str) -> reana_yaml.ReanaYaml:
    return reana_yaml.read((DEMO / path).read_text())


def files_of(path: str) -> dict[str, bytes]:
    """What reana-client would upload: the files, and all that is in the directories."""
    folder, checked = (DEMO / path).parent, read(path)
    found = [folder / name for name in checked.files]
    found += [file for name in checked.directories for file in sorted((folder / name).rglob("*")) if file.is_file()]
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in found}


def parameters_of(path: str) -> dict[str, Any]:
    """The parameters, from the file that `input` names where there is one."""
    checked = read(path)
    if not checked.parameter_file:
        return dict(checked.parameters)
    loaded: dict[str, Any] = yaml.safe_load(((DEMO / path).parent / checked.parameter_file).read_text())
    return loaded


def test_there_is_each_engine() -> None:
    assert sorted(path for path in SPECIFICATIONS if path.startswith("helloworld/")) == [
        "helloworld/reana-cwl.yaml", "helloworld/reana-snakemake.yaml", "helloworld/reana-yadage.yaml", "helloworld/reana.yaml",
    ]  # fmt: skip
    assert len(SPECIFICATIONS) == 4 + 3 + 4


@every
def test_a_specification_is_read_without_faults_and_has_its_files_and_a_headline(path: str) -> None:
    checked, files = read(path), files_of(path)
    assert not checked.faults
    assert checked.content["workflow"].get("file", next(iter(files))) in files
    assert any(name.endswith(".json") for name in checked.output_files)


@every
def test_every_image_is_one_that_the_stack_has(path: str) -> None:
    text = "\n".join(
        [(DEMO / path).read_text(), *(content.decode() for name, content in files_of(path).items() if name.startswith("workflow/"))]
    )
    named = {word.strip('",').removeprefix("docker://") for word in text.split() if word.strip('",').removeprefix("docker://") in IMAGES}
    pairs = zip(text.split("image: ")[1:], text.split("imagetag: ")[1:], strict=True)
    named |= {f"{image.split()[0]}:{tag.split()[0].strip(chr(34))}" for image, tag in pairs}
    assert named
    assert named <= IMAGES.keys()


@pytest.mark.parametrize("name", FOLDERS)
def test_the_same_parameters_have_the_same_values_for_each_engine(name: str) -> None:
    values: dict[str, set[str]] = {}
    for path in SPECIFICATIONS:
        if path.startswith(f"{name}/") and not (name == "signal-fit" and path.endswith("/reana.yaml")):
            for key, value in parameters_of(path).items():
                said = value["location"] if isinstance(value, dict) else value
                values.setdefault(key.removesuffix("_tool"), set()).add(posixpath.basename(str(said)))
    assert {key for key, found in values.items() if len(found) > 1} == set()


@pytest.fixture(scope="module")
def reana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if not PYTHON.exists():
        pytest.skip("the environment 'reana' is not installed")
    with running(tmp_path_factory.mktemp("reana")) as server:
        yield server


def begin(reana: Server, specification: dict[str, Any], files: dict[str, bytes]) -> str:
    """Create and start a workflow at the newer line, which reads the workflow's file and its parameters itself; the id."""
    header = {"Authorization": f"Bearer {reana.bearer()}"}
    made = requests.post(f"{reana.url}/api/workflows", json=specification, params={"workflow_name": "demo"}, headers=header, timeout=60)
    assert made.status_code == 201, made.text
    key = str(made.json()["workflow_id"])
    for file, content in files.items():
        assert reana.send(key, file, content).status_code == 200
    started = requests.post(f"{reana.url}/api/workflows/{key}/start", json={}, headers=header, timeout=120)
    assert started.status_code == 200, started.text
    return key


@pytest.mark.integration
@pytest.mark.rare(group="analyses")
@every
def test_it_runs_to_the_outputs_that_it_declares(reana: Server, path: str) -> None:
    checked, name = read(path), path.split("/")[0]
    key = begin(reana, checked.content, files_of(path))
    assert reana.finish(key, 500) == "finished", reana.job_text(key)
    for output in checked.output_files:
        found = reana.call("GET", f"/workflows/{key}/workspace/{output}")
        assert found.status_code == 200, output
        assert len(found.content) > 20
    numbers = next(output for output in checked.output_files if output.endswith(".json"))
    headline = reana.call("GET", f"/workflows/{key}/workspace/{numbers}").json()["headline"]
    if name == "signal-fit":
        assert abs(headline["signal events"] - 10_000) < 4 * headline["error of the signal events"]
        assert abs(headline["mean"] - 5) < 0.03
    else:
        assert HEADLINES[name].items() <= headline.items()
