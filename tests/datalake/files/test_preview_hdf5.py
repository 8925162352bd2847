"""Previews of what other programs write into HDF5: tables of PyTables, netCDF-4, groups inside themselves.

The samples were made for these tests with PyTables 3.11, netCDF4 1.7 and h5py 3.16; their values are invented.
"""

from pathlib import Path
from typing import Any

import pytest

from datalake.files.previews import html_of
from tests.datalake.files.test_previews import made

pytestmark = pytest.mark.rare(group="previews")

SAMPLES = Path(__file__).parent / "samples"


def sections(name: str) -> dict[str, dict[str, Any]]:
    preview = made("hdf5", (SAMPLES / name).read_bytes())
    assert preview.error == ""
    return {section["title"]: section for section in preview.sections}


def test_tables_of_pytables_show_their_rows_with_flags_and_arrays() -> None:
    found = sections("pytables.h5")
    for table in ("/events", "/packed"):  # by Blosc and by bzip2
        assert found[table]["columns"] == ["run", "mjd", "x", "name", "vec", "ok"]
        assert found[table]["rows"][1:] == [
            ["9007199254740993", "60310.123457", "0.1", "n1", "1, 2, 1", "1"],
            ["9007199254740994", "60310.123458", "0.2", "n2", "1, 2, 2", "0"],
        ]
    assert found["/other"]["note"] == "The data are compressed with Blosc2, which a preview cannot read."
    assert ["/other", "dataset", "3", "table of 6 columns"] in found["Contents"]["rows"]


def test_values_of_netcdf_have_units_and_empty_places() -> None:
    found = sections("netcdf4.nc")
    assert found["Contents"]["cards"][0] == ["title", "made for tests", ""]
    assert ["units", "K"] in found["/temperature"]["facts"]
    assert ["long name", "air temperature"] in found["/temperature"]["facts"]
    assert found["/temperature"]["image"]
    assert [row[1] for row in found["/count"]["rows"]] == ["1000001", "", "1000003"]


def test_a_group_inside_itself_is_listed_once() -> None:
    paths = [row[0] for row in sections("round.h5")["Contents"]["rows"]]
    assert sorted(paths) == ["/a", "/a/again", "/a/here", "/a/values", "/words"]
    assert sections("round.h5")["/words"]["rows"] == [["\u00b5"], ["b"]]


def test_links_and_values_in_other_files_are_told_and_hide_nothing() -> None:
    found = sections("elsewhere.h5")
    rows = {row[0]: row[1] for row in found["Contents"]["rows"]}
    assert rows["/there"] == "link to other.h5:/a/b, which is another file"
    assert rows["/old/there"] == "link to o\u00fc.h5:/c, which is another file"
    assert found["/here"]["rows"][2] == ["2", "2"]
    assert found["/raw"]["note"] == "The values are in other files, which a preview does not read."
    assert not found["/raw"]["image"]
    assert not found["/raw"]["rows"]


def test_html_that_is_nested_without_end_is_not_cleaned() -> None:
    assert html_of({"kind": "markdown", "text": "<blockquote>" * 50_000}) == ""
    assert html_of({"kind": "markdown", "text": "<p>a<br>b</p>" * 2000}).count("<p>") == 2000
