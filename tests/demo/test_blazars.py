"""The blazar workflow finds what is known of the two sources, and what was put in."""

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
IMAGE, PLOTTING = "ghcr.io/vre-demo/sed-fit:1.0", "ghcr.io/vre-demo/plotting:1.0"
CODE = DEMO / "blazars" / "code"
TABLES = ("Mrk421_2011.ecsv", "PKS1510-089_2015b.ecsv")
DEFAULTS: dict[str, object] = {
    "source": "Mrk421_2011",
    "energy-min": 1e-3,
    "energy-max": 1e14,
    "systematic-fraction": 0.2,
    "rest-frame": "false",
}
Step = Callable[..., subprocess.CompletedProcess[str]]
Fit = Callable[..., dict[str, Any]]

MADE_UP = """
import numpy as np
from humps import fit, model
truth = np.array([0.5, -10.5, 0.12, 8.5, -10.0, 0.1])
x = np.linspace(-4, 12, 60)
found = fit(x, model(x, truth) + 0.02 * np.random.default_rng(1).standard_normal(60), np.full(60, 0.02))
print(*np.abs(found.values - truth) / found.errors, found.chi2 / found.degrees_of_freedom)
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("blazars")
    unpack("agnpy", "0.5.1", "agnpy/data/mwl_seds", TABLES, folder / "data")
    return folder


@pytest.fixture(scope="module")
def step(workspace: Path) -> Step:
    def start(results: str = "results", **changes: object) -> subprocess.CompletedProcess[str]:
        given = DEFAULTS | {name.replace("_", "-"): value for name, value in changes.items()}
        options = [f"--{name}={value}" for name, value in given.items()]
        return run_step(IMAGE, CODE / "fit.py", *options, "--results", results, folder=workspace)

    return start


@pytest.fixture(scope="module")
def fit(workspace: Path, step: Step) -> Fit:
    @cache
    def compute(**changes: object) -> dict[str, Any]:
        name = "-".join(f"{key}{value}" for key, value in changes.items()) or "results"
        done = step(results=name, **changes)
        assert done.returncode == 0, done.stderr
        summary: dict[str, Any] = json.loads((workspace / name / "fit.json").read_text())
        return summary

    return compute


def test_the_fit_finds_humps_that_were_put_in(workspace: Path) -> None:
    done = run_step(IMAGE, "-c", f"import sys; sys.path.insert(0, {str(CODE)!r})\n{MADE_UP}", folder=workspace)
    *distances, reduced = map(float, done.stdout.split())
    assert max(distances) < 4
    assert 0.5 < reduced < 1.6


def test_mrk_421_peaks_in_x_rays_and_gamma_rays_with_the_first_hump_higher(fit: Fit) -> None:
    found = fit()
    results = found["results"]
    assert 1e16 < results["synchrotron_peak_frequency"]["value"] < 1e18  # a high-synchrotron-peaked blazar
    assert 1e9 < results["high_energy_peak_energy"]["value"] < 1e12
    assert 0.05 < results["compton_dominance"]["value"] < 1
    assert 0.5 < found["chi2"] / found["degrees_of_freedom"] < 2


def test_pks_1510_089_is_ruled_by_its_gamma_rays(fit: Fit) -> None:
    results = fit(source="PKS1510-089_2015b")["results"]
    assert results["synchrotron_peak_frequency"]["value"] < 1e15  # low-synchrotron-peaked
    assert results["high_energy_peak_energy"]["value"] < 1e9
    assert results["compton_dominance"]["value"] > 5


def test_the_frame_of_the_source_shifts_energies_and_gives_luminosities(fit: Fit) -> None:
    here, there = fit(), fit(rest_frame="true")
    peaks = [found["results"]["synchrotron_peak_energy"]["value"] for found in (here, there)]
    assert peaks[1] / peaks[0] == pytest.approx(1 + here["redshift"], rel=1e-9)
    heights = [found["results"]["synchrotron_peak_height"] for found in (here, there)]
    assert [height["unit"] for height in heights] == ["erg/(cm2 s)", "erg/s"]
    distance_mpc = 135.7  # at z = 0.03: c z / H0 = 132.9 Mpc with H0 = 67.66, times 1 + (1 - q0) z / 2, q0 = -0.53
    sphere = 4 * 3.14159265 * (distance_mpc * 3.0857e24) ** 2
    assert heights[1]["value"] / heights[0]["value"] == pytest.approx(sphere, rel=0.02)


def test_a_larger_systematic_error_lowers_chi2_and_widens_errors(fit: Fit) -> None:
    narrow, wide = fit(systematic_fraction=0.1), fit()
    assert narrow["chi2"] > wide["chi2"]
    errors = [found["results"]["synchrotron_curvature"]["error"] for found in (narrow, wide)]
    assert errors[0] < errors[1]


def test_the_energy_range_decides_which_points_take_part(fit: Fit, workspace: Path) -> None:
    assert fit(energy_min=1e-9)["points_in_fit"] == 105
    assert fit()["points_in_fit"] == 85
    with (workspace / "results" / "points.csv").open() as handle:
        rows = list(csv.DictReader(handle))
    assert all((float(row["energy [eV]"]) >= 1e-3) == (row["in_fit"] == "1") for row in rows)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"source": "3C273"}, "Mrk421_2011, PKS1510-089_2015b"),
        ({"source": "../data/Mrk421_2011"}, "Mrk421_2011, PKS1510-089_2015b"),
        ({"energy_min": 10, "energy_max": 1}, "energy_min 10 eV has to be"),
        ({"systematic_fraction": -0.1}, "systematic_fraction is -0.1"),
        ({"rest_frame": "perhaps"}, "neither true nor false"),
        ({"energy_min": 1e13}, "too few"),
    ],
)
def test_a_senseless_parameter_is_named_and_refused(step: Step, changes: dict[str, object], words: str) -> None:
    done = step(results="refused", **changes)
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("frame", ["false", "true"])
def test_the_second_step_draws_two_figures(fit: Fit, workspace: Path, frame: str) -> None:
    fit(rest_frame=frame)
    done = run_step(PLOTTING, CODE / "plots.py", "--results", f"rest_frame{frame}", folder=workspace)
    assert done.returncode == 0, done.stderr
    for name in ("sed.png", "residuals.png"):
        assert (workspace / f"rest_frame{frame}" / name).read_bytes().startswith(b"\x89PNG")
