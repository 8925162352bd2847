"""Previews of good and of hostile files, by the real child process."""

import base64
import gzip
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path
from typing import Any

import arro3.core
import arro3.io
import numpy as np
import pytest
import uproot
from astropy.io import fits
from astropy.table import Table
from django.conf import settings
from PIL import Image

from datalake.files import previews
from datalake.files.preview_process import environment

pytestmark = pytest.mark.rare(group="previews")


def made(kind: str, content: bytes, *, truncated: bool = False, packed: bool = False) -> previews.Preview:
    return previews._child(kind, content, size=len(content) + truncated, head=len(content), packed=packed)


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
    assert section["facts"][0] == ["rows", "at least 1"]


def test_a_child_has_no_secrets_of_the_portal() -> None:
    names = set(environment())
    assert names == {"PATH", "HOME", "MPLCONFIGDIR", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"}


def test_a_child_uses_the_portals_language() -> None:
    script = (
        "from datalake.files.preview_child.__main__ import use_language; use_language('de')\n"
        "from django.utils.translation import gettext; print(gettext('This field is required.'))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=settings.BASE_DIR, env=environment(), capture_output=True, text=True, check=True
    )
    assert done.stdout == "Dieses Feld ist zwingend erforderlich.\n"


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.FITS", "fits"),
        ("x/y.jpeg", "picture"),
        ("t.ecsv", "table"),
        ("n.txt", "text"),
        ("r.root", "root"),
        ("x", None),
        ("logs/stdout", "text"),
        ("a.b/README", "text"),
        ("job.out", "text"),
        ("events.JSONL", "text"),
        ("a.svg", "text"),
        ("a.fits.gz", "fits"),
        ("a.zip.gz", None),
        ("a.gz", None),
    ],
)
def test_the_ending_says_what_to_try(name: str, kind: str | None) -> None:
    assert previews.kind_of(name) == kind


def test_answers_of_the_child_are_plain_data() -> None:
    assert json.dumps(made("text", b"one\ntwo").sections[0])


SAMPLES = Path(__file__).parent / "samples"


def as_root() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        name = f"{folder}/made.root"
        with uproot.recreate(name) as file:
            file["energy"] = np.histogram([1.0, 2.0, 2.5], bins=4)
            file["sky"] = np.histogram2d([1.0, 2.0], [1.0, 2.0], bins=3)
            file.mktree("events", {"id": "int32", "hits": "3 * float32"}).extend({"id": [7, 8], "hits": np.ones((2, 3), "f4")})
        return Path(name).read_bytes()


def as_parquet(rows: int = 5000) -> bytes:
    columns = [arro3.core.Array.from_numpy(np.arange(float(rows))), arro3.core.Array.from_numpy(np.arange(rows))]
    out = io.BytesIO()
    arro3.io.write_parquet(arro3.core.Table.from_arrays(columns, names=["energy", "id"]), out)
    return out.getvalue()


def as_zip(names: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in names.items():
            archive.writestr(name, content)
    return out.getvalue()


def as_notebook(*cells: dict[str, Any]) -> bytes:
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}).encode()


def test_a_root_file_shows_its_objects_trees_and_histograms() -> None:
    preview = made("root", as_root())
    listing, *parts = preview.sections
    assert listing["rows"] == [["energy;1", "TH1D"], ["sky;1", "TH2D"], ["events;1", "TTree"]]
    assert ["id", "int32_t", "7", "8"] in parts[2]["rows"]
    assert [bool(part["image"]) for part in parts] == [True, True, False]


def test_a_root_files_own_description_of_classes_is_never_turned_into_code() -> None:
    from datalake.files.preview_child.limits import NoPreview

    before = uproot.streamers.Model_TStreamerInfo.new_class
    try:
        from datalake.files.preview_child import root

        with pytest.raises(NoPreview):
            uproot.streamers.Model_TStreamerInfo.new_class(None, None)
        assert root.no_code is uproot.streamers.Model_TStreamerInfo.new_class
    finally:
        uproot.streamers.Model_TStreamerInfo.new_class = before


def test_parquet_shows_types_and_first_rows() -> None:
    rows, schema = made("parquet", as_parquet()).sections
    assert (rows["columns"], rows["rows"][3]) == (["energy", "id"], ["3", "3"])
    assert schema["rows"] == [["energy", "Float64"], ["id", "Int64"]]


def test_a_large_parquet_file_shows_its_types_from_its_end() -> None:
    content = as_parquet()
    preview = previews._child("parquet", content[:100] + content[-2000:], size=len(content), head=100)
    assert preview.sections[0]["rows"] == [["energy", "Float64"], ["id", "Int64"]]
    assert "in a part of the file that a preview does not read" in preview.sections[0]["note"]


def test_hdf5_shows_its_tree_attributes_and_first_data() -> None:
    tree, table, plane = made("hdf5", (SAMPLES / "sky.h5").read_bytes()).sections
    assert ["/maps/counts", "dataset", "20 x 30", "float32"] in tree["rows"]
    assert ["/nowhere", "not readable", "", ""] in tree["rows"]
    assert tree["cards"] == [["telescope", "simulated", ""]]
    assert table["rows"] == [["1.5", "3"], ["2.5", "4"]]
    assert plane["image"]


def test_hdf5_reads_nothing_outside_of_itself() -> None:
    linked = made("hdf5", (SAMPLES / "linked.h5").read_bytes())
    assert [row[1] for row in linked.sections[0]["rows"]] == ["link to /etc/hostname:/x, which is another file"]
    outside = made("hdf5", (SAMPLES / "outside.h5").read_bytes())
    assert "root:" not in json.dumps(outside.sections)
    import pyfive

    assert not any(pyfive.File(SAMPLES / "outside.h5")["secret"][:])


def test_a_zip_shows_names_and_unpacks_nothing() -> None:
    section = made("archive", as_zip({"../../etc/x": b"1", "big": b"\0" * 50_000_000})).sections[0]
    assert section["rows"] == [["../../etc/x", "1"], ["big", "50,000,000"]]


def test_a_notebook_shows_cells_in_order_without_anything_that_runs() -> None:
    png = io.BytesIO()
    Image.new("RGB", (20, 10), "teal").save(png, "PNG")
    hostile = "# Title\n<script>alert(1)</script>\n[x](javascript:alert(1)) ![i](https://tracker.example/x.png)"
    output = {"output_type": "display_data", "data": {"image/png": base64.b64encode(png.getvalue()).decode(), "text/html": "<b onload=x>"}}
    code = {"cell_type": "code", "execution_count": 3, "source": ["1 + ", "1"], "outputs": [output, {"output_type": "stream", "text": "2"}]}
    parts = made("notebook", as_notebook({"cell_type": "markdown", "source": hostile}, code)).sections
    assert [part["kind"] for part in parts] == ["markdown", "code", "picture", "output"]
    assert (parts[1]["title"], parts[1]["text"], parts[3]["text"]) == ("In [3]", "1 + 1", "2")
    html = previews.html_of(parts[0])
    assert "<h1>Title</h1>" in html
    assert not any(word in html for word in ("<script", "javascript:href", 'href="javascript', "<img", "onload"))


def test_what_a_broken_reader_might_write_is_cleaned_again() -> None:
    section = {"kind": "markdown", "text": "<p onclick=x>a<script>1</script><svg onload=1></p><a href='data:text/html,x'>b</a>"}
    html = previews.html_of(section)
    assert html.startswith("<p>a</p>")
    assert not any(word in html for word in ("onclick", "onload", "data:", "script"))


@pytest.mark.parametrize("kind", ["notebook", "hdf5", "parquet", "root", "archive"])
def test_cut_and_broken_files_of_the_other_kinds_are_one_sentence(kind: str) -> None:
    good = {
        "notebook": as_notebook(),
        "hdf5": (SAMPLES / "sky.h5").read_bytes(),
        "parquet": as_parquet(10),
        "root": as_root(),
        "archive": as_zip({"a": b"b"}),
    }[kind]
    for content in (b"", b"\0" * 4000, good[: len(good) // 2], good[:30] + b"\xff" * 2000, b"[" * 100_000):
        preview = made(kind, content)
        assert preview.error or preview.sections
        assert "Traceback" not in preview.error


def gzip_bomb(start: bytes, filling: bytes, size: int) -> bytes:
    """A small gzip of very much; made piece by piece, so that the much is never in memory."""
    out, piece = io.BytesIO(), filling * (1_000_000 // len(filling))
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1) as file:
        file.write(start)
        for _ in range(size // len(piece)):
            file.write(piece)
    return out.getvalue()


@pytest.mark.parametrize(
    ("kind", "start", "filling", "size"),
    [
        ("text", b"", b"a", 300_000_000),
        ("table", b"", b"a,b\n", 200_000_000),
        ("fits", b"SIMPLE  =                    T", b" ", 300_000_000),
    ],
)
def test_a_gzip_bomb_is_unpacked_no_further_than_a_preview_goes(kind: str, start: bytes, filling: bytes, size: int) -> None:
    packed = gzip_bomb(start, filling, size)
    begin = sum(os.times()[2:4])
    preview = made(kind, packed, packed=True)
    assert preview.error or preview.sections
    assert sum(os.times()[2:4]) - begin < 9  # seconds that its child computed


def test_a_packed_table_is_a_table() -> None:
    assert made("table", gzip.compress(b"a,b\n1,2\n"), packed=True).sections[0]["rows"] == [["1", "2"]]
