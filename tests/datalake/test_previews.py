"""Previews of good and of hostile files, by the real child process."""

import base64
import io
import json
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from astropy.table import Table
from PIL import Image

from datalake import previews


def made(kind: str, content: bytes, *, truncated: bool = False) -> previews.Preview:
    return previews._child(kind, content, truncated=truncated)


def as_fits(*hdus: Any) -> bytes:
    out = io.BytesIO()
    fits.HDUList([fits.PrimaryHDU(), *hdus]).writeto(out)
    return out.getvalue()


def picture_of(preview: previews.Preview, number: int) -> Image.Image:
    content = preview.picture(number)
    assert content is not None
    return Image.open(io.BytesIO(content))


def test_a_fits_image_is_drawn_and_its_header_shown() -> None:
    preview = made("fits", as_fits(fits.ImageHDU(np.arange(100.0).reshape(10, 10), name="SKY")))
    assert [section["title"] for section in preview.sections] == ["PRIMARY", "SKY"]
    assert picture_of(preview, 1).format == "PNG"
    assert ["EXTNAME", "SKY", "extension name"] in preview.sections[1]["cards"]
    assert preview.picture(0) is None


def test_a_fits_table_is_shown_with_units_and_a_curve() -> None:
    table = Table({"energy": np.geomspace(1, 1e6, 50), "flux": np.geomspace(1e-9, 1e-15, 50)}, units={"energy": "GeV"})
    section = made("fits", as_fits(fits.table_to_hdu(table))).sections[1]
    assert section["columns"] == ["energy", "flux"]
    assert section["units"] == ["GeV", ""]
    assert len(section["rows"]) == 12
    assert "energy [GeV]" in section["alt"]


def test_the_beginning_of_a_large_fits_file_still_shows_its_headers() -> None:
    whole = as_fits(fits.ImageHDU(np.zeros((400, 400))))
    preview = made("fits", whole[:8640], truncated=True)
    assert preview.error == ""
    assert "beginning" in preview.sections[1]["note"]


@pytest.mark.parametrize("axis", [2_000_000_000, 60_000])
def test_a_fits_file_that_claims_to_be_huge_costs_nothing(axis: int) -> None:
    header = fits.Header([("SIMPLE", True), ("BITPIX", -64), ("NAXIS", 2), ("NAXIS1", axis), ("NAXIS2", axis)])
    preview = made("fits", header.tostring().encode())
    assert preview.error or "too large" in preview.sections[0]["note"]


def test_a_compressed_image_larger_than_allowed_is_not_unpacked() -> None:
    content = as_fits(fits.CompImageHDU(np.zeros((8000, 8000), dtype="u1")))
    assert len(content) < 2_000_000
    assert "too large" in made("fits", content).sections[1]["note"]


@pytest.mark.parametrize("kind", ["fits", "picture", "table", "text"])
@pytest.mark.parametrize(
    "content", [b"", b"\0" * 4000, b"\xff\xd8\xff" + b"A" * 100, b"SIMPLE  =" + b"\xfe" * 3000, b"# %ECSV 1.0\n# ---\n# !!python/object:x"]
)
def test_rubbish_is_one_sentence_or_nothing_to_see(kind: str, content: bytes) -> None:
    preview = made(kind, content)
    assert preview.error or preview.sections
    assert "Traceback" not in preview.error


def test_a_picture_is_written_anew_without_what_it_carried() -> None:
    out = io.BytesIO()
    Image.new("RGB", (3000, 1000), "teal").save(out, "JPEG", comment=b"<script>alert(1)</script>")
    preview = made("picture", out.getvalue())
    small = picture_of(preview, 0)
    assert (small.format, max(small.size)) == ("PNG", 1400)
    assert b"script" not in base64.b64decode(preview.sections[0]["image"])


def test_a_pixel_bomb_is_seen_before_it_bursts() -> None:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 10_000_000)) + chunk(b"IEND", b"")
    assert "pixels" in made("picture", bomb).error


def test_a_picture_that_is_a_page_is_no_picture() -> None:
    assert made("picture", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>").error


def test_text_tables_are_read_by_their_look() -> None:
    for mark in (",", ";", "\t"):
        section = made("table", mark.join("ab").encode() + b"\n" + mark.join("12").encode() + b"\n").sections[0]
        assert (section["columns"], section["rows"]) == (["a", "b"], [["1", "2"]])


def test_a_cut_table_shows_whole_lines_only() -> None:
    section = made("table", b"a,b\n1,2\n3", truncated=True).sections[0]
    assert section["rows"] == [["1", "2"]]
    assert section["facts"][0] == ["rows", "more than 1"]


def test_a_child_has_no_secrets_of_the_portal() -> None:
    names = set(previews._environment())
    assert names == {"PATH", "HOME", "MPLCONFIGDIR", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}


@pytest.mark.parametrize(
    ("name", "kind"), [("a.FITS", "fits"), ("x/y.jpeg", "picture"), ("t.ecsv", "table"), ("n.txt", "text"), ("r.root", None), ("x", None)]
)
def test_the_ending_says_what_to_try(name: str, kind: str | None) -> None:
    assert previews.kind_of(name) == kind


def test_answers_of_the_child_are_plain_data() -> None:
    assert json.dumps(made("text", b"one\ntwo").sections[0])
