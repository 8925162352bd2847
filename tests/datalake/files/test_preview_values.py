"""Previews tell what stands in a file: every digit that tells rows apart, every row and column counted, what is missing said."""

import csv
import gzip
import io
import tempfile
from pathlib import Path
from typing import Any

import arro3.core
import arro3.io
import numpy as np
import pytest
import uproot
from astropy import units as u
from astropy.io import fits
from astropy.table import MaskedColumn, Table
from PIL import Image

from datalake.files.preview_child.parquet import single
from datalake.files.preview_child.values import text_of
from datalake.files.previews import kind_of
from tests.datalake.files.test_previews import as_fits, as_zip, made, picture_of

pytestmark = pytest.mark.rare(group="previews")

MJD = [60310.123456, 60310.123457, 60310.123458]
RUNS = [1_000_001, 1_000_002, 2**53 + 1]
TEXTS = [["1000001", "60310.123456", "0.1"], ["1000002", "60310.123457", "0.2"], ["9007199254740993", "60310.123458", "16777216"]]
DATA = 2 * 2880  # where the data of the first extension begin
SMALL = np.array([0.1, 0.2, 16777216], "f4")


def section_of(kind: str, content: bytes, number: int = 0, **more: Any) -> dict[str, Any]:
    preview = made(kind, content, **more)
    assert preview.error == ""
    return preview.sections[number]


def test_numbers_of_fits_keep_the_digits_that_tell_rows_apart() -> None:
    table = fits.BinTableHDU(Table({"run": RUNS, "mjd": MJD, "x": SMALL}))
    assert section_of("fits", as_fits(table), 1)["rows"] == TEXTS


def test_numbers_of_ecsv_keep_the_digits_that_tell_rows_apart() -> None:
    out = io.StringIO()
    Table({"run": RUNS, "mjd": MJD, "x": SMALL}).write(out, format="ascii.ecsv")
    assert section_of("table", out.getvalue().encode())["rows"] == TEXTS


def test_numbers_of_parquet_keep_the_digits_that_tell_rows_apart() -> None:
    out = io.BytesIO()
    columns = [arro3.core.Array.from_numpy(np.array(values)) for values in (RUNS, MJD, SMALL)]
    arro3.io.write_parquet(arro3.core.Table.from_arrays(columns, names=["run", "mjd", "x"]), out)
    assert section_of("parquet", out.getvalue())["rows"] == TEXTS


def test_numbers_of_root_trees_and_ntuples_keep_the_digits_that_tell_rows_apart() -> None:
    values = {"run": np.array(RUNS), "mjd": np.array(MJD), "x": SMALL}
    with tempfile.TemporaryDirectory() as folder:
        with uproot.recreate(f"{folder}/a.root") as file:
            file.mktree("tree", {name: each.dtype for name, each in values.items()}).extend(values)
            file.mkrntuple("ntuple", values)
        preview = made("root", Path(f"{folder}/a.root").read_bytes())
    for part in preview.sections[1:]:
        cells = {row[0]: row[2:] for row in part["rows"]}
        assert [list(row) for row in zip(*(cells[name] for name in ("run", "mjd", "x")), strict=True)] == TEXTS
    assert [part["title"] for part in preview.sections[1:]] == ["tree", "ntuple"]


def test_times_of_a_nanosecond_and_bytes_of_parquet_are_whole() -> None:
    out = io.BytesIO()
    counts = arro3.core.Array([1704067200123456789, 1704067200123456790, None], arro3.core.DataType.int64())
    moments = counts.cast(arro3.core.DataType.timestamp("ns"))
    raw = arro3.core.Array([b"\x00\xff", b"abc", None], arro3.core.DataType.binary())
    arro3.io.write_parquet(arro3.core.Table.from_arrays([moments, raw], names=["t", "b"]), out)
    assert section_of("parquet", out.getvalue())["rows"] == [
        ["2024-01-01T00:00:00.123456789", "0x00ff"],
        ["2024-01-01T00:00:00.123456790", "abc"],
        ["", ""],
    ]


def test_nested_values_keep_their_precision_and_say_what_is_left_out() -> None:
    assert text_of(single([0.1, {"a": 1.5, "b": None}])) == "[0.1, {a: 1.5, b: }]"
    assert text_of(list(range(9))) == "[0, 1, 2, 3, \u2026] (9 values)"
    assert text_of(np.arange(9.0)) == "9 values, 0 to 8"
    assert [text_of(value) for value in (1e20, 2**70, 0.1 + 0.2, np.float16(0.1), np.complex64(1 + 0.1j), None, np.ma.masked)] == [
        "1e+20",
        "1180591620717411303424",
        "0.30000000000000004",
        "0.1",
        "(1+0.1j)",
        "",
        "",
    ]


def test_undefined_values_of_fits_are_empty_cells() -> None:
    columns = [
        fits.Column("N", "J", null=-99, array=[1, -99, 3]),
        fits.Column("S", "I", array=[2, -1, 6]),
        fits.Column("L", "L", array=[True] * 3),
    ]
    table = fits.BinTableHDU.from_columns(columns)
    table.header.update(TSCAL2=0.5, TZERO2=10.0, TNULL2=-1)
    content = bytearray(as_fits(table))
    content[DATA + 7 + 6] = 0  # the second row's L: neither true nor false
    assert section_of("fits", bytes(content), 1)["rows"] == [["1", "11", "True"], ["", "", ""], ["3", "13", "True"]]


def varying(kind: str, rows: list[list[int]], **cards: float) -> bytes:
    """A table with one column of arrays of different lengths, stored as given and scaled by its cards."""
    stored = np.empty(len(rows), dtype=object)
    stored[:] = [np.array(row) for row in rows]
    table = fits.BinTableHDU.from_columns([fits.Column("A", f"P{kind}()", array=stored)])
    table.header.update(cards)
    return as_fits(table)


@pytest.mark.parametrize(
    ("content", "texts"),
    [
        (varying("I", [[-31965, -31963], [232], [7232, -31969, 3]], TZERO1=32768), ["803, 805", "33000", "40000, 799, 32771"]),
        (varying("I", [[1, 2], [4, 5], [6]], TSCAL1=2.0, TZERO1=0.5), ["2.5, 4.5", "8.5, 10.5", "12.5"]),
        (varying("K", [[2**63 - 1], [-(2**63), -1]], TZERO1=2**63), ["18446744073709551615", "0, 9223372036854775807"]),
        (varying("J", [[5, -99], [], [-99]], TNULL1=-99), ["5, \u2013", "", "\u2013"]),
        (varying("J", [[5, 6], [], [7]]), ["5, 6", "", "7"]),
    ],
    ids=["unsigned", "scaled", "unsigned long", "undefined", "plain"],
)
def test_arrays_of_different_lengths_are_scaled_in_every_row(content: bytes, texts: list[str]) -> None:
    assert section_of("fits", content, 1)["rows"] == [[text] for text in texts]


def test_a_scaled_array_that_lies_outside_of_the_file_costs_only_its_column() -> None:
    content = bytearray(varying("I", [[1, 2], [3]], TZERO1=32768))
    content[DATA : DATA + 8] = b"\x7f\xff\xff\xff\x7f\xff\xff\xff"
    assert section_of("fits", bytes(content), 1)["note"].startswith("Columns that could not be read: A.")


def test_masked_values_of_ecsv_are_empty_cells() -> None:
    out = io.StringIO()
    Table({"a": MaskedColumn([1, 2, 3], mask=[False, True, False])}).write(out, format="ascii.ecsv")
    assert section_of("table", out.getvalue().encode())["rows"] == [["1"], [""], ["3"]]


def test_what_of_a_fits_file_is_not_shown_is_said() -> None:
    wide = fits.BinTableHDU(Table({f"c{number}": np.arange(20) for number in range(15)}))
    cube = fits.ImageHDU(np.zeros((5, 3, 4)))
    note = [section["note"] for section in made("fits", as_fits(wide, cube)).sections]
    assert "Columns shown: the first 12 of 15." in note[1]
    assert "Rows shown: the first 12 of 20." in note[1]
    assert "Plotted: plane 1 of 5 along axis 3." in note[2]
    many = made("fits", as_fits(*(fits.ImageHDU(np.zeros((2, 2))) for _ in range(20)))).sections
    assert many[-1]["note"] == "HDUs shown: the first 12 of 21."
    assert sum("up to 4 plots" in section["note"] for section in many) == 7


def test_a_broken_column_or_hdu_of_fits_costs_only_itself() -> None:
    good = fits.BinTableHDU(Table({"a": [1, 2]}), name="GOOD")
    vary = fits.BinTableHDU.from_columns(
        [fits.Column("V", "PJ()", array=np.array([[1], [2, 3]], dtype=object)), fits.Column("B", "J", array=[7, 8])]
    )
    content = bytearray(as_fits(vary, good))
    content[DATA : DATA + 8] = b"\x7f\xff\xff\xff\x7f\xff\xff\xff"  # the first row's V lies nowhere
    sections = made("fits", bytes(content)).sections
    assert [section["title"] for section in sections] == ["PRIMARY", "HDU 1", "GOOD"]
    assert [row[1] for row in sections[1]["rows"]] == ["7", "8"]
    assert sections[2]["rows"] == [["1"], ["2"]]
    cut = made("fits", as_fits(good) + b"XTENSION= 'BINTABLE'" + b"\xff" * 2860).sections
    assert cut[1]["rows"] == [["1"], ["2"]]


RAMP = np.arange(0, 3000, 3000 / 4096).reshape(64, 64)


def test_a_picture_of_16_bits_is_scaled_by_percentiles_and_says_so() -> None:
    out = io.BytesIO()
    Image.fromarray(RAMP.astype("u2")).save(out, "PNG")
    preview = made("picture", out.getvalue())
    grey = np.asarray(picture_of(preview, 0).convert("L"))
    assert (grey.min(), grey.max()) == (0, 255)
    assert 100 < grey.mean() < 155
    assert "16 bits: values from 30 to 2,984" in preview.sections[0]["note"]


@pytest.mark.parametrize(("mode", "colour"), [("CMYK", (0, 255, 255, 0)), ("P", 1), ("LA", (90, 0)), ("1", 1), ("RGBA", (9, 9, 9, 9))])
def test_pictures_of_all_kinds_keep_their_colours_and_transparency(mode: str, colour: Any) -> None:
    out = io.BytesIO()
    image = Image.new(mode, (20, 10), colour)
    if mode == "P":
        image.putpalette([0, 0, 0, 200, 30, 30])
    image.save(out, "JPEG" if mode == "CMYK" else "PNG")
    shown = picture_of(made("picture", out.getvalue()), 0).convert("RGBA").getpixel((5, 5))
    expected = {"CMYK": (255, 0, 0, 255), "P": (200, 30, 30, 255), "LA": (90, 90, 90, 0), "1": (255,) * 4, "RGBA": (9, 9, 9, 9)}[mode]
    assert np.abs(np.array(shown) - expected).max() < 6


def test_all_members_of_a_gzip_file_are_read() -> None:
    packed = gzip.compress(b"a,b\n1,2\n") + gzip.compress(b"3,4\n") + gzip.compress(b"5,6\n") + b"\0" * 20
    section = section_of("table", packed, packed=True)
    assert section["facts"][0] == ["rows", "3"]
    assert section["rows"] == [["1", "2"], ["3", "4"], ["5", "6"]]


def test_a_damaged_gzip_file_shows_what_came_before_and_says_so() -> None:
    good = gzip.compress(b"a,b\n" + b"1,2\n" * 3)
    for content, words in ((good + gzip.compress(b"x" * 999)[:15] + b"\xff" * 99, "damaged after"), (good[:-6], "is incomplete")):
        note, table = made("table", content, packed=True).sections
        assert words in note["note"]
        assert table["rows"][0] == ["1", "2"]


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "utf-16-le", "utf-8-sig"])
def test_letters_of_other_encodings_are_right_and_the_guess_is_said(encoding: str) -> None:
    text = "Zürich, Höhe 408 m, Straße\n"
    for kind, shown in (("text", "text"), ("table", "columns")):
        section = section_of(kind, text.encode(encoding))
        assert "Zürich" in str(section[shown])
        assert ("guess" in section["note"]) == (encoding in ("latin-1", "cp1252", "utf-16-le"))


def test_bytes_that_are_no_text_are_said_to_be_none() -> None:
    assert made("text", bytes(range(256)) * 20).error == "No preview available. This is not a text file."


@pytest.mark.parametrize(
    ("content", "columns", "rows", "count"),
    [
        (b"# id,ra\n1,2\n3,4\n", ["id", "ra"], [["1", "2"], ["3", "4"]], "2"),
        (b'id,word\n1,"a\n\nb"\n2,"# c"\n', ["id", "word"], [["1", "a b"], ["2", "# c"]], "2"),
        (b"1,5;2,25\n2,5;3,25\n", ["Column 1", "Column 2"], [["1,5", "2,25"], ["2,5", "3,25"]], "2"),
        ("id,word\n1,a\x85b\u2028c\n".encode(), ["id", "word"], [["1", "a b c"]], "1"),
    ],
)
def test_tables_of_other_programs_are_taken_apart_rightly(content: bytes, columns: list[str], rows: list[list[str]], count: str) -> None:
    section = section_of("table", content)
    assert (section["columns"], section["rows"], section["facts"][0]) == (columns, rows, ["rows", count])


def test_rows_of_a_whole_table_are_counted_exactly_and_of_a_cut_one_at_least() -> None:
    out = io.StringIO()
    csv.writer(out).writerows([["a", "b"], *([number, "x\ny"] for number in range(100))])
    content = out.getvalue().encode()
    assert section_of("table", content)["facts"][0] == ["rows", "100"]
    assert "Rows shown: the first 15 of 100." in section_of("table", content)["note"]
    assert section_of("table", content[:-4], truncated=True)["facts"][0] == ["rows", "at least 99"]


@pytest.mark.parametrize("kind", ["fits", "picture", "table", "notebook", "hdf5", "parquet", "root", "archive", "text"])
def test_an_empty_file_is_said_to_be_empty(kind: str) -> None:
    assert made(kind, b"").error == "The file is empty."
    if kind == "table":
        assert made(kind, gzip.compress(b""), packed=True).error == "The file is empty."


def test_a_zip_counts_its_files_and_says_what_is_encrypted() -> None:
    content = bytearray(as_zip({"a/": b"", "a/b": b"1"}))
    content[content.rindex(b"PK\x01\x02") + 8] |= 1
    section = section_of("archive", bytes(content))
    assert section["facts"][0] == ["files", "1"]
    assert "1 file is encrypted." in section["note"]


def test_net_cdf_has_a_preview() -> None:
    assert kind_of("a.nc") == "hdf5"
    assert "netCDF classic" in made("hdf5", b"CDF\x01" + b"\0" * 60).error


def test_a_broken_card_costs_only_itself() -> None:
    content = bytearray(as_fits(fits.ImageHDU(np.ones((3, 3)), header=fits.Header([("OBSERVER", "somebody")]), name="SKY")))
    at = content.index(b"OBSERVER=")
    content[at : at + 80] = b"OBSERVER= 1.2.3 x".ljust(80)
    section = made("fits", bytes(content)).sections[1]
    assert section["image"]
    assert ["1.2.3 x" in text for name, text, comment in section["cards"] if comment == "not a valid card"] == [True]
    assert ["EXTNAME", "SKY", "extension name"] in section["cards"]


def test_small_arrays_of_many_rows_and_flags_are_cells_and_no_plot() -> None:
    table = fits.BinTableHDU.from_columns(
        [fits.Column("V", "3E", array=np.ones((5, 3))), fits.Column("B", "16X", array=np.ones((5, 16), bool))]
    )
    section = made("fits", as_fits(table)).sections[1]
    assert section["rows"][0] == ["1, 1, 1", "1111111111111111"]
    assert section["image"] == ""


def test_an_object_of_root_with_a_slash_in_its_name_is_found() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with uproot.recreate(f"{folder}/a.root") as file:
            file["chi2"] = np.histogram([1.0, 2.0], bins=3)
        content = Path(f"{folder}/a.root").read_bytes().replace(b"\x04chi2", b"\x04c/i2")
    assert made("root", content).sections[1]["image"]


def test_columns_without_units_have_no_empty_row_of_units() -> None:
    bare = fits.BinTableHDU(Table({"run": [1, 2]}))
    named = fits.BinTableHDU(Table({"run": [1, 2], "t": [1.5, 2.5]}, units={"t": "s"}))
    assert section_of("fits", as_fits(bare), 1)["units"] == []
    assert section_of("fits", as_fits(named), 1)["units"] == ["", "s"]


def test_quantities_in_the_metadata_of_ecsv_are_facts() -> None:
    out = io.StringIO()
    table = Table({"a": [1, 2]}, meta={"H0": 67.66 * u.km / u.s / u.Mpc, "m_nu": [0.0, 0.0, 0.06] * u.eV, "none": 1 * u.one})
    table.write(out, format="ascii.ecsv")
    facts = dict(map(tuple, section_of("table", out.getvalue().encode())["facts"]))
    assert (facts["H0"], facts["m_nu"], facts["none"]) == ("67.66 km / (Mpc s)", "0, 0, 0.06 eV", "1")


def test_a_log_is_shown_as_a_terminal_shows_it() -> None:
    log = b"\x1b[31mERROR\x1b[0m no\r\n 10%\r 50%\r100%\nab\x08c\n"
    assert section_of("text", log)["text"] == "ERROR no\n100%\nac"
    assert section_of("text", b"one\rtwo\r")["text"] == "one\rtwo\r"


def test_a_gzip_file_of_which_nothing_is_whole_is_not_called_empty() -> None:
    whole, words = gzip.compress(b"a,b\n1,2\n" * 100), "No preview available. The gzip file is incomplete: its end is missing."
    assert [made("table", whole[:length], packed=True).error for length in (10, 12)] == [words, words]
