"""The data of a run on its page: how many files, how much, and how they came."""

from collections.abc import Callable

from django.test import Client

from projects.workflows.inputs.presenting import data_of
from projects.workflows.models import Run, RunInput
from tests.workflows.conftest import run as run


def test_the_page_of_a_run_tells_its_data(run: Run, signed_in: Callable[[str], Client]) -> None:
    run.inputs = {"events": {"lake": "escape", "did": "TEST_SP:set"}}
    run.save()
    for name, size, how in (("a", 3, RunInput.How.STREAMED), ("b", 4, RunInput.How.FETCHED)):
        run.input_files.create(binding="events", path=f"events/{name}", lake="escape", scope="TEST_SP", name=name, bytes=size, how=how)
    found = data_of(run)
    assert found
    assert (found.files, found.bytes, found.fetched, found.fetched_bytes) == (2, 7, 1, 4)
    assert signed_in("lead").get(run.get_absolute_url()).status_code == 200
