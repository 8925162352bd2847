"""JSON on one line, moving pictures and documents."""

import io
import json

import pytest
from PIL import Image

from datalake.files import previews
from datalake.files.preview_child import json_layout
from tests.datalake.files.test_previews import made, picture_of

pytestmark = pytest.mark.rare(group="previews")


@pytest.mark.parametrize("kind", ["GIF", "WEBP"])
def test_of_a_moving_picture_the_first_frame_is_shown_and_it_is_said(kind: str) -> None:
    out = io.BytesIO()
    first, second = (Image.new("RGB", (20, 10), colour) for colour in ("red", "blue"))
    first.save(out, kind, save_all=True, append_images=[second], **({"lossless": True} if kind == "WEBP" else {}))
    preview = made("picture", out.getvalue())
    assert preview.error == ""
    assert picture_of(preview, 0).convert("RGB").getpixel((0, 0)) == (255, 0, 0)
    assert preview.sections[0]["note"] == "Frames shown: the first of 2."
    assert ["format", kind] in preview.sections[0]["facts"]


def test_json_on_one_line_is_laid_out_and_every_number_stays_as_it_is_written() -> None:
    text = (
        '{"z": 3.10, "big": 12345678901234567890123, "twice": 1, "twice": 2, "s": "a, {b}: \\"c\\" [", "none": [], "list": ['
        + "1e-7," * 80
        + "0]}"
    )
    [section] = made("text", text.encode()).sections
    assert section["text"].splitlines()[:7] == [
        "{",
        '  "z": 3.10,',
        '  "big": 12345678901234567890123,',
        '  "twice": 1,',
        '  "twice": 2,',
        '  "s": "a, {b}: \\"c\\" [",',
        '  "none": [],',
    ]
    assert "In the file this JSON stands on one line." in section["note"]
    assert "Lines shown: the first 80 of" in section["note"]
    assert json.loads("\n".join(json_layout.lines_of(text))) == json.loads(text)
    [cut] = made("text", text.encode(), truncated=True).sections
    assert cut["text"].startswith('{\n  "z": 3.10,')
    assert "Only the beginning is shown." in cut["note"]


@pytest.mark.parametrize("text", ["[1, 2" + ", 3" * 200, "{a: " + "b" * 400 + "}", "[section]" + " x" * 300, "[" * 5000, '{"a": 1} ' * 100])
def test_what_is_no_json_stays_one_line(text: str) -> None:
    [section] = made("text", text.encode()).sections
    assert section["text"] == text[:300] + "\u2026"


@pytest.mark.parametrize("begin", ["[INFO]  two  spaces", "['one',  'two'", "[2026-12-01 12:00]  begin", "[1, 2]  x", "[a,  b]"])
def test_a_beginning_that_is_none_of_json_keeps_its_blanks(begin: str) -> None:
    text = begin + "  and so on" * 60
    [section] = made("text", text.encode(), truncated=True).sections
    assert section["text"] == text[:300] + "\u2026"


def test_wherever_the_end_cuts_json_it_is_laid_out() -> None:
    text = json.dumps({"a": [1, -2.5e-10, 'b \\ "\u00e9"\n', True, None], "c": {"d": float("nan"), "e": {}, "f": []}, "g": False})
    assert all(json_layout.is_json(text[:end], is_whole=False) for end in range(3, len(text) + 1))
    assert not any(json_layout.is_json(text[:end], is_whole=True) for end in range(3, len(text)))
    assert not any(json_layout.is_json(f"[{'1' * 5000}{end}", is_whole=bool(end)) for end in ("", "]"))  # which Python does not read


def test_a_document_says_what_it_is_and_how_to_read_it() -> None:
    assert previews.kind_of("results/Paper.PDF") == "pdf"
    [section] = made("pdf", b"%PDF-1.7\n%\xe2\xe3\n1 0 obj <</OpenAction (x)>>").sections
    assert section["facts"] == [["format", "PDF 1.7"]]
    assert section["note"] == "PDF documents are not shown here. Download the file to read it."
    assert "This is not a PDF document." in made("pdf", b"<html>").error
