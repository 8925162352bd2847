"""The forward model: a power-law point source and the sky behind it, as KM3NeT/ARCA would count them in a year."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from responses import background, containment, effective_area, migration
from sky import time_share, zenith_path

Array = NDArray[np.float64]
YEAR = 365.25 * 86400.0  # s
PIVOT = 1000.0  # GeV: the flux normalisation is given at 1 TeV


@dataclass(frozen=True)
class Source:
    """A power law of muon neutrinos and antineutrinos at one declination."""

    index: float
    normalisation: float  # 1/(TeV cm2 s) at 1 TeV, sum of nu_mu and anti-nu_mu
    declination: float  # deg

    def fluence(self, edges: Array) -> Array:
        """Flux integrated over each energy bin [1/(m2 s)], exact for a power law."""
        per_gev_m2 = self.normalisation * 1e-3 * 1e4
        power = 1 - self.index
        return np.asarray(per_gev_m2 * PIVOT / power * np.diff((edges / PIVOT) ** power), float)


@dataclass(frozen=True)
class Rates:
    """Yearly rates on the grid of reconstructed energy; signal has one row per cone radius."""

    energy: Array  # edges, GeV
    radii: Array  # deg
    signal: Array  # 1/yr, (radius, energy)
    neutrinos: Array  # 1/(yr sr)
    muons: Array  # 1/(yr sr)
    signal_total: float  # 1/yr, any distance from the source


def _bin(edges: Array, value: float) -> int:
    return int(np.clip(np.searchsorted(edges, value, side="right") - 1, 0, len(edges) - 2))


def _reconstructed(true_rate: Array, shares: Array, first_ratio: float, true: Array, reco: Array) -> Array:
    """Fold a spectrum in true energy to reconstructed energy; all axes share one logarithmic step.

    The sum of two values, each uniform in its log bin, is a triangle over two bins: half to either side.
    """
    step = np.log10(reco[1] / reco[0])
    result = np.zeros((len(true_rate), len(reco) - 1))
    for column, low in enumerate(true[:-1]):
        start = round(float(np.log10(low * first_ratio / reco[0]) / step))
        for ratio, share in enumerate(shares[:, column]):
            for place in (start + ratio, start + ratio + 1):
                if 0 <= place < result.shape[1]:
                    result[:, place] += 0.5 * share * true_rate[:, column]
    return result


def compute(source: Source, data: Path) -> Rates:
    """Expected yearly rates of signal in cones of every radius, and of background per solid angle."""
    area, psf, spread = (
        effective_area(data / "aeff.fits"),
        containment(data / "psf.fits"),
        migration(data / "edisp.fits"),
    )
    sky = {kind: background(data / f"bkg_{kind}.fits") for kind in ("nu", "mu")}
    path = zenith_path(source.declination)
    share = time_share(path, area.zenith)
    reco, flux = sky["nu"].energy, source.fluence(area.energy)
    centres = np.sqrt(area.energy[:-1] * area.energy[1:])
    columns = [_bin(psf.energy, centre) for centre in centres]
    signal, total = np.zeros((len(psf.third), len(reco) - 1)), 0.0
    for row in np.flatnonzero(share):
        middle = float(np.arccos(np.mean(np.cos(area.zenith[row : row + 2]))))
        rate = area.values[row] * flux * share[row] * YEAR
        total += float(rate.sum())
        inside = rate * psf.values[:, _bin(psf.zenith, middle)][:, columns]
        shares = spread.values[_bin(spread.zenith, middle)][:, columns]
        signal += _reconstructed(inside, shares, spread.third[0], area.energy, reco)
    per_sr = {kind: table.values @ time_share(path, table.zenith) * YEAR for kind, table in sky.items()}
    return Rates(reco, psf.third, signal, per_sr["nu"], per_sr["mu"], total)


def cone(radius: float | Array) -> float | Array:
    """Solid angle [sr] of a cone of `radius` [deg]."""
    return 2 * np.pi * (1 - np.cos(np.radians(radius)))
