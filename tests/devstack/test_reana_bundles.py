"""Specifications that are sent to the newer line of the demonstration REANA with their files, in one ZIP."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Any

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
    with running(tmp_path_factory.mktemp("bundles"), REANA_BUNDLE_FILES="10", REANA_BUNDLE_BYTES="100000") as server:
        yield server


def members(engine: str, **changes: str) -> dict[str, str]:
    """A specification and its files by their names."""
    return {**files(engine), "reana.yaml": json.dumps(specification(engine)), **changes}


def zipped(content: dict[str, str], compression: int = zipfile.ZIP_STORED, mode: int = 0o100600) -> dict[str, Any]:
    """The form with the ZIP, as reana-client sends it."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, text in content.items():
            info = zipfile.ZipInfo(name)
            info.compress_type, info.external_attr = compression, mode << 16
            archive.writestr(info, text)
    return {"bundle": ("validation-bundle.zip", made.getvalue())}


@pytest.mark.parametrize("engine", ["snakemake", "cwl", "yadage"])
def test_the_newer_line_takes_a_specification_with_its_files_and_judges_it(reana: Server, engine: str) -> None:
    report = reana.ask("POST", "/workflows/validate", files=zipped(members(engine))).json()
    assert set(report) == {"valid", "errors", "warnings"}
    assert (report["valid"], report["errors"]) == (True, []), report
    made = reana.ask("POST", "/workflows", files=zipped(members(engine)), params={"workflow_name": "bundled"})
    assert made.status_code == 201, made.text
    names = {item["name"] for item in reana.ask("GET", f"/workflows/{made.json()['workflow_id']}/workspace").json()["items"]}
    assert names == set(members(engine))


def test_parameters_of_rules_are_known_by_their_names(reana: Server) -> None:
    rule = 'rule a:\n    output: made="count.txt"\n    params: word="x", spare="y"\n    shell: "echo {params.word} {params.wrod} > {output.made}"\n'
    report = reana.ask("POST", "/workflows/validate", files=zipped(members("snakemake", Snakefile=rule))).json()
    words = " ".join(item["message"] for item in report["warnings"])
    assert report["valid"]
    assert ('"wrod"' in words, '"spare"' in words, '"word"' in words, '"made"' in words) == (True, True, False, False)


def test_only_the_newer_line_says_that_it_does(reana: Server) -> None:
    assert reana.ask("GET", "/ping").json()["api_capabilities"] == ["workflow-specification-bundles-v1"]
    assert "api_capabilities" not in reana.call("GET", "/ping").json()
    assert reana.call("POST", "/workflows/validate", files=zipped(members("cwl"))).status_code == 405


def test_the_newer_line_says_what_is_wrong_with_such_a_specification(reana: Server) -> None:
    broken = zipped(members("snakemake", Snakefile="rule a:\n    inptu: 'x'\n"))
    report = reana.ask("POST", "/workflows/validate", files=broken).json()
    assert (report["valid"], report["errors"][0]["code"]) == (False, "load")
    refused = reana.ask("POST", "/workflows", files=broken)
    assert refused.status_code == 400
    assert "inptu" in refused.json()["message"]
    steps = [{"environment": "x:1", "commands": ["echo ${nosuch}"], "compute_backend": "slurmcern", "hpc": 1}]
    text = {
        "inputs": {"parameters": {"unused": 1}, "files": ["/etc/passwd"]},
        "workflow": {"type": "serial", "specification": {"steps": steps}},
    }
    report = reana.ask("POST", "/workflows/validate", files=zipped({"reana.yaml": json.dumps(text)})).json()
    assert [error["code"] for error in report["errors"]] == ["load"]  # a path outside is met before
    del text["inputs"]["files"]  # type: ignore[attr-defined]
    report = reana.ask("POST", "/workflows/validate", files=zipped({"reana.yaml": json.dumps(text)})).json()
    assert [error["code"] for error in report["errors"]] == ["compute_backend"]
    assert {(item["code"], item["path"]) for item in report["warnings"]} == {
        ("additional_properties", "workflow.specification.steps.0"),
        ("parameters", ""),
    }
    del text["workflow"]["specification"]["steps"][0]["commands"]  # type: ignore[index]
    report = reana.ask("POST", "/workflows/validate", files=zipped({"reana.yaml": json.dumps(text)})).json()
    assert report["errors"][0]["code"] == "schema"
    assert report["errors"][0]["path"] == "workflow.specification.steps.0"


@pytest.mark.parametrize(
    ("form", "status", "words"),
    [
        ({"reana.yaml": ("reana.yaml", b"")}, 400, "Exactly one specification bundle"),
        ({"bundle": ("x.zip", b"no zip")}, 400, "not a ZIP archive"),
        (zipped({"a": "x"}), 400, "missing canonical reana.yaml"),
        (zipped({"reana.yaml": "a: 1", "../evil": "x"}), 400, "Unsafe bundle path: ../evil"),
        (zipped({"reana.yaml": "a: 1", "/evil": "x"}), 400, "Unsafe bundle path"),
        (zipped({"reana.yaml": "a: 1", "a": "x", "a/b": "x"}), 400, "Unsafe bundle path: a/b"),
        (zipped({"reana.yaml": "/etc/passwd"}, mode=0o120777), 400, "Unsafe bundle path"),
        (zipped({"reana.yaml": "a: 1"}, zipfile.ZIP_DEFLATED), 400, "compressed"),
        (zipped({"reana.yaml": "a: 1", **{str(number): "" for number in range(10)}}), 400, "too many files"),
        (zipped({"reana.yaml": "#" * 100_001}), 413, "too large"),
    ],
)
def test_a_bundle_of_another_shape_is_refused(reana: Server, form: dict[str, Any], status: int, words: str) -> None:
    for path in ("/workflows/validate", "/workflows"):
        reply = reana.ask("POST", path, files=form, params={"workflow_name": "refused"} if path == "/workflows" else {})
        assert (reply.status_code, words in reply.json()["message"]) == (status, True), reply.text
