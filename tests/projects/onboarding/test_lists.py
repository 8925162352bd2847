"""Lists as people type them: what separates entries, what is no entry, and addresses of institutes."""

import pytest

from projects.editing.fields import InstitutesField
from projects.onboarding.forms.fields import lines


@pytest.mark.parametrize(
    ("typed", "entries"),
    [
        ("A, B\nC", ["A", "B", "C"]),
        ("A; B; C", ["A", "B", "C"]),
        ("ctapipe>=0.19,<0.22", ["ctapipe>=0.19,<0.22"]),
        ("astropy >= 5, < 7, numpy,!=2", ["astropy >= 5, < 7", "numpy,!=2"]),
        ("gammapy[all,dev], LINC (Prefactor, DP3), x", ["gammapy[all,dev]", "LINC (Prefactor, DP3)", "x"]),
        ("LINC (Prefactor, DP3", ["LINC (Prefactor", "DP3"]),
        ("- A\n* B\n• C\n1. D\n2) E", ["A", "B", "C", "D", "E"]),
        ("3ML\n4FGL, -O2", ["3ML", "4FGL", "-O2"]),
        ("none", []),
        ("N/A", []),
        ("-", []),
        ("No.", []),
        ("—, Gammapy, None", ["Gammapy"]),
        ("Nothing like ROOT", ["Nothing like ROOT"]),
        (",;, ;", []),
    ],
)
def test_a_list_is_what_people_mean(typed: str, entries: list[str]) -> None:
    assert lines("Software").clean(typed) == entries


def test_the_oddest_lists_take_no_time() -> None:
    for odd in ("(" * 3_000, "[a" * 1_500, ", <" * 1_000, ";" * 3_000):
        field = lines("Software")
        field.to_python(odd)


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        (
            "INFN, Sezione di Bologna, Italy\nLAPP, Univ. Savoie Mont Blanc, CNRS, Annecy, France",
            ["INFN, Sezione di Bologna, Italy", "LAPP, Univ. Savoie Mont Blanc, CNRS, Annecy, France"],
        ),
        ("INFN, Sezione di Bologna, Italy", ["INFN, Sezione di Bologna, Italy"]),
        ("CERN, ASTRON", ["CERN", "ASTRON"]),
        ("CERN; A small one, Bonn", ["CERN", "A small one, Bonn"]),
        ("- CERN\n- none", ["CERN"]),
    ],
)
def test_an_address_is_one_institute(typed: str, names: list[str]) -> None:
    found = InstitutesField("name", "ror", commas=True).clean(typed)
    assert [row["name"] for row in found] == names
