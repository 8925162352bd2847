"""A run that began with the values of another says what differs, and names inputs whose content is another."""

import re
import uuid
from collections.abc import Callable

from django.test import Client

from projects.workflows.comparing import compare
from projects.workflows.models import Run

FILE = {"lake": "escape", "did": "TEST_SP:a"}


def again(run: Run, **facts: object) -> Run:
    known = {"parameters": run.parameters, "inputs": run.inputs, "overrides": run.overrides}
    return Run.objects.create(
        project=run.project, number=2, by=run.by, specification=run.specification, text=run.text, key=uuid.uuid4(), name=Run.new_name(),
        made_from=run, **{"server": run.server, **known, **facts},
    )  # fmt: skip


def test_equal_runs_have_no_differences(run: Run) -> None:
    assert compare(run, again(run)).is_equal


def test_each_difference_is_named_with_both_values(run: Run) -> None:
    run.parameters, run.inputs = {"years": 1, "mode": "fast"}, {"a.csv": FILE, "b.csv": FILE}
    run.overrides, run.commit = {"0": {"step": "fit", "memory": "1Gi"}}, "a" * 40
    run.save()
    later = again(
        run, parameters={"years": 2, "seed": "x"}, overrides={"0": {"step": "fit", "memory": "2Gi"}}, commit="b" * 40, server="other",
    )  # fmt: skip
    for owner, sums in ((run, {"a.csv": "00000001", "b.csv": "00000001"}), (later, {"a.csv": "00000002", "b.csv": ""})):
        for path, adler32 in sums.items():
            owner.input_files.create(binding=path, path=path, lake="escape", scope="TEST_SP", name="a", bytes=3, adler32=adler32)
    found = compare(run, later)
    assert [(row.name, row.before, row.now) for row in found.parameters] == [
        ("years", "1", "2"),
        ("mode", "'fast'", ""),
        ("seed", "", "'x'"),
    ]
    assert [(row.name, row.before, row.now) for row in found.steps] == [("fit: Memory", "1Gi", "2Gi")]
    assert [(row.name, row.now) for row in found.inputs] == [("a.csv", "3 B, adler32 00000002")]
    assert found.version
    assert found.server
    assert "commit bbbbbbbbbbbb" in found.version.now


def test_files_that_came_to_a_dataset_or_left_it_are_named(run: Run) -> None:
    run.inputs = {"events": {"lake": "escape", "did": "TEST_SP:set"}}
    run.save()
    later = again(run)
    for owner, names in ((run, "ab"), (later, "bc")):
        for name in names:
            owner.input_files.create(binding="events", path=f"events/{name}", lake="escape", scope="TEST_SP", name=name, bytes=3)
    assert [(row.name, row.before, row.now) for row in compare(run, later).inputs] == [("events/a", "3 B", ""), ("events/c", "", "3 B")]


def test_the_page_shows_them(run: Run, signed_in: Callable[[str], Client]) -> None:
    run.parameters = {"years": 1}
    run.save()
    page = signed_in("lead").get(again(run, parameters={"years": 7}).get_absolute_url()).content.decode()
    words = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "Differences from run 1" in words
    assert "years 1 7" in words
