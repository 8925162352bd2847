"""Reads KM3NeT/ARCA response functions (GADF FITS tables of the km3irf package) into plain arrays in GeV, rad, m2."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from astropy.io import fits
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Table:
    """One response: bin edges in energy [GeV] and zenith [rad], the numbers, and the third axis where there is one."""

    energy: Array
    zenith: Array
    values: Array
    third: Array


def _edges(row: fits.FITS_record, name: str) -> Array:
    low, high = np.asarray(row[f"{name}_LO"], float), np.asarray(row[f"{name}_HI"], float)
    return np.append(low, high[-1])


def _read(path: Path, column: str, unit: str, third: str = "") -> Table:
    with fits.open(path) as hdus:
        table = hdus[1]
        found = table.columns[column].unit or ""
        if found != unit:
            raise ValueError(f"{path.name}: column {column} is in {found or 'no unit'}, expected {unit or 'no unit'}")
        row = table.data[0]
        axis = _edges(row, third) if third else np.array([])
        return Table(_edges(row, "ENERG"), _edges(row, "THETA"), np.asarray(row[column], float), axis)


def effective_area(path: Path) -> Table:
    """A_eff [m2], indexed by (zenith, true energy)."""
    return _read(path, "EFFAREA", "m2")


def background(path: Path) -> Table:
    """dN/(dE dOmega dt) turned into [1/(sr s)] per bin, indexed by (reconstructed energy, zenith)."""
    table = _read(path, "BKG", "MeV-1 sr-1 s-1")
    width_mev = np.diff(table.energy) * 1e3
    return Table(table.energy, table.zenith, table.values * width_mev[:, None], table.third)


def containment(path: Path) -> Table:
    """Share of events reconstructed within `third` [deg] of the source, indexed by (radius, zenith, true energy).

    The tables are normalised with the flat ring area pi (r2^2 - r1^2), so the same area is used here. The first
    zenith bins (down-going) hold few simulated events and are not normalised; their effective area is close to 0.
    """
    table = _read(path, "RPSF", "sr-1", "RAD")
    rings = np.pi * np.diff(np.radians(table.third) ** 2)
    within = np.cumsum(table.values * rings[:, None, None], axis=0)
    return Table(table.energy, table.zenith, np.clip(within, 0, 1), table.third[1:])


def migration(path: Path) -> Table:
    """Probability of E_reco/E_true per bin, indexed by (zenith, ratio, true energy); each sums to 1 or is empty."""
    table = _read(path, "MATRIX", "", "MIGRA")
    total = table.values.sum(axis=1, keepdims=True)
    share = np.divide(table.values, total, out=np.zeros_like(table.values), where=total > 0)
    return Table(table.energy, table.zenith, share, table.third)
