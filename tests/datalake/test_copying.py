"""What is copied from a page is quoted for where it is pasted."""

import ast
import subprocess

import pytest

from datalake.copying import code, commands

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
    assert f"S:{name}{ending}" in constants
    calls = {node.func.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)}
    assert calls <= {"download_dids", "info", "read", "open", "keys", "File", "read_table"}


def test_code_reads_a_file_by_its_kind() -> None:
    assert "fits.info(found" in code("S", "a.fits.gz", is_file=True)
    assert "uproot.open(found" in code("S", "a.root", is_file=True)
    assert code("S", "a.fits", is_file=False).endswith("}])")
