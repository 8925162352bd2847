"""The small specifications that were collected for one fault each are read without one of the portal's own."""

from pathlib import Path

import pytest

from projects.workflows.engines import read
from tests.devstack.recorded import RECORDED, WHY_NOT

CASES = Path(RECORDED or "/nonexistent") / "specifications" / "cases"


@pytest.mark.skipif(not CASES.is_dir(), reason=WHY_NOT)
def test_each_recorded_case_is_read() -> None:
    files = {str(path.relative_to(CASES)): path.read_bytes() for path in CASES.rglob("*") if path.is_file()}
    readings = {name: read(files, name) for name in files if name.endswith(".yaml")}
    assert len(readings) >= 10
    assert not [name for name, found in readings.items() if "The portal could not read" in str(found.checks)]
    assert {name for name, found in readings.items() if not found.nodes} == {
        "bomb.yaml",
        "directories.yaml",
        "host.yaml",
        "malformed.yaml",
    }  # of the second the workflow is missing, and the third names a file of the machine, for which REANA refuses it
