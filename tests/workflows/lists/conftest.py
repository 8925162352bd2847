"""Runs with parameters and results."""

from collections.abc import Callable

import pytest
from django.test import Client

from projects.workflows.models import Run, RunValue
from projects.workflows.models.label import parameter_values, result_values
from tests.workflows.lists.made_runs import another

SignIn = Callable[[str], Client]


@pytest.fixture
def runs(run: Run) -> list[Run]:
    """Three finished runs with a parameter and a result each, but for the last one's result."""
    made = [another(run, number, parameters={"cut": cut, "name": "x"}) for number, cut in ((2, 0.5), (3, 2.0), (4, 1.0))]
    for item in made:
        RunValue.objects.bulk_create(parameter_values(item, item.parameters))
    for item, chi in zip(made, (3.0, 1.5), strict=False):
        RunValue.objects.bulk_create(result_values(item, [("chi2", chi, str(chi))]))
    return made
