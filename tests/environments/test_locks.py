"""Lists of packages: each format that is read, and what hostile and broken ones do."""

import json
from pathlib import Path

import pytest

from catalog.environments.locks import BadLock, Lock, read
from devstack.address import ROOT


def packages(lock: Lock) -> dict[str, tuple[str, str]]:
    return {item.name: (item.version, item.source) for item in lock.packages}


@pytest.mark.parametrize(
    "path",
    [*sorted((ROOT / "requirements").glob("*.txt")), *sorted((ROOT / "devstack").glob("*/requirements.txt"))],
    ids=lambda path: path.name,
)
def test_locks_with_hashes_are_read_whole(path: Path) -> None:
    lock = read(path.read_text())
    assert (lock.format, lock.unread) == ("requirements", 0)
    assert all(item.version for item in lock.packages)
    assert len(lock.packages) >= 1


REQUIREMENTS = """\
--index-url https://example.org/simple
-r other.txt
numpy==2.1.0 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
astropy[all]===6.0 ; python_version >= "3.9"  # why
colorama==0.4.6 ; sys_platform == "win32"
importlib-metadata==8 ; python_version < "3.10"
tool @ git+https://example.org/a/b@v1
loose>=1.2
-e git+https://example.org/x#egg=y
what is this?
"""


def test_requirements_are_read_as_pip_reads_them_on_linux() -> None:
    lock = read(REQUIREMENTS)
    assert packages(lock) == {
        "astropy": ("6.0", "pip"), "importlib-metadata": ("8", "pip"), "loose": ("", "pip"), "numpy": ("2.1.0", "pip"), "tool": ("", "pip"),
    }  # fmt: skip
    assert (lock.unread, lock.unread_first) == (3, ("-r other.txt", "-e git+https://example.org/x#egg=y", "what is this?"))


CONDA_LOCK = """\
version: 1
metadata:
  channels:
  - url: conda-forge
package:
- name: numpy
  version: 2.1.0
  manager: conda
  platform: linux-64
  dependencies:
    name: '>=1'
    python: '>=3.13'
  url: https://conda.anaconda.org/numpy.conda
- name: numpy
  version: 2.1.9
  manager: conda
  platform: osx-arm64
- name: gammapy
  version: '1.3'
  manager: pip
  platform: linux-64
- name: broken
  manager: conda
  platform: linux-64
"""


def test_conda_lock_is_read_for_linux() -> None:
    lock = read(CONDA_LOCK)
    assert lock.format == "conda-lock"
    assert packages(lock) == {"gammapy": ("1.3", "pip"), "numpy": ("2.1.0", "conda")}
    assert (lock.unread, lock.unread_first) == (1, ("broken",))


def test_conda_explicit_and_environment_yml() -> None:
    text = "# platform: linux-64\n@EXPLICIT\nhttps://conda.anaconda.org/conda-forge/linux-64/root_base-6.32.4-py311h_0.conda#abc\n/bad\n"
    lock = read(text)
    assert (packages(lock), lock.unread) == ({"root_base": ("6.32.4", "conda")}, 1)
    text = "name: x\nchannels: [a]\ndependencies:\n  - python=3.12\n  - conda-forge::root=6.32.4=py_0\n  - scipy>=1\n  - pip:\n    - a==1\n  - 3\n"
    lock = read(text)
    found = {"a": ("1", "pip"), "python": ("3.12", "conda"), "root": ("6.32.4", "conda"), "scipy": ("", "conda")}
    assert (packages(lock), lock.unread) == (found, 1)


def test_bills_of_materials_in_json() -> None:
    components = [
        {"name": "numpy", "version": "2.1", "purl": "pkg:pypi/numpy@2.1"}, {"name": "bash", "version": "5", "purl": "pkg:deb/debian/bash"},
        {"version": "1"}, 7,
    ]  # fmt: skip
    lock = read(json.dumps({"bomFormat": "CycloneDX", "components": components}))
    assert (lock.format, packages(lock), lock.unread) == ("CycloneDX", {"bash": ("5", "deb"), "numpy": ("2.1", "pip")}, 2)
    refs = [{"referenceType": "purl", "referenceLocator": "pkg:conda/root@6"}]
    spdx = {
        "spdxVersion": "SPDX-2.3", "documentDescribes": ["SPDXRef-image"],
        "packages": [
            {"SPDXID": "SPDXRef-image", "name": "the-image", "versionInfo": "1"}, {"name": "root", "versionInfo": "6", "externalRefs": refs},
            {"name": "x", "versionInfo": "NOASSERTION"},
        ],
    }  # fmt: skip
    assert packages(read(json.dumps(spdx))) == {"root": ("6", "conda"), "x": ("", "")}


def test_lists_of_pip_and_conda_in_json_and_locks_in_toml() -> None:
    listed = [
        {"name": "numpy", "version": "2", "build_string": "h0", "channel": "conda-forge"},
        {"name": "a", "version": "1", "channel": "pypi"},
    ]
    assert packages(read(json.dumps(listed))) == {"a": ("1", "pip"), "numpy": ("2", "conda")}
    assert packages(read('[{"name": "a", "version": "1"}]')) == {"a": ("1", "pip")}
    text = '[[package]]\nname = "a"\nversion = "1"\n\n[[package]]\nname = "me"\nsource = { editable = "." }\n'
    assert packages(read(text)) == {"a": ("1", "pip")}
    assert packages(read('version = 1\n\n[[package]]\nname = "b"\nversion = "2"\n')) == {"b": ("2", "pip")}


@pytest.mark.parametrize(
    "text",
    [
        "", "\n\n", "{}", "[]", "[1]", "{", "[" * 100_000, '{"a":' * 50_000, '{"components": 3}', '{"bomFormat": "CycloneDX"}',
        '{"components": [' + "1" * 5000 + "]}", "[[package]]\nname=", "dependencies:\n  - &a [*a]\n", "dependencies:\n" + "- [" * 5000, "\0\0",
        "dependencies: \n- a: &a [1,1,1,1]\n- b: &b [*a,*a,*a,*a]\n" + "- x\n" * 20_000,
    ],
    ids=range(16),
)  # fmt: skip
def test_what_is_no_list_says_so(text: str) -> None:
    with pytest.raises(BadLock):
        read(text)


def test_a_list_has_its_limits() -> None:
    with pytest.raises(BadLock, match="more than 10,000 packages"):
        read("".join(f"p{number}==1\n" for number in range(10_001)))
    with pytest.raises(BadLock, match="larger than"):
        read("#" * 8_000_001)
    lock = read("a==1\n" + "\u202ebad==1\n" + "x" * 300 + "==1\n" + "b==" + "1" * 200 + "\n")
    assert packages(lock) == {"a": ("1", "pip")}
    assert lock.unread == 3
    assert all(len(entry) <= 120 for entry in lock.unread_first)
