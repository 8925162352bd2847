"""Response tables are drawn over the axes that they carry."""

from typing import Any

import numpy as np
import pytest
from astropy.io import fits
from PIL import Image

from tests.datalake.files.test_previews import as_fits, made, picture_of

ENERGY = np.geomspace(0.1, 100, 7)
THETA = np.array([0.0, 1.0, 2.0, 4.0])


def column(name: str, values: Any, unit: str) -> fits.Column:
    values = np.asarray(values, "f4")
    dim = f"({','.join(str(size) for size in reversed(values.shape))})"
    return fits.Column(name, f"{values.size}E", unit=unit, dim=dim if values.ndim > 1 else None, array=values[np.newaxis])


def pair(name: str, edges: np.ndarray, unit: str) -> list[fits.Column]:
    return [column(f"{name}_LO", edges[:-1], unit), column(f"{name}_HI", edges[1:], unit)]


def drawn(*columns: fits.Column, **cards: str) -> tuple[dict[str, Any], Image.Image]:
    table = fits.BinTableHDU.from_columns(list(columns), name="RESPONSE")
    table.header.update(cards)
    preview = made("fits", as_fits(table))
    return preview.sections[1], picture_of(preview, 1)


def test_an_effective_area_is_drawn_over_energy_and_offset_with_their_units() -> None:
    area = np.arange(18.0).reshape(3, 6)
    section, _ = drawn(*pair("ENERG", ENERGY, "TeV"), *pair("THETA", THETA, "deg"), column("EFFAREA", area, "m2"))
    assert section["alt"] == "EFFAREA [m2] over THETA [deg] and ENERG [TeV], 6 by 3 bins"
    assert "numbered" not in section["note"]


def test_the_axes_are_those_of_the_table_and_not_bin_numbers() -> None:
    """The same numbers over other axes make another picture."""
    area = np.arange(1.0, 19).reshape(3, 6)
    pictures = [
        np.asarray(drawn(*pair("ENERG", edges, "TeV"), *pair("THETA", THETA, "deg"), column("EFFAREA", area, "m2"))[1])
        for edges in (ENERGY, np.linspace(1, 7, 7))
    ]
    assert not np.array_equal(*pictures)


def test_of_three_axes_the_offset_is_held_and_that_is_said() -> None:
    matrix = np.ones((3, 5, 6))
    columns = [
        *pair("ENERG", ENERGY, "TeV"),
        *pair("MIGRA", np.linspace(0, 5, 6), ""),
        *pair("THETA", THETA, "deg"),
        column("MATRIX", matrix, ""),
    ]
    section, _ = drawn(*columns)
    assert section["alt"] == "MATRIX over MIGRA and ENERG [TeV], 6 by 5 bins"
    assert "Plotted: MATRIX at THETA 0 to 1 deg." in section["note"]


def test_an_axis_of_one_bin_gives_way_to_a_curve() -> None:
    columns = [
        *pair("ENERG", ENERGY, "TeV"),
        *pair("THETA", np.array([0.0, 2.5]), "deg"),
        column("EFFAREA", np.arange(6.0)[np.newaxis], "m2"),
    ]
    assert drawn(*columns)[0]["alt"] == "EFFAREA [m2] over ENERG [TeV], 6 bins"


def test_axes_in_another_order_are_found_by_their_lengths_and_by_cref() -> None:
    columns = [*pair("THETA", THETA, "deg"), *pair("ENERG", ENERGY, "TeV"), column("EFFAREA", np.ones((3, 6)), "m2")]
    assert "over THETA [deg] and ENERG [TeV]" in drawn(*columns)[0]["alt"]
    square = [*pair("THETA", THETA, "deg"), *pair("ENERG", ENERGY[:4], "TeV"), column("EFFAREA", np.ones((3, 3)), "m2")]
    assert "over ENERG [TeV] and THETA [deg]" in drawn(*square)[0]["alt"]
    named = {"CREF5": "(ENERG_LO:ENERG_HI,THETA_LO:THETA_HI)"}
    assert "over THETA [deg] and ENERG [TeV]" in drawn(*square, **named)[0]["alt"]


def test_without_axes_the_bins_are_numbered_and_that_is_said() -> None:
    section, _ = drawn(column("SKY", np.ones((3, 6)), ""))
    assert "The table does not describe its bins: they are numbered." in section["note"]


@pytest.mark.parametrize("broken", [np.array([3.0, 1, 2, 5]), np.array([np.nan, 1, 2, 3])])
def test_axes_that_make_no_sense_are_bin_numbers(broken: np.ndarray) -> None:
    columns = [*pair("ENERG", ENERGY, "TeV"), *pair("THETA", broken, "deg"), column("EFFAREA", np.ones((3, 6)), "m2")]
    assert "THETA bin" in drawn(*columns)[0]["alt"]


def test_an_arf_is_drawn_over_its_energies() -> None:
    columns = [
        fits.Column(name, "E", unit=unit, array=values)
        for name, unit, values in (
            ("ENERG_LO", "keV", ENERGY[:-1]),
            ("ENERG_HI", "keV", ENERGY[1:]),
            ("SPECRESP", "cm2", np.arange(6.0)),
        )
    ]
    assert drawn(*columns)[0]["alt"] == "SPECRESP [cm2] over ENERG [keV], 6 bins"


def test_an_rmf_is_unpacked_over_energy_and_channel() -> None:
    groups = np.array([np.array([0.5, 0.5], "f4")] * 6, dtype=object)
    columns = [
        fits.Column("ENERG_LO", "E", unit="keV", array=ENERGY[:-1]),
        fits.Column("ENERG_HI", "E", unit="keV", array=ENERGY[1:]),
        fits.Column("N_GRP", "I", array=[1] * 6),
        fits.Column("F_CHAN", "I", array=range(1, 7)),
        fits.Column("N_CHAN", "I", array=[2] * 6),
        fits.Column("MATRIX", "PE()", array=groups),
    ]
    assert drawn(*columns)[0]["alt"] == "MATRIX over ENERG [keV] and channel, 6 by 7 bins"
