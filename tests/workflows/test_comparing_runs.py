"""A run that began with the values of another says what differs, and names inputs whose content is another."""

import re
import uuid
from collections.abc import Callable

from django.test import Client

from projects.workflows.comparing import compare
from projects.workflows.models import Run, Specification
from tests.page_text import text_of

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
        ("mode", "fast", ""),
        ("seed", "", "x"),
    ]
    assert [(row.name, row.before, row.now) for row in found.steps] == [("fit: Memory", "1Gi", "2Gi")]
    assert [(row.name, row.now) for row in found.inputs] == [("a.csv", "3 B, adler32 00000002")]
    assert found.version
    assert found.server
    assert "commit bbbbbbbbbbbb" in found.version.now


def test_a_parameter_has_its_label_and_unit(run: Run, signed_in: Callable[[str], Client]) -> None:
    Specification.objects.update(
        text="inputs: {parameters: {years: 1}}\nworkflow: {type: serial}",
        editor_hints={"years": {"label": "Observation time", "unit": "yr"}},
    )
    run = Run.objects.get()
    later = again(run, parameters={**run.parameters, "years": 7})
    found = compare(run, later)
    assert [(row.name, row.label, row.unit) for row in found.parameters] == [("years", "Observation time", "yr")]
    address = f"/projects/{run.project.slug}/workflows/compare/?run={run.number}&run={later.number}"
    for page in (address, later.get_absolute_url()):
        assert "Observation time yr" in text_of(signed_in("lead").get(page).content)


def test_files_that_came_to_a_dataset_or_left_it_are_named(run: Run) -> None:
    run.inputs = {"events": {"lake": "escape", "did": "TEST_SP:set"}}
    run.save()
    later = again(run)
    for owner, names in ((run, "ab"), (later, "bc")):
        for name in names:
            owner.input_files.create(binding="events", path=f"events/{name}", lake="escape", scope="TEST_SP", name=name, bytes=3)
    assert [(row.name, row.before, row.now) for row in compare(run, later).inputs] == [("events/a", "3 B", ""), ("events/c", "", "3 B")]


def test_values_are_compared_as_a_whole_and_cut_for_the_page_only(run: Run, signed_in: Callable[[str], Client]) -> None:
    run.parameters = {"cuts": [0.5] * 60, "text": "a\n" * 300}
    run.save()
    later = again(run, parameters={"cuts": [*[0.5] * 59, 9.9], "text": "a\n" * 299 + "b\n"})
    found = compare(run, later)
    assert not found.is_equal
    assert [row.name for row in found.parameters] == ["cuts", "text"]
    assert all(row.before == row.now and len(row.now) == 201 for row in found.parameters)
    assert "The values differ after the first 200 characters." in signed_in("lead").get(later.get_absolute_url()).content.decode()


def test_differences_that_a_page_does_not_show_are_counted(run: Run, signed_in: Callable[[str], Client]) -> None:
    later = again(run, parameters={f"p{number}": number for number in range(103)})
    assert compare(run, later).left_out == 3
    page = signed_in("lead").get(later.get_absolute_url()).content.decode()
    section = " ".join(page.split('id="differences"')[1].split("</section>")[0].split())
    assert section.count('scope="row"') == 100
    assert "3 more differences are not shown." in section


def test_files_whose_sizes_look_alike_differ_by_their_bytes(run: Run) -> None:
    run.inputs = {"a.csv": FILE}
    run.save()
    later = again(run)
    for owner, size in ((run, 1_234_567), (later, 1_234_568)):
        owner.input_files.create(binding="a.csv", path="a.csv", lake="escape", scope="TEST_SP", name="a", bytes=size)
    assert [(row.before, row.now) for row in compare(run, later).inputs] == [("1,234,567 B", "1,234,568 B")]


def test_the_page_shows_them(run: Run, signed_in: Callable[[str], Client]) -> None:
    run.parameters = {"years": 1}
    run.save()
    page = signed_in("lead").get(again(run, parameters={"years": 7}).get_absolute_url()).content.decode()
    words = " ".join(re.sub(r"<[^>]+>", "", page).split())
    assert "Differences from run 1" in words
    assert "years 1 7" in words
