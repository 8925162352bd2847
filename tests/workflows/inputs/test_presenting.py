"""The data of a run on its page: how many files, how much, and how they came."""

from collections.abc import Callable

import pytest
from django.test import Client

from projects.workflows.inputs.presenting import SHOWN, data_of
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


@pytest.mark.parametrize(
    ("status", "tape", "state", "words"),
    [
        ("running", "", "waiting", "waiting"),
        ("running", "offline", "waiting", "on tape"),
        ("failed", "", "missing", "not delivered"),
        ("stopped", "offline", "missing", "not delivered"),
        ("deleted", "", "missing", "not delivered"),
        ("finished", "", "unknown", "not known"),  # its jobs could not be read, and it finished
    ],
)
def test_what_a_run_never_got_is_said_when_it_has_ended(
    run: Run, signed_in: Callable[[str], Client], status: str, tape: str, state: str, words: str
) -> None:
    Run.objects.filter(pk=run.pk).update(inputs={"events": {"lake": "escape", "did": "TEST_SP:set"}}, status=status)
    run.input_files.create(binding="events", path="events/a", lake="escape", scope="TEST_SP", name="a", bytes=3, tape=tape)
    run.input_files.create(binding="events", path="events/b", lake="escape", scope="TEST_SP", name="b", bytes=3, state="delivered")
    lead = signed_in("lead")
    for where in ("", "inputs/"):
        assert f"{words}</span>" in lead.get(f"{run.get_absolute_url()}{where}").content.decode()
    items = lead.get(f"{run.get_absolute_url()}inputs/?format=json").json()["items"]
    assert [item["state"] for item in items] == [state, "delivered"]
    assert f",{state}," in lead.get(f"{run.get_absolute_url()}inputs/?format=csv").content.decode()


def test_every_reason_is_told_also_of_files_that_the_page_does_not_list(run: Run) -> None:
    Run.objects.filter(pk=run.pk).update(inputs={"data": {"lake": "escape", "did": "S:d"}})
    row = {"run": run, "binding": "data", "lake": "escape", "scope": "S", "bytes": 1, "how": RunInput.How.STREAMED}
    last = SHOWN + 5
    RunInput.objects.bulk_create(
        [
            RunInput(**row, path=f"data/{number:03}", name=str(number), why="Too small." if number == last else "")
            for number in range(last + 1)
        ]
    )
    found = data_of(Run.objects.get(pk=run.pk))
    assert found is not None
    assert (found.reasons, found.hidden) == (["Too small."], 6)
