"""Made-up events, for what no public package carries: the same ones in every stack."""

import math
import random
from datetime import UTC, datetime, timedelta

PACKAGE = "simulated"
CANDIDATES = "candidates_mrk421_simulated.ecsv"
SOURCE = (166.1138, 38.2088)  # Mrk 421: right ascension and declination in degrees (SIMBAD)
COUNT, SPREAD, INDEX = 60, 1.5, 2.2  # events; degrees; spectral index
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
HEAD = """# %ECSV 1.0
# ---
# datatype:
# - {name: time, datatype: string}
# - {name: ra, unit: deg, datatype: float64}
# - {name: dec, unit: deg, datatype: float64}
# - {name: energy, unit: GeV, datatype: float64}
# meta: !!omap
# - {comments: ['Simulated for demonstration: no measurement.']}
# schema: astropy-2.0
time ra dec energy
"""


def candidates() -> bytes:
    """An ECSV table of candidate events around one source."""
    chance = random.Random(421)  # noqa: S311 -- the same numbers each time are what is wanted
    rows = []
    for _ in range(COUNT):
        at = BEGIN + timedelta(seconds=chance.uniform(0, 180 * 86400))
        dec = SOURCE[1] + chance.gauss(0, SPREAD)
        ra = SOURCE[0] + chance.gauss(0, SPREAD) / math.cos(math.radians(dec))
        energy = 100 * (1 - chance.random()) ** (-1 / (INDEX - 1))
        rows.append(f"{at:%Y-%m-%dT%H:%M:%S} {ra:.4f} {dec:.4f} {energy:.1f}")
    return (HEAD + "\n".join(sorted(rows)) + "\n").encode()
