"""Every number that a form of the portal takes has a limit that the database can hold: what is hidden is sent by anybody as anything."""

import pkgutil
from collections.abc import Iterator
from importlib import import_module

import pytest
from django import forms

import catalog
import datalake
import projects
import vre_portal

BIGGEST = 2**63 - 1


def _modules() -> Iterator[str]:
    for package in (catalog, datalake, projects, vre_portal):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.", onerror=lambda _name: None):
            if module.name.rpartition(".")[2] == "forms" or ".forms." in module.name:
                yield module.name


@pytest.mark.parametrize("name", sorted(_modules()))
def test_a_number_has_a_limit(name: str) -> None:
    classes = [item for item in vars(import_module(name)).values() if isinstance(item, type) and issubclass(item, forms.BaseForm)]
    endless = [
        f"{form.__name__}.{field_name}"
        for form in classes
        for field_name, field in getattr(form, "base_fields", {}).items()
        if type(field) is forms.IntegerField and not (field.max_value is not None and 0 <= field.max_value <= BIGGEST)
    ]
    assert not endless
