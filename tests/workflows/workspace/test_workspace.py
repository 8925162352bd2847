"""Files of a run in folders with their sizes, by a pattern, as previews, and in one zip that never holds more than one of them."""

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from projects.workflows import copying
from projects.workflows.models import Run, RunFile
from projects.workflows.workspace import views
from projects.workflows.workspace.folders import listing, matching
from projects.workflows.workspace.zipping import zipped
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.services import Service, ServiceKind

SignIn = Callable[[str], Client]
ACCESS = (Service(ServiceKind.REANA, "test-reana", "Test server", "http://127.0.0.1:9"), "token")


@pytest.fixture
def files(run: Run, settings: Any, tmp_path: Any) -> dict[str, RunFile]:
    settings.MEDIA_ROOT = str(tmp_path)
    Run.objects.filter(pk=run.pk).update(status="finished", remote_id="r-1")
    rows = {}
    for path in ("plots/a.txt", "plots/deep/b.json", "out.csv", "../evil.txt"):
        rows[path] = RunFile(run=run, path=path, size=3, state=RunFile.State.COPIED, sha256="0" * 64)
        rows[path].file.save("x", ContentFile(b"a,b"))
    rows["large.h5"] = RunFile.objects.create(run=run, path="large.h5", size=4, state=RunFile.State.LEFT)
    return rows


def test_folders_add_up_what_is_below_them(run: Run, files: dict[str, RunFile]) -> None:
    found = listing(run, "")
    assert [(folder.name, folder.files, folder.bytes, folder.copied) for folder in found.folders] == [("..", 1, 3, 1), ("plots", 2, 6, 2)]
    assert [file.path for file in found.files] == ["large.h5", "out.csv"]
    assert [file.path for file in listing(run, "plots/deep/").files] == ["plots/deep/b.json"]
    assert listing(run, "plots/deep/").crumbs == [("plots", "plots/"), ("deep", "plots/deep/")]


@pytest.mark.parametrize(
    ("pattern", "paths"),
    [("*.csv", ["out.csv"]), ("plots/*", ["plots/a.txt", "plots/deep/b.json"]), ("**/*.json", ["plots/deep/b.json"]), ("[", []), ("", [])],
)
def test_patterns_are_those_of_declared_outputs(run: Run, files: dict[str, RunFile], pattern: str, paths: list[str]) -> None:
    assert sorted(run.outputs.get(pk=pk).path for pk in matching(run, pattern)) == paths


def test_the_pages_of_folders_patterns_and_previews(run: Run, files: dict[str, RunFile], signed_in: SignIn) -> None:
    lead, address = signed_in("lead"), f"{run.get_absolute_url()}files/"
    page = lead.get(f"{address}folders/?folder=plots").content.decode()
    assert "deep/" in page
    assert "a.txt" in page
    assert "out.csv" not in page
    assert lead.get(f"{address}folders/?folder=nothing").status_code == 404
    assert "out.csv" not in lead.get(f"{address}?match=plots/*").content.decode()
    assert "No file fits this pattern." in lead.get(f"{address}?match=no*").content.decode()
    preview = lead.get(f"{address}{files['out.csv'].pk}/preview/")
    assert preview.status_code == 200
    assert "preview-table" in preview.content.decode()
    assert lead.get(f"{address}{files['large.h5'].pk}/preview/").status_code == 404
    assert signed_in("outsider").get(f"{address}folders/").status_code == 404


def test_a_folders_rows_have_the_cells_of_their_head_and_boxes_of_a_form(run: Run, files: dict[str, RunFile], signed_in: SignIn) -> None:
    page = signed_in("lead").get(f"{run.get_absolute_url()}files/folders/").content.decode()
    head, body = re.search(r"<thead>(.*?)</thead>.*?<tbody>(.*?)</tbody>", page, re.DOTALL).groups()  # type: ignore[union-attr]
    rows = body.split("</tr>")[:-1]
    assert len(rows) == 4
    assert {row.count("<td") for row in rows} == {head.count("<th")}
    assert f'value="output:{run.pk}:out.csv" form="basket-selection"' in body
    assert page.count('<form class="table-tools basket-selection" id="basket-selection"') == 1


def test_a_zip_holds_the_files_under_harmless_names(run: Run, files: dict[str, RunFile], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(copying, "pieces", lambda *_: iter([b"larg"]))
    rows = list(run.outputs.order_by("path"))
    archive = zipfile.ZipFile(io.BytesIO(b"".join(zipped(rows, ACCESS))))
    assert archive.testzip() is None
    assert sorted(archive.namelist()) == ["MANIFEST.tsv", "evil.txt", "large.h5", "out.csv", "plots/a.txt", "plots/deep/b.json"]
    assert archive.read("large.h5") == b"larg"


def test_the_launching_person_also_gets_files_that_are_being_copied(
    run: Run, files: dict[str, RunFile], signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "pieces", lambda *_: iter([b"late"]))
    monkeypatch.setattr(views, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(views, "service", lambda kind, name: Service(kind, name, "Test server", "http://127.0.0.1:9"))
    RunFile.objects.create(run=run, path="later.csv", size=4, state=RunFile.State.WAITING)
    answer = signed_in("lead").get(f"{run.get_absolute_url()}files/archive.zip?match=later.csv")
    assert zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).read("later.csv") == b"late"


def test_a_file_that_fails_costs_only_itself_and_the_zip_ends_broken(
    run: Run, files: dict[str, RunFile], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> Any:
        raise RemoteRefused("gone")
        yield b""

    monkeypatch.setattr(copying, "pieces", fail)
    sent: list[bytes] = []
    pieces = zipped(list(run.outputs.order_by("path")), ACCESS)
    with pytest.raises(RemoteError):
        sent.extend(pieces)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(sent)))
    assert "missing\t4\tlarge.h5" in archive.read("MANIFEST.tsv").decode()
    assert archive.read("out.csv") == b"a,b"


def test_members_get_what_is_copied_and_limits_are_said(
    run: Run, files: dict[str, RunFile], signed_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    run.project.memberships.create(group="escape/km3net", role="member")
    member, address = signed_in("member"), f"{run.get_absolute_url()}files/archive.zip"
    answer = member.get(f"{address}?folder=plots")
    names = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).namelist()
    assert sorted(names) == ["MANIFEST.tsv", "plots/a.txt", "plots/deep/b.json"]
    RunFile.objects.create(run=run, path="later.csv", size=5, state=RunFile.State.WAITING)
    archive = zipfile.ZipFile(io.BytesIO(b"".join(member.get(address).streaming_content)))
    assert {"being copied\t5\t\tlater.csv", "at REANA\t4\t\tlarge.h5"} <= set(archive.read("MANIFEST.tsv").decode().splitlines())
    page = " ".join(member.get(f"{run.get_absolute_url()}files/").content.decode().split())
    assert "The zip does not hold 2 files that are not in the portal" in page
    assert "The zip does not hold" not in member.get(f"{run.get_absolute_url()}files/?match=plots/*").content.decode()
    assert "The zip does not hold" not in signed_in("lead").get(f"{run.get_absolute_url()}files/").content.decode()
    monkeypatch.setattr(views, "MAX_BYTES", 5)
    assert member.get(address).status_code == 302
