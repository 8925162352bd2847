"""Which version of a package a list says is in the image: where that is not certain, none is taken."""

import json

import pytest

from catalog.environments.locks import Lock, read


def packages(lock: Lock) -> dict[str, tuple[str, str]]:
    return {item.name: (item.version, item.source) for item in lock.packages}


BOTH = "numpy==1.26 ; python_version < '3.12'\nnumpy==2.1 ; python_version >= '3.12'\n"


@pytest.mark.parametrize(("python", "version"), [("3.11", "1.26"), ("3.12.4", "2.1")])
def test_markers_are_read_with_the_python_of_the_image(python: str, version: str) -> None:
    lock = read(BOTH, python)
    assert (packages(lock), lock.unread) == ({"numpy": (version, "pip")}, 0)


@pytest.mark.parametrize("python", ["", "newest"])
def test_of_several_versions_none_is_taken(python: str) -> None:
    lock = read(BOTH, python)
    assert packages(lock) == {"numpy": ("", "pip")}
    assert (lock.unread, lock.unread_first) == (1, ("numpy: several versions (1.26, 2.1)",))


UV = """\
version = 1
requires-python = ">=3.10"

[[package]]
name = "numpy"
version = "2.2.6"
source = { registry = "https://pypi.org/simple" }
resolution-markers = [
    "python_full_version < '3.11' and sys_platform == 'linux'",
    "python_full_version < '3.11' and sys_platform == 'win32'",
]
wheels = [
    { url = "https://files.example.org/numpy-2.2.6.whl", hash = "sha256:aa" },
]

[[package]]
name = "numpy"
version = "2.3.5"
source = { registry = "https://pypi.org/simple" }
resolution-markers = [
    "python_full_version >= '3.11'",
]

[[package]]
name = "here"
version = "0.1.0"
source = { editable = "." }
dependencies = [
    { name = "numpy", version = "2.2.6", source = { registry = "https://pypi.org/simple" } },
]

[package.metadata]
version = "9"
"""
POETRY = """\
[[package]]
name = "colorama"
version = "0.4.6"
markers = "sys_platform == \\"win32\\""

[[package]]
name = "tomli"
version = "2.0"
markers = {main = "python_version < \\"3.11\\"", dev = "extra == \\"x\\""}

[package.dependencies]
version = ">=1"

[package.source]
type = "git"
name = "other"

[metadata]
name = "no package"
"""
PYLOCK = """\
lock-version = "1.0"

[[packages]]
name = 'attrs'
version = "25.1.0"
marker = "python_version >= '3.8'"
[[packages.wheels]]
name = "attrs-25.1.0-py3-none-any.whl"

[[packages]]
name = "local"
"""


def test_locks_in_toml_are_read_by_lines() -> None:
    assert packages(read(UV, "3.10")) == {"numpy": ("2.2.6", "pip")}
    assert packages(read(UV, "3.12")) == {"numpy": ("2.3.5", "pip")}
    assert packages(read(UV)) == {"numpy": ("", "pip")}
    assert packages(read(POETRY)) == {"tomli": ("2.0", "pip")}
    assert packages(read(PYLOCK)) == {"attrs": ("25.1.0", "pip"), "local": ("", "pip")}


def test_a_version_that_is_no_text_is_not_read() -> None:
    lock = read('[[package]]\nname = "a"\nversion = 3\n\n[[package]]\nname = "b"\n')
    assert (packages(lock), lock.unread_first) == ({"b": ("", "pip")}, ('"a" 3',))


def test_components_in_components_are_found() -> None:
    inner = {"name": "inner", "version": "2", "components": [{"name": "innermost", "version": "3"}]}
    lock = read(json.dumps({"components": [{"name": "outer", "version": "1", "components": [inner]}, {"name": "next", "version": "4"}]}))
    assert packages(lock) == {"outer": ("1", ""), "inner": ("2", ""), "innermost": ("3", ""), "next": ("4", "")}


IMAGE = {"SPDXID": "SPDXRef-image", "name": "the-image", "versionInfo": "1"}


@pytest.mark.parametrize(
    "document",
    [
        {"documentDescribes": ["SPDXRef-image"]},
        {"relationships": [
            {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image"},
            {"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS", "relatedSpdxElement": "SPDXRef-root"},
        ]},
        {"relationships": [
            {"spdxElementId": "SPDXRef-image", "relationshipType": "DESCRIBED_BY", "relatedSpdxElement": "SPDXRef-DOCUMENT"},
        ]},
        {"packages": [IMAGE | {"primaryPackagePurpose": "CONTAINER"}]},
    ],
    ids=["named", "describes", "described by", "container"],
)  # fmt: skip
def test_the_image_itself_is_no_package_of_it(document: dict[str, object]) -> None:
    listed = document.pop("packages", [IMAGE])
    spdx = {"spdxVersion": "SPDX-2.3", **document, "packages": [*listed, {"SPDXID": "SPDXRef-root", "name": "root", "versionInfo": "6"}]}  # type: ignore[misc]
    assert packages(read(json.dumps(spdx))) == {"root": ("6", "")}


def test_conda_lock_may_begin_with_its_packages() -> None:
    lock = read("package:\n- name: numpy\n  version: 2.1.0\n  manager: conda\n  platform: linux-64\nversion: 1\n")
    assert (lock.format, packages(lock)) == ("conda-lock", {"numpy": ("2.1.0", "conda")})
