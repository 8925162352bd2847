"""What files are called in the lake: as they are where it takes that, else in letters that it takes, and said."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datalake.uploads.names import check, proposed, renamed
from vre_portal.services import Service, ServiceKind

LAKE = Service(ServiceKind.RUCIO, "x", "X", "http://127.0.0.1:9")
NAMES = {
    "run 7/a.txt": "run_7/a.txt",
    "../../etc/passwd": "etc/passwd",
    "a\\b\\c": "a/b/c",
    "é/ñ.txt": "e/n.txt",
    ".hidden/-x": "hidden/x",
    "%2e%2e/x": "2e_2e/x",
    "": "",
    "x" * 300: "x" * 250,
    "a\0b\n": "a_b_",
    "Ω.txt": "Omega.txt",
    "α_β-γ.fits": "alpha_beta-gamma.fits",
    "µ = 5 µm.csv": "mu_5_mum.csv",
    "Привет.txt": "Privet.txt",
    "Съёмка.txt": "Semka.txt",
    "中文.txt": "u4e2du6587.txt",
    "Straße/Øre/Łódź.txt": "Strasse/Ore/Lodz.txt",
    "→.txt": "file.txt",
    "→": "file",
    ".zenodo.json": "zenodo.json",
    "...a": "a",
    "a__b.txt": "a__b.txt",
    "x²½.txt": "x21_2.txt",
    "a#1.txt": "a_1.txt",
    "as it is/a-b_c.1.txt": "as_it_is/a-b_c.1.txt",
}


@pytest.mark.parametrize("path", NAMES)
def test_names_are_proposed_that_the_lake_takes(path: str) -> None:
    name = proposed(LAKE, path)
    assert name == NAMES[path]
    assert bool(renamed(LAKE, path, name)) == (path != name)
    assert not name or check(LAKE, name) == name


@pytest.mark.parametrize(
    ("one", "other"), [("Ω.txt", "Φ.txt"), ("α.txt", "β.txt"), ("ж.txt", "ш.txt"), ("中.txt", "文.txt"), ("ω.txt", "Ω.txt")]
)
def test_letters_that_differ_give_names_that_differ(one: str, other: str) -> None:
    assert proposed(LAKE, one) != proposed(LAKE, other)


def test_letters_are_kept_where_the_lake_takes_them() -> None:
    kind = replace(LAKE, options={"upload_names": r"[\w.-]+"})
    assert proposed(kind, "Ω→é.txt") == "Ω_é.txt"
    assert renamed(kind, "Ω.txt", proposed(kind, "Ω.txt")) == ""


def test_a_name_that_changes_is_said() -> None:
    assert renamed(LAKE, "Ω.txt", "Omega.txt") == "“Ω.txt” becomes Omega.txt: this Data Lake does not allow all of its characters."
    assert (
        renamed(LAKE, ".zenodo.json", "zenodo.json")
        == "“.zenodo.json” becomes zenodo.json: this Data Lake does not allow names that begin with a dot."
    )


@given(st.text(min_size=1, max_size=60))
def test_every_path_becomes_a_name_that_the_lake_takes_or_none(path: str) -> None:
    if name := proposed(LAKE, path):
        assert check(LAKE, name) == name
