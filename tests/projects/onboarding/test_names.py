"""Names as people type them: versions and brackets are left out, whole words count, and only what is called so is found by name."""

import pytest

from projects.onboarding.matching import names


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("Gammapy 1.2", "Gammapy"),
        ("ROOT v6", "ROOT"),
        ("ROOT 6.30/04", "ROOT"),
        ("WSClean 3.x", "WSClean"),
        ("CASA version 6.5.*", "CASA"),
        ("astropy>=5", "astropy"),
        ("astropy >= 5, < 7", "astropy"),
        ("gammapy==1.2rc1", "gammapy"),
        ("ctapipe@0.21", "ctapipe"),
        ("gammapy[all]~=1.2", "gammapy"),
        ("tensorflow:2.15", "tensorflow"),
        ("LINC (Prefactor)", "LINC"),
        ("LINC (Prefactor)", "Prefactor"),
        ("LINC or Prefactor 3", "Prefactor"),
        ("DP3 (v6.0)", "DP3"),
    ],
)
def test_versions_and_brackets_are_left_out_and_each_alternative_is_looked_for(typed: str, expected: str) -> None:
    assert expected in names.alternatives(typed)
    assert names.alternatives(typed)[0] == " ".join(typed.split())
    assert names.is_called(expected, typed)


@pytest.mark.parametrize("whole", ["Geant4", "3ML", "DL1-Data-Handler", "4FGL", "KM3NeT", "H.E.S.S.", "2", "Data Lake"])
def test_a_number_that_is_part_of_the_name_stays(whole: str) -> None:
    assert names.alternatives(whole) == (whole,)
    assert not names.names_version(whole)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Gammapy", "gammapy 1.2"),
        ("Gammapy: Python toolbox for gamma-ray astronomy", "Gammapy"),
        ("gammapy/gammapy: v1.2", "Gammapy"),
        ("ROOT - data analysis framework", "ROOT v6"),
        ("The Gammapy Python package", "Gammapy"),
        ("DL1-Data-Handler", "dl1_data_handler"),
        ("agnpy v0.3.0", "agnpy"),
    ],
)
def test_a_title_is_the_name_with_generic_words_or_before_a_colon(title: str, name: str) -> None:
    assert names.is_called(title, name)


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("FairRoot", "ROOT"),
        *(
            ("NGC 4151", "NGC 1275"),
            ("M 87", "M 31"),
            ("GW 190521", "GW 170817"),
            ("Run 2", "LHC Run 3 or Run 3"),
            ("Crab 2019", "Crab 2024"),
        ),
        *(("Data Challenge 1", "Data Challenge 2"), ("KM3NeT ORCA 6: events", "KM3NeT ORCA 115")),
        ("R3BRoot", "ROOT"),
        ("Uproot: ROOT I/O in pure Python", "ROOT"),
        ("Gammapy: Python toolbox for gamma-ray astronomy", "python"),
        ("Rucio JupyterLab extension", "Rucio"),
        ("Gammapy tutorials", "Gammapy"),
        ("Python package", "Gammapy"),
        ("", "ROOT"),
        ("ROOT", ""),
        ("ROOT", "()"),
    ],
)
def test_a_title_that_only_says_the_word_is_not_the_name(title: str, name: str) -> None:
    assert not names.is_called(title, name)


def test_words_are_whole_and_stand_in_a_row() -> None:
    assert names.says("A framework of FairRoot and ROOT", "ROOT")
    assert not names.says("FairRoot", "ROOT")
    assert names.says("Nearby galaxies", "galaxy")
    assert not names.says("deep water, machine learning", "deep learning")


def test_the_oddest_names_take_no_time() -> None:
    for odd in ("(" * 10_000, "1." * 10_000, " v1" * 5_000, "a or " * 5_000, "x" + "-1" * 5_000):
        assert len(names.alternatives(odd)) <= names.MAX_ALTERNATIVES
        assert not names.is_called("ROOT", odd)
