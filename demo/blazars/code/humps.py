"""The model: two log-parabolas in nu F_nu, one for the synchrotron hump and one for the high-energy hump."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import OptimizeResult, least_squares

Array = NDArray[np.float64]
NAMES = ("peak_1", "height_1", "curvature_1", "peak_2", "height_2", "curvature_2")
STARTS_LOW = (-1.0, 1.0, 3.0)  # log10(E/eV) from which the search for the first peak starts: infrared to X-rays
STARTS_HIGH = (6.0, 8.0, 11.0)  # and for the second: MeV to TeV


def hump(energy: Array, peak: float, height: float, curvature: float) -> Array:
    """log10 nu F_nu of one hump: height - curvature * (log10 E - peak)^2."""
    return np.asarray(height - curvature * (energy - peak) ** 2, float)


def model(energy: Array, values: Array) -> Array:
    """log10 of the sum of the two humps at log10(E/eV)."""
    first, second = hump(energy, *values[:3]), hump(energy, *values[3:])
    return np.asarray(np.logaddexp(first * np.log(10), second * np.log(10)) / np.log(10), float)


@dataclass(frozen=True)
class Fit:
    """Best values, their standard errors, and how good the fit is."""

    values: Array
    errors: Array
    chi2: float
    degrees_of_freedom: int


def fit(energy: Array, flux: Array, error: Array) -> Fit:
    """Least squares in log10(flux), from nine starts; the best is kept.

    The errors come from the curvature of chi2 at its minimum: they hold where the model describes the data.
    """
    low = np.array([-4.0, -20.0, 0.005, 5.0, -20.0, 0.005])
    high = np.array([5.0, -5.0, 1.0, 13.5, -5.0, 1.0])
    top = float(np.max(flux))
    best: OptimizeResult | None = None
    for first in STARTS_LOW:
        for second in STARTS_HIGH:
            start = np.array([first, top, 0.1, second, top - 0.5, 0.1])
            found = least_squares(lambda p: (model(energy, p) - flux) / error, start, bounds=(low, high), x_scale="jac")
            if best is None or found.cost < best.cost:
                best = found
    assert best is not None
    covariance = np.linalg.pinv(best.jac.T @ best.jac)
    return Fit(best.x, np.sqrt(np.diag(covariance)), float(2 * best.cost), len(flux) - len(best.x))
