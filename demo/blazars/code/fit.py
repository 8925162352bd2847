"""Step 1: fit the two humps of a blazar's spectral energy distribution, from radio to TeV."""

import argparse
import csv
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import astropy.units as u
import numpy as np
from astropy.cosmology import Planck18
from astropy.table import Table
from humps import Array, Fit, fit, hump, model

FLUX = u.erg / u.cm**2 / u.s
PLANCK = 4.135667696e-15  # eV s


@dataclass(frozen=True)
class Spectrum:
    """Measured points in the observer's frame: E [eV], nu F_nu and its error [erg/(cm2 s)]."""

    name: str
    reference: str
    redshift: float
    energy: Array
    flux: Array
    error: Array
    instrument: list[str]


def say(text: str) -> None:
    """One line of progress, at once."""
    print(text, flush=True)


def read(source: str, data: Path) -> Spectrum:
    """The table of one source; an unknown name is answered with the names there are."""
    known = sorted(path.stem for path in data.glob("*.ecsv"))
    if source not in known:
        raise ValueError(f"source is {source!r}, but {data}/ has only {', '.join(known) or 'no tables'}")
    table = Table.read(data / f"{source}.ecsv", format="ascii.ecsv")
    errors = [table[name].quantity.to_value(FLUX) for name in ("e2dnde_errn", "e2dnde_errp")]
    return Spectrum(
        name=f"{table.meta['source']} ({table.meta['period']})",
        reference=str(table.meta["reference"]),
        redshift=float(table.meta["redshift"]),
        energy=np.asarray(table["e_ref"].quantity.to_value(u.eV), float),
        flux=np.asarray(table["e2dnde"].quantity.to_value(FLUX), float),
        error=np.mean(errors, axis=0),
        instrument=[str(name) for name in table["instrument"]],
    )


def chosen(spectrum: Spectrum, low: float, high: float) -> Array:
    """Which points are fitted: within the energy range, with a flux and an error above 0."""
    return np.asarray((spectrum.energy >= low) & (spectrum.energy <= high) & (spectrum.flux > 0) & (spectrum.error > 0), bool)


def luminosity_factor(redshift: float) -> float:
    """4 pi d_L^2 [cm2]: turns nu F_nu into nu L_nu, with the Planck 2018 cosmology."""
    distance = Planck18.luminosity_distance(redshift).to_value(u.cm)
    return float(4 * np.pi * distance**2)


def describe(found: Fit, redshift: float, rest_frame: bool) -> dict[str, list[Any]]:
    """Rows of the result table: quantity -> value, error, unit."""
    shift, factor = (1 + redshift, luminosity_factor(redshift)) if rest_frame else (1.0, 1.0)
    unit = "erg/s" if rest_frame else "erg/(cm2 s)"
    rows: dict[str, list[Any]] = {}
    for number, hump_name in ((0, "synchrotron"), (3, "high_energy")):
        peak, height, curvature = found.values[number : number + 3]
        d_peak, d_height, d_curvature = found.errors[number : number + 3]
        energy, top = 10**peak * shift, 10**height * factor
        rows[f"{hump_name}_peak_energy"] = [energy, energy * np.log(10) * d_peak, "eV"]
        rows[f"{hump_name}_peak_frequency"] = [energy / PLANCK, energy / PLANCK * np.log(10) * d_peak, "Hz"]
        rows[f"{hump_name}_peak_height"] = [top, top * np.log(10) * d_height, unit]
        rows[f"{hump_name}_curvature"] = [curvature, d_curvature, ""]
    ratio = 10 ** (found.values[4] - found.values[1])
    # the heights of two humps far apart are next to independent, so their errors add in squares
    spread = ratio * np.log(10) * np.hypot(found.errors[1], found.errors[4])
    rows["compton_dominance"] = [ratio, spread, ""]
    return rows


def write_csv(path: Path, header: list[str], rows: list[list[Any]]) -> None:
    """A table with units in its header, six digits."""
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(header)
        writer.writerows([f"{cell:.6g}" if isinstance(cell, float) else cell for cell in row] for row in rows)


def truth(text: str) -> bool:
    """`true` or `false`, however a form or YAML writes it."""
    if text.lower() not in ("true", "false"):
        raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false")
    return text.lower() == "true"


def arguments() -> argparse.Namespace:
    """The five parameters, refused with a message if a value is not possible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", required=True)
    parser.add_argument("--energy-min", type=float, required=True)
    parser.add_argument("--energy-max", type=float, required=True)
    parser.add_argument("--systematic-fraction", type=float, required=True)
    parser.add_argument("--rest-frame", type=truth, required=True)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    given = parser.parse_args()
    if not 0 < given.energy_min < given.energy_max < np.inf:
        parser.error(f"energy_min {given.energy_min:g} eV has to be above 0 and below energy_max {given.energy_max:g} eV")
    if not 0 <= given.systematic_fraction <= 1:
        parser.error(f"systematic_fraction is {given.systematic_fraction:g}, but has to be between 0 and 1")
    return given


def write_points(path: Path, spectrum: Spectrum, used: Array, found: Fit, error: Array, frame: tuple[float, float, str]) -> None:
    """Every measured point in the frame of the result, with the model and the pull."""
    shift, factor, unit = frame
    expected = model(np.log10(spectrum.energy), found.values)
    header = ["instrument", "energy [eV]", f"flux [{unit}]", f"error [{unit}]", f"model [{unit}]", "pull [sigma]", "in_fit"]
    rows = [
        [
            spectrum.instrument[i],
            float(spectrum.energy[i] * shift),
            float(spectrum.flux[i] * factor),
            float(spectrum.error[i] * factor),
            float(10 ** expected[i] * factor),
            float((np.log10(spectrum.flux[i]) - expected[i]) / error[i]) if used[i] else "",
            int(used[i]),
        ]
        for i in range(len(spectrum.energy))
    ]
    write_csv(path, header, rows)


def main() -> None:
    """Read, select, fit, write the four result files."""
    given = arguments()
    spectrum = read(given.source, given.data)
    say(f"{spectrum.name}: {len(spectrum.energy)} points, redshift {spectrum.redshift:g}, from {spectrum.reference}")
    used = chosen(spectrum, given.energy_min, given.energy_max)
    say(f"{used.sum()} points between {given.energy_min:g} and {given.energy_max:g} eV are used in the fit")
    if used.sum() < 8:
        raise ValueError(f"{used.sum()} points are too few for six free parameters; widen the energy range")
    positive = np.where(spectrum.flux > 0, spectrum.flux, np.nan)
    error = np.hypot(spectrum.error, given.systematic_fraction * positive) / (positive * np.log(10))
    say(f"fitting two log-parabolas from nine starts, {given.systematic_fraction:.0%} systematic error added in quadrature")
    found = fit(np.log10(spectrum.energy[used]), np.log10(spectrum.flux[used]), error[used])
    say(f"chi2 = {found.chi2:.1f} for {found.degrees_of_freedom} degrees of freedom")
    rows = describe(found, spectrum.redshift, given.rest_frame)
    unit = rows["synchrotron_peak_height"][2]
    frame = (1 + spectrum.redshift, luminosity_factor(spectrum.redshift)) if given.rest_frame else (1.0, 1.0)
    given.results.mkdir(parents=True, exist_ok=True)
    write_csv(given.results / "parameters.csv", ["quantity", "value", "error", "unit"], [[name, *row] for name, row in rows.items()])
    write_points(given.results / "points.csv", spectrum, used, found, error, (*frame, unit))
    grid = np.linspace(np.log10(spectrum.energy.min()) - 0.5, np.log10(spectrum.energy.max()) + 0.5, 400)
    curves = [model(grid, found.values), hump(grid, *found.values[:3]), hump(grid, *found.values[3:])]
    write_csv(
        given.results / "model.csv",
        ["energy [eV]", *(f"{name} [{unit}]" for name in ("total", "synchrotron", "high_energy"))],
        [[float(10**e * frame[0]), *(float(10 ** c[i] * frame[1]) for c in curves)] for i, e in enumerate(grid)],
    )
    summary = {
        "source": spectrum.name,
        "reference": spectrum.reference,
        "redshift": spectrum.redshift,
        "rest_frame": given.rest_frame,
        "unit": unit,
        "points_in_fit": int(used.sum()),
        "chi2": found.chi2,
        "degrees_of_freedom": found.degrees_of_freedom,
        "systematic_fraction": given.systematic_fraction,
        "energy_range_eV": [given.energy_min, given.energy_max],
        "results": {name: {"value": row[0], "error": row[1], "unit": row[2]} for name, row in rows.items()},
    }
    (given.results / "fit.json").write_text(json.dumps(summary, indent=2) + "\n")
    for name in ("synchrotron_peak_energy", "high_energy_peak_energy", "compton_dominance"):
        value, spread, kind = rows[name]
        say(f"{name.replace('_', ' ')}: {value:.3g} +- {spread:.2g} {kind}".rstrip())
    say(f"written: parameters.csv, points.csv, model.csv and fit.json in {given.results}/")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"stopped: {error}")
