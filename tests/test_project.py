"""pyproject.toml names what the portal needs and its version, from where each is kept."""

import ast
import sys
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from setuptools.config.pyprojecttoml import read_configuration

from devstack.address import ROOT
from vre_portal import __version__

# Packages that are imported by another name than they are installed by.
NAMES = {
    "allauth": "django-allauth",
    "django_htmx": "django-htmx",
    "environ": "django-environ",
    "jwt": "pyjwt",
    "markdown_it": "markdown-it-py",
    "PIL": "pillow",
    "reana_client": "reana-client",
    "reana_commons": "reana-client",
    "rucio": "rucio-clients",
    "yaml": "PyYAML",
    "arro3": "arro3-io",
    "kombu": "celery",
    "pkg_resources": "setuptools",
    "awkward": "uproot",
    "jsonschema": "reana-client",
    "urllib3": "requests",
}
OWN = {"vre_portal", "projects", "datalake", "catalog"}


def test_it_names_the_dependencies_and_the_version() -> None:
    project = read_configuration(ROOT / "pyproject.toml")["project"]
    lines = (ROOT / "requirements" / "base.in").read_text().splitlines()
    assert project["dependencies"] == [line for line in lines if line and not line.startswith("#")]
    assert all(str(Requirement(line)) for line in project["dependencies"])
    assert project["version"] == __version__


def imported(file: Path) -> set[str]:
    """The packages that a file imports, anywhere in it."""
    nodes = [*ast.walk(ast.parse(file.read_text()))]
    found = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    found |= {str(node.module) for node in nodes if isinstance(node, ast.ImportFrom)}
    return {name.split(".")[0] for name in found}


ENGINES = ROOT / "projects" / "workflows" / "engines" / "child"  # runs in an environment of its own


def test_what_the_portal_imports_is_among_them() -> None:
    project = read_configuration(ROOT / "pyproject.toml")["project"]
    named = {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}
    used = {name for folder in OWN for file in (ROOT / folder).rglob("*.py") if ENGINES not in file.parents for name in imported(file)}
    needed = used - OWN - {"_typeshed"} - set(sys.stdlib_module_names)
    assert {name for name in needed if canonicalize_name(NAMES.get(name, name)) not in named} == set()
