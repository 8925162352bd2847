"""Where a source stands in the sky of KM3NeT/ARCA during a day, and what part of it each zenith bin sees."""

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
ARCA_LATITUDE = 36.27  # degrees north: 36 deg 16 min, off Portopalo di Capo Passero, Sicily
STEPS = 14_400  # of the hour angle: six seconds of sidereal time each


def zenith_path(declination: float, latitude: float = ARCA_LATITUDE) -> Array:
    """Zenith angle [rad] of a source at `declination` [deg] over one sidereal day, in equal steps of time.

    cos(zenith) = sin(lat) sin(dec) + cos(lat) cos(dec) cos(hour angle)
    """
    hour_angle = (np.arange(STEPS) + 0.5) / STEPS * 2 * np.pi
    lat, dec = np.radians([latitude, declination])
    cosine = np.sin(lat) * np.sin(dec) + np.cos(lat) * np.cos(dec) * np.cos(hour_angle)
    return np.asarray(np.arccos(np.clip(cosine, -1, 1)), float)


def time_share(path: Array, edges: Array) -> Array:
    """Part of the day that the source spends in each zenith bin; less than 1 in all where the bins leave sky out."""
    counts, _ = np.histogram(path, bins=edges)
    return np.asarray(counts / len(path), float)
