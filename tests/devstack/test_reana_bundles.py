"""Specifications that are sent to the newer line of the demonstration REANA with their files."""

import json
from collections.abc import Iterator

import pytest

from tests.devstack.engine_workflows import files, specification
from tests.devstack.reana_server import PYTHON, Server, running

pytestmark = [
    pytest.mark.integration,
    pytest.mark.rare(group="reana"),
    pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed"),
]


@pytest.fixture(scope="module")
def reana(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with running(tmp_path_factory.mktemp("bundles")) as server:
        yield server


def bundle(engine: str, **changes: str) -> dict[str, tuple[str, bytes]]:
    """A specification with its files, as a thin client sends it."""
    found = {**files(engine), "reana.yaml": json.dumps(specification(engine)), **changes}
    return {name: (name, content.encode()) for name, content in found.items()}


@pytest.mark.parametrize("engine", ["snakemake", "cwl", "yadage"])
def test_the_newer_line_takes_a_specification_with_its_files_and_judges_it(reana: Server, engine: str) -> None:
    report = reana.ask("POST", "/workflows/validate", files=bundle(engine)).json()
    assert (report["valid"], report["errors"]) == (True, []), report
    assert report["reana_specification"]["workflow"]["specification"]
    made = reana.ask("POST", "/workflows", files=bundle(engine), params={"workflow_name": "bundled"})
    assert made.status_code == 201, made.text
    names = {item["name"] for item in reana.ask("GET", f"/workflows/{made.json()['workflow_id']}/workspace").json()["items"]}
    assert names == set(bundle(engine))
    assert reana.call("POST", "/workflows/validate", files=bundle(engine)).status_code == 405


def test_the_newer_line_says_what_is_wrong_with_such_a_specification(reana: Server) -> None:
    broken = bundle("snakemake", Snakefile="rule a:\n    inptu: 'x'\n")
    report = reana.ask("POST", "/workflows/validate", files=broken).json()
    assert (report["valid"], report["errors"][0]["code"], report["reana_specification"]) == (False, "load", None)
    refused = reana.ask("POST", "/workflows", files=broken)
    assert refused.status_code == 400
    assert "inptu" in refused.json()["message"]
    assert reana.ask("POST", "/workflows", files={"../evil": ("x", b"")}).json()["message"] == "Unsafe bundle path: ../evil"
    assert (
        reana.ask("POST", "/workflows/validate", files={"a": ("a", b"")}).json()["message"] == "No reana.yaml found in the uploaded bundle."
    )
