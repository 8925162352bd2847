"""What is copied from a page is quoted for where it is pasted."""

import ast
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from datalake.files.notebook_cells import FETCH, notebook_name
from datalake.files.snippets import code, commands

HOSTILE = [
    "a b; rm 'x'",
    '"]); import os #',
    "$(id)",
    "`id`",
    "-x",
    "a\nb",
    "é\u202e\U0001f600",
    "\\",
    "x" * 250,
    "a/b+c%2F",
    "!history",
    "a\x03'\\\x07f\u2066",
]


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("is_file", [True, False])
def test_a_command_has_the_name_as_one_word(name: str, is_file: bool) -> None:
    for _, command in commands("S", name, is_file=is_file):
        assert command.isprintable()
        typed = subprocess.run(["bash", "-c", f'set -- {command}; printf %s "${{@: -1}}"'], capture_output=True, check=True)
        assert typed.stdout.decode() == f"S:{name}"


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("ending", ["", ".fits", ".root", ".h5", ".parquet", ".ecsv", ".png", ".txt"])
def test_python_code_has_the_name_as_one_text(name: str, ending: str) -> None:
    text = code("S", name + ending, is_file=True)
    assert text.isascii()
    constants = [node.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Constant)]
    assert name + ending in constants
    assert shape(text) == shape(code("S", f"plain{ending}", is_file=True))


def shape(text: str) -> list[str]:
    """What the code is made of, whatever the texts in it say."""
    return [type(node).__name__ for node in ast.walk(ast.parse(text))]


@pytest.mark.parametrize("name", HOSTILE)
def test_the_notebook_of_a_did_has_a_harmless_name_of_its_own(name: str) -> None:
    file = notebook_name("S", name)
    assert re.fullmatch(r"([A-Za-z0-9][A-Za-z0-9._-]{0,59}-)?[0-9a-f]{8}\.ipynb", file)
    assert len({file, notebook_name("S", f"{name}_"), notebook_name("T", name)}) == 3


def test_code_reads_a_file_by_its_kind() -> None:
    assert "fits.info(path" in code("S", "a.fits.gz", is_file=True)
    assert "uproot.open(path" in code("S", "a.root", is_file=True)
    assert "fits.info" not in code("S", "a.fits", is_file=False)


def place(name: str) -> Path:
    """Where the code would keep a file of that name."""
    known: dict[str, Any] = {}
    exec(FETCH.replace("import requests\nfrom rucio.client import Client\n", ""), known)  # noqa: S102 -- our own code
    found: Path = known["place"]({"scope": "S", "name": name})
    return found


@pytest.mark.parametrize("name", [*HOSTILE, "..", "../../etc/passwd", "/etc/passwd", "a//b", "\U0001f600" * 250, "x" * 250])
def test_the_code_keeps_a_file_below_its_folder_whatever_it_is_called(name: str, tmp_path: Path) -> None:
    target = (tmp_path / place(name)).resolve()
    assert target.is_relative_to(tmp_path / "data" / "S")
    assert str(target).isprintable()
    target.parent.mkdir(parents=True)
    target.with_name(f"{target.name}.part").touch()


def test_files_with_the_same_last_part_are_kept_apart() -> None:
    assert len({place("run1/events.fits"), place("run2/events.fits"), place("events.fits"), place("a\nb"), place("a\tb")}) == 5
