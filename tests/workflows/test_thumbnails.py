"""Pictures of a run: PNG and JPEG, large ones by a small copy that a worker makes once, with the rights of the file."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from datalake.files import thumbnails as child
from datalake.files.preview_places import NoPlace
from datalake.files.preview_process import ChildStopped
from projects.models import Project
from projects.workflows import thumbnails
from projects.workflows.latest_result import latest_result
from projects.workflows.models import Result, Run, RunFile, is_picture_path
from projects.workflows.models.file import WHOLE_BYTES
from projects.workflows.results.cards import cards
from vre_portal.jobs.lease import LeaseLost

SignIn = Callable[[str], Client]
Thumbnail = RunFile.Thumbnail
JPEG = b"\xff\xd8\xff"  # the first bytes of one


def picture(kind: str = "PNG", side: int = 700, mode: str = "RGB", **options: Any) -> bytes:
    """Noise, which no format makes small."""
    channels = len(Image.new(mode, (1, 1)).getbands())
    shape = (side, 2 * side, channels) if channels > 1 else (side, 2 * side)
    values = np.random.default_rng(7).integers(0, 256, shape, dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(values, mode).save(out, kind, **options)
    return out.getvalue()


@pytest.fixture
def ended(run: Run, settings: Any, tmp_path: Any) -> Run:
    settings.MEDIA_ROOT = str(tmp_path)
    now = timezone.now()
    Run.objects.filter(pk=run.pk).update(status="finished", finished_at=now, listed_at=now, collected_at=now)
    run.refresh_from_db()
    return run


def here(run: Run, path: str, content: bytes) -> RunFile:
    """A file of the run as a worker copies it."""
    file = RunFile.objects.create(run=run, path=path, state=RunFile.State.WAITING)
    held = RunFile.claim(file.pk)
    assert held is not None
    name = held.file.storage.save(f"runs/{file.pk}", ContentFile(content))
    held.copied(size=len(content), sha256=f"{file.pk:064d}", name=name, head=content[:8])
    held.release()
    return RunFile.objects.select_related("run__project").get(pk=file.pk)


def made(file: RunFile) -> RunFile:
    thumbnails.make_small(file.pk)
    return RunFile.objects.select_related("run__project").get(pk=file.pk)


@pytest.mark.parametrize(
    ("path", "kind", "mode"),
    [
        ("a.png", "PNG", "RGB"),
        ("a.PNG", "PNG", "RGBA"),
        ("b.jpg", "JPEG", "RGB"),
        ("c/b.JPEG", "JPEG", "L"),
        ("c.gif", "GIF", "L"),
        ("d.WEBP", "WEBP", "RGB"),
    ],
)
def test_a_large_picture_gets_a_small_copy_once(ended: Run, signed_in: SignIn, path: str, kind: str, mode: str) -> None:
    content = picture(kind, mode=mode)
    assert len(content) > WHOLE_BYTES
    file = here(ended, path, content)
    assert (file.thumbnail_state, file.thumbnail_url) == (Thumbnail.WANTED, "")
    file = made(file)
    assert file.thumbnail_state == Thumbnail.MADE
    lead = signed_in("lead")
    answer = lead.get(file.thumbnail_url)
    body = b"".join(answer.streaming_content)  # type: ignore[arg-type]
    with Image.open(io.BytesIO(body)) as small:
        assert (small.format, small.size) == ("WEBP", (960, 480))
    assert answer["Content-Type"] == "image/webp"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "private, no-cache"
    assert lead.get(file.thumbnail_url, headers={"If-None-Match": answer["ETag"]}).status_code == 304
    whole = lead.get(file.get_absolute_url())
    assert whole["Content-Type"] == f"image/{kind.lower()}"
    assert whole["Content-Disposition"].startswith("inline")
    text = lead.get(ended.get_absolute_url()).content.decode()
    assert re.findall(r'<img src="([^"]*/files/[^"]*)"', text) == [file.thumbnail_url]
    name = file.thumbnail.name
    assert made(file).thumbnail.name == name  # nothing waits any more


@pytest.mark.parametrize("path", ["small.png", "small.jpg"])
def test_a_small_picture_is_shown_whole_at_once(ended: Run, signed_in: SignIn, path: str) -> None:
    file = here(ended, path, picture(path[-3:].replace("jpg", "JPEG"), side=20))
    assert (file.thumbnail_state, file.thumbnail_url) == (Thumbnail.NONE, file.get_absolute_url())
    lead = signed_in("lead")
    assert f'src="{file.get_absolute_url()}"' in lead.get(ended.get_absolute_url()).content.decode()
    assert lead.get(f"{file.get_absolute_url()}thumbnail/")["Content-Type"] == file.content_type


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"\x89PNG\r\n\x1a\n" + b"x" * WHOLE_BYTES, "damaged"),
        (b"\xff\xd8\xff" + b"x" * WHOLE_BYTES, "damaged"),
    ],
)
def test_a_picture_that_cannot_be_made_small_is_left_out_with_a_sign(ended: Run, signed_in: SignIn, content: bytes, reason: str) -> None:
    file = made(here(ended, "odd.png", content))
    lead = signed_in("lead")
    text = lead.get(ended.get_absolute_url()).content.decode()
    assert file.thumbnail_state == Thumbnail.FAILED
    assert reason in file.thumbnail_note
    assert "Large picture without a small copy: open it" in text
    assert "/files/" not in "".join(re.findall(r"<img[^>]*>", text))
    assert lead.get(f"{file.get_absolute_url()}thumbnail/").status_code == 404


@pytest.mark.parametrize("size", [10, WHOLE_BYTES + 1])
@pytest.mark.parametrize("head", [b"<html>", b"%PDF-1.7", b""])
def test_what_is_no_picture_is_a_file_to_download_whatever_its_name(ended: Run, signed_in: SignIn, head: bytes, size: int) -> None:
    file = here(ended, "plot.png", head.ljust(size, b"x") if head else b"")
    assert file.thumbnail_state == Thumbnail.NO_PICTURE
    lead = signed_in("lead")
    text = lead.get(ended.get_absolute_url()).content.decode()
    assert "/files/" not in "".join(re.findall(r"<img[^>]*>", text))
    assert f'href="{file.get_absolute_url()}" download' in text
    assert lead.get(file.get_absolute_url())["Content-Disposition"].startswith("attachment")
    assert lead.get(f"{file.get_absolute_url()}thumbnail/").status_code == 404
    assert not ended.outputs.filter(is_picture_path()).exists()


def test_a_photo_of_a_camera_gets_a_small_copy_and_one_without_measure_does_not(ended: Run) -> None:
    for side, state in (((10_000, 5_000), Thumbnail.MADE), ((20_000, 10_000), Thumbnail.FAILED)):
        out = io.BytesIO()
        Image.new("L", side, 128).save(out, "JPEG")
        file = made(here(ended, f"{side[0]}.jpg", out.getvalue() + b"\0" * WHOLE_BYTES))
        assert file.thumbnail_state == state
    assert "20,000 by 10,000 pixels" in file.thumbnail_note


def test_one_with_too_many_pixels_costs_only_itself(ended: Run) -> None:
    wide = io.BytesIO()
    Image.new("L", (9000, 9000)).save(wide, "PNG")
    file = made(here(ended, "wide.png", wide.getvalue() + b"\0" * WHOLE_BYTES))
    assert file.thumbnail_state == Thumbnail.FAILED
    assert "9,000 by 9,000 pixels" in file.thumbnail_note


def test_while_it_is_being_made_the_page_says_so_and_asks_again(ended: Run, signed_in: SignIn) -> None:
    file = here(ended, "a.png", picture())
    lead = signed_in("lead")
    text = lead.get(ended.get_absolute_url()).content.decode()
    assert "a small copy is being made" in text
    assert f"run-{ended.pk}" in text.partition('id="run-status"')[2][:300]
    assert lead.get(f"{file.get_absolute_url()}thumbnail/").status_code == 404
    ended.refresh_from_db()
    before = ended.digest
    made(file)
    assert Run.objects.get(pk=ended.pk).digest != before


def test_only_who_sees_the_run_gets_its_small_pictures(ended: Run, client: Client, signed_in: SignIn) -> None:
    file = made(here(ended, "a.png", picture()))
    Project.objects.update(visibility="public")
    assert signed_in("lead").get(file.thumbnail_url).status_code == 200
    assert client.get(file.thumbnail_url).status_code == 404
    Run.objects.update(published_at=timezone.now())
    assert client.get(file.thumbnail_url).status_code == 200


def test_other_files_have_none(ended: Run, signed_in: SignIn) -> None:
    file = here(ended, "a.png.txt", b"x" * (WHOLE_BYTES + 1))
    assert (file.thumbnail_state, file.thumbnail_url) == ("", "")
    assert signed_in("lead").get(f"{file.get_absolute_url()}thumbnail/").status_code == 404
    assert [item.path for item in (here(ended, name, JPEG) for name in ("a.jpg", ".png", "jpg", "x.jpegs")) if item.is_picture] == [
        "a.jpg",
        ".png",
    ]
    assert set(ended.outputs.filter(is_picture_path()).values_list("path", flat=True)) == {"a.jpg", ".png"}


@pytest.mark.parametrize(
    ("error", "tries"), [(ChildStopped("Preview timed out."), thumbnails.MAX_TRIES), (OSError("disk"), thumbnails.MAX_TRIES)]
)
def test_a_child_that_stops_is_tried_a_few_times(ended: Run, monkeypatch: pytest.MonkeyPatch, error: Exception, tries: int) -> None:
    calls = []

    def stopped(_content: bytes) -> bytes:
        calls.append(1)
        raise error

    monkeypatch.setattr(thumbnails, "make_thumbnail", stopped)
    file = here(ended, "a.png", picture())
    for _ in range(tries + 2):
        RunFile.objects.update(lease_until=None)
        thumbnails.make_small(file.pk)
    assert len(calls) == tries
    assert RunFile.objects.get().thumbnail_state == Thumbnail.FAILED


def test_while_all_places_are_taken_it_waits_and_loses_no_try(ended: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_content: bytes) -> bytes:
        raise NoPlace("full")

    monkeypatch.setattr(thumbnails, "make_thumbnail", full)
    file = here(ended, "a.png", picture())
    for _ in range(8):
        RunFile.objects.update(lease_until=None)
        thumbnails.make_small(file.pk)
    file.refresh_from_db()
    assert (file.thumbnail_state, file.tries) == (Thumbnail.WANTED, 0)


def test_the_sweep_finds_two_at_a_time(ended: Run) -> None:
    files = [here(ended, f"{name}.png", JPEG * WHOLE_BYTES) for name in "abc"]
    assert thumbnails.runner.waiting() == [file.pk for file in files[:2]]


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"sections": []},
        {"sections": ["x"]},
        {"sections": [{"image": "%%"}]},
        {"sections": [{"image": "PGh0bWw+"}]},
        {"sections": {"a": 1}},
    ],
)
def test_what_a_child_answers_is_looked_at(monkeypatch: pytest.MonkeyPatch, answer: Any) -> None:
    monkeypatch.setattr(child, "read_file", lambda *_, **__: answer)
    with pytest.raises(child.NoThumbnail):
        child.make_thumbnail(b"x")


def test_one_that_another_worker_took_leaves_no_file(ended: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = here(ended, "a.png", picture())

    def slow(_content: bytes) -> bytes:
        RunFile.objects.filter(pk=file.pk).update(attempt=99)
        return b"RIFF0000WEBP"

    monkeypatch.setattr(thumbnails, "make_thumbnail", slow)
    held = RunFile.claim(file.pk)
    assert held is not None
    with pytest.raises(LeaseLost):
        thumbnails._make(held)
    assert list(tmp_path.rglob("small-*")) == []


def test_cards_and_the_latest_result_load_small_pictures(ended: Run, signed_in: SignIn, rf: Any) -> None:
    file = made(here(ended, "a.jpg", picture("JPEG")))
    Run.objects.update(published_at=timezone.now())
    Result.objects.create(run=ended, title="R")
    lead = signed_in("lead")
    where = f"{ended.project.get_absolute_url()}results/"
    assert f'src="{file.thumbnail_url}"' in lead.get(where).content.decode()
    newest = latest_result(ended.by, ended.project)
    assert newest
    assert (newest.picture_url, newest.thumbnail_url) == (file.get_absolute_url(), file.thumbnail_url)
    RunFile.objects.update(thumbnail_state=Thumbnail.FAILED)
    text = lead.get(where).content.decode()
    assert "Large picture: open it" in text
    assert f'src="{file.get_absolute_url()}"' not in text
    request = rf.get("/")
    request.user = ended.by
    (card,) = cards(request, ended.project).cards
    assert (card.picture_url, card.thumbnail_url) == (file.get_absolute_url(), "")
    assert json.loads(lead.get(f"{ended.get_absolute_url()}?format=json").content)["files"][0]["name"] == "a.jpg"


def test_a_copy_that_is_made_again_gets_a_new_small_one(ended: Run) -> None:
    file = made(here(ended, "a.png", picture()))
    names = file.drop_copies()
    assert len(names) == 2
    assert (file.thumbnail_state, file.sha256, bool(file.thumbnail)) == ("", "", False)


def test_the_small_copy_of_an_animation_is_its_first_frame(ended: Run) -> None:
    frames = [Image.new("RGB", (700, 700), colour) for colour in ("red", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:], comment=b"x" * WHOLE_BYTES)
    file = made(here(ended, "run.gif", out.getvalue()))
    assert file.thumbnail_state == Thumbnail.MADE, file.thumbnail_note
    with file.thumbnail.open("rb") as content, Image.open(content) as small:
        red, green, blue = small.convert("RGB").getpixel((5, 5))  # type: ignore[misc]
    assert red > 200 > 60 > max(green, blue)


def test_copying_wants_a_small_copy_of_large_pictures_only(ended: Run) -> None:
    assert here(ended, "large.csv", b"x" * (WHOLE_BYTES + 1)).thumbnail_state == Thumbnail.NONE
    assert here(ended, "large.jpeg", JPEG * WHOLE_BYTES).thumbnail_state == Thumbnail.WANTED
