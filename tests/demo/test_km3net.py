"""The KM3NeT workflow's numbers are physics: they scale as they must and agree with sums made by other means."""

import csv
import json
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.demo.steps import DEMO, run_step, unpack

pytestmark = [pytest.mark.integration, pytest.mark.rare(group="science")]
IMAGE, PLOTTING = "ghcr.io/vre-demo/km3irf:0.4.0", "ghcr.io/vre-demo/plotting:1.0"
CODE = DEMO / "km3net" / "code"
TABLES = ("aeff.fits", "psf.fits", "edisp.fits", "bkg_nu.fits", "bkg_mu.fits")
DEFAULTS = {"spectral-index": 3.2, "flux-normalisation": 5e-11, "declination": 0.0, "years": 10.0}
Step = Callable[..., subprocess.CompletedProcess[str]]
Rates = Callable[..., dict[str, Any]]

# One declination, the south celestial pole, stays in one zenith bin; the integral is done by trapezia on a fine grid.
HAND_MADE_INTEGRAL = """
import numpy as np
from astropy.io import fits
row = fits.getdata("data/aeff.fits", 1)[0]
zenith = np.radians(90 + 36.27)
k = int(np.flatnonzero((row["THETA_LO"] <= zenith) & (zenith < row["THETA_HI"]))[0])
rate = 0.0
for low, high, area in zip(row["ENERG_LO"], row["ENERG_HI"], row["EFFAREA"][k]):
    e = np.geomspace(low, high, 400)  # GeV
    flux = 1e-12 * (e / 1000) ** -2.0  # 1/(TeV cm2 s)
    rate += np.trapezoid(flux, e / 1000) * area * 1e4  # cm2
print(rate * 365.25 * 86400)
"""

# Gaisser's formula for atmospheric muon neutrinos and antineutrinos, through the same effective area, from below.
TEXTBOOK_BACKGROUND = """
import numpy as np
from astropy.io import fits
area, sky = fits.getdata("data/aeff.fits", 1)[0], fits.getdata("data/bkg_nu.fits", 1)[0]
expected = given = 0.0
for k in range(6, 12):
    cosines = np.cos([area["THETA_LO"][k], area["THETA_HI"][k]])
    mean, solid = abs(cosines.mean()), 2 * np.pi * (cosines[0] - cosines[1])
    for low, high, value in zip(area["ENERG_LO"], area["ENERG_HI"], area["EFFAREA"][k]):
        e = np.geomspace(low, high, 30)
        flux = 0.0286 * e**-2.7 * (1 / (1 + 6 * e * mean / 115) + 0.213 / (1 + 1.44 * e * mean / 850))
        expected += np.trapezoid(flux, e) * value * 1e4 * solid
    given += np.sum(sky["BKG"][:, k] * (sky["ENERG_HI"] - sky["ENERG_LO"]) * 1e3) * solid
print(expected / given)
"""

COUNTING = """
from counting import mean_upper_limit, signal_for, significance
print(significance(100, 1e4), mean_upper_limit(0.0), mean_upper_limit(1e4) / 100, significance(signal_for(5, 7.0), 7.0))
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("km3net")
    unpack("km3irf", "0.4.0", "km3irf/data", TABLES, folder / "data")
    return folder


@pytest.fixture(scope="module")
def step(workspace: Path) -> Step:
    def start(results: str = "results", **changes: float) -> subprocess.CompletedProcess[str]:
        given = DEFAULTS | {name.replace("_", "-"): value for name, value in changes.items()}
        options = [f"--{name}={value}" for name, value in given.items()]
        return run_step(IMAGE, CODE / "rates.py", *options, "--results", results, folder=workspace)

    return start


@pytest.fixture(scope="module")
def rates(workspace: Path, step: Step) -> Rates:
    @cache
    def compute(**changes: float) -> dict[str, Any]:
        name = "-".join(f"{key}{value}" for key, value in changes.items()) or "results"
        done = step(results=name, **changes)
        assert done.returncode == 0, done.stderr
        summary: dict[str, Any] = json.loads((workspace / name / "rates.json").read_text())
        return summary

    return compute


def test_events_are_the_integral_of_area_times_flux(rates: Rates, workspace: Path) -> None:
    by_hand = float(run_step(IMAGE, "-c", HAND_MADE_INTEGRAL, folder=workspace).stdout)
    computed = rates(declination=-90.0, spectral_index=2.0, flux_normalisation=1e-12)["per_year"]["signal_any_distance"]
    assert computed == pytest.approx(by_hand, rel=1e-3)


def test_flux_means_neutrinos_and_antineutrinos_as_the_textbook_background_shows(workspace: Path) -> None:
    ratio = float(run_step(IMAGE, "-c", TEXTBOOK_BACKGROUND, folder=workspace).stdout)
    assert ratio == pytest.approx(1, abs=0.15)


def test_events_grow_with_flux_and_background_does_not(rates: Rates) -> None:
    once, twice = rates(), rates(flux_normalisation=1e-10)
    assert twice["cuts"] == once["cuts"]
    assert twice["per_year"]["signal"] == pytest.approx(2 * once["per_year"]["signal"], rel=1e-9)
    assert twice["per_year"]["atmospheric_neutrinos"] == once["per_year"]["atmospheric_neutrinos"]


def test_events_grow_with_time_and_significance_with_its_root(rates: Rates, workspace: Path) -> None:
    summary = rates()
    with (workspace / "results" / "sensitivity.csv").open() as handle:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(handle)]
    for row in rows:
        expected = summary["per_year"]["signal"] * row["years [yr]"]
        assert row["signal [events]"] == pytest.approx(expected, rel=1e-4)
    first, last = rows[0], rows[-1]
    root = (last["years [yr]"] / first["years [yr]"]) ** 0.5
    assert last["significance [sigma]"] / first["significance [sigma]"] == pytest.approx(root, rel=1e-4)
    limits = [row["upper_limit_90 [TeV-1 cm-2 s-1]"] for row in rows]
    assert limits == sorted(limits, reverse=True)


def test_a_harder_spectrum_gives_more_events(rates: Rates) -> None:
    counts = [rates(spectral_index=index)["per_year"]["signal_any_distance"] for index in (2.0, 2.6, 3.2)]
    assert counts == sorted(counts, reverse=True)
    assert counts[0] > 5 * counts[2]


def test_a_source_that_stays_above_the_horizon_is_refused_with_the_reason(step: Step) -> None:
    done = step(results="refused", declination=90.0)
    assert done.returncode == 1
    assert "stays too high above the horizon" in done.stderr


def test_a_southern_source_is_seen_longer_through_the_earth_than_a_northern_one(rates: Rates) -> None:
    south, north = (rates(spectral_index=2.0, declination=angle)["per_year"]["signal_any_distance"] for angle in (-30.0, 30.0))
    assert south > north > 0


def test_the_table_has_units_and_starts_at_its_threshold(rates: Rates, workspace: Path) -> None:
    rates()
    with (workspace / "results" / "rates.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert all(name.endswith(("[GeV]", "[1/yr]")) for name in rows[0])
    assert float(rows[0]["energy_low [GeV]"]) == pytest.approx(100)
    assert all(float(value) >= 0 for row in rows for value in row.values())


def test_less_is_counted_in_the_cone_than_arrives(rates: Rates) -> None:
    per_year = rates()["per_year"]
    assert 0 < per_year["signal"] < per_year["signal_any_distance"]
    assert per_year["atmospheric_muons"] < per_year["atmospheric_neutrinos"]


def test_counting_statistics_have_their_known_limits(workspace: Path) -> None:
    done = run_step(IMAGE, "-c", f"import sys; sys.path.insert(0, {str(CODE)!r})\n{COUNTING}", folder=workspace)
    gaussian, nothing_seen, wide, inverse = map(float, done.stdout.split())
    assert gaussian == pytest.approx(1, rel=0.01)
    assert nothing_seen == pytest.approx(2.302585, rel=1e-5)  # -ln(0.1)
    assert 1.6 < wide < 1.85  # 1.645 is the median limit in units of sqrt(b); its mean is a little higher
    assert inverse == pytest.approx(5, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "value"),
    [("years", -1), ("years", 0), ("spectral_index", 1), ("flux_normalisation", -1e-12), ("declination", 91), ("years", "nan")],
)
def test_a_senseless_parameter_is_named_and_refused(step: Step, name: str, value: float) -> None:
    done = step(results="refused", **{name: value})
    assert done.returncode != 0
    assert f"{name} is " in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    options = [f"--{name}={value}" for name, value in DEFAULTS.items()]
    done = run_step(IMAGE, CODE / "rates.py", *options, folder=tmp_path)
    assert done.returncode != 0
    assert "aeff.fits" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_second_step_draws_two_figures(rates: Rates, workspace: Path) -> None:
    rates()
    done = run_step(PLOTTING, CODE / "plots.py", folder=workspace)
    assert done.returncode == 0, done.stderr
    for name in ("event_rates.png", "sensitivity.png"):
        content = (workspace / "results" / name).read_bytes()
        assert content.startswith(b"\x89PNG")
        assert len(content) > 20_000
