"""What a target says of items that are in it, but not as one might expect."""

import ast
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from django.utils import timezone

from datalake.index.did_facts import DidFacts
from projects.baskets.targets import citations, crate, notebook, rucio_list, script, table
from projects.baskets.targets.collected import Collected, CollectedItem
from projects.baskets.targets.writing import LeftOut, Written
from projects.workflows.models import Result
from tests.baskets.hostile_items import SCOPE, item
from tests.baskets.test_things import make_run
from tests.factories import make_project, make_public
from vre_portal.iam.models import User

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def data(name: str, **facts: Any) -> CollectedItem:
    return replace(item("did", f"escape:{SCOPE}:{name}", name), facts=replace(DidFacts(NOW, "FILE", 7), **facts))


def of(*items: CollectedItem, reader: User | None = None) -> Collected:
    return Collected("Paper", "https://vre.example/", reader or User(), items)


def named(rows: Sequence[LeftOut], words: str) -> list[str]:
    return [title for row in rows if words in str(row.reason) for title in row.titles]


def text(written: Written, key: str) -> str:
    return next(part.text for part in written.parts if part.key == key)


def test_what_the_lake_has_not_any_more_is_called_so() -> None:
    collected = of(data("here"), data("gone", type="", bytes=None, missing_at=NOW))
    for target in (notebook, script):
        assert named(target.write(collected).notes, "did not have these when it was last compared") == ["gone"]
    written = rucio_list.write(collected)
    assert named(written.left_out, "did not have these when it was last compared") == ["gone"]
    assert named(written.left_out, "not known yet") == []


def test_characters_that_a_votable_cannot_hold_are_said() -> None:
    written = table.write(of(data("plain"), data("\U0001d518.fits"), data("tab\x1b.fits")))
    assert len(named(written.notes, "A VOTable cannot hold")) == 2
    assert "\U0001d518" in text(written, "csv")


def test_a_publication_of_a_projects_own_is_not_dropped_in_silence(people: dict[str, User]) -> None:
    with_one = make_project(slug="one", title="One", lead=people["lead"], citation="@article{x, title={X}}")
    without = make_project(slug="two", title="Two", lead=people["lead"])
    rows = [item("project", str(project.pk), project.title) for project in (with_one, without)]
    assert named(citations.write(of(*rows, reader=people["lead"])).notes, "a publication to cite") == ["One"]


def test_a_withdrawn_result_is_not_sent_to_another_publication(people: dict[str, User]) -> None:
    run = make_run(make_public(slug="moon", title="Moon", lead=people["lead"]), people["lead"])
    Result.objects.filter(run=run).update(withdrawn_at=NOW)
    result = Result.objects.get(run=run)
    written = citations.write(of(item("result", str(result.pk), "Map"), reader=people["lead"]))
    assert named(written.left_out, "These results were withdrawn") == ["Map"]
    assert named(written.left_out, "Cite the publication") == []


def test_notes_are_not_in_a_crate_and_said_in_a_table() -> None:
    collected = of(replace(data("here"), note="my words"), data("other"))
    assert "my words" not in text(crate.write(collected), "jsonld")
    assert named(table.write(collected).notes, "Your notes") == ["here"]


def test_a_notebook_attaches_so_many_and_asks_with_one_client() -> None:
    rows = [data(f"{number}.fits") for number in range(rucio_list.MAX_ATTACHED + 3)]
    written = notebook.write(of(*rows))
    attached = json.loads(text(written, "ipynb"))["metadata"]["rucio_attachments"]
    assert len(attached) == rucio_list.MAX_ATTACHED
    assert named(written.notes, "are attached to a notebook") == ["100.fits", "101.fits", "102.fits"]
    code = json.loads(text(written, "ipynb"))["cells"][1]["source"]
    loops = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.For)]
    assert "Client()" in code
    assert not any("Client()" in ast.unparse(loop) for loop in loops)
