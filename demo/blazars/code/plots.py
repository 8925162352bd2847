"""Step 2: draw the spectral energy distribution with the fitted humps, and the pulls of the fit."""

import argparse
import csv
import json
import sys
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

GREY = "#5F6670"
# Okabe and Ito's colours, with a marker each: name, upper end of the band [eV], colour, marker
BANDS = (
    ("radio and millimetre", 1e-2, "#009E73", "s"),
    ("infrared to ultraviolet", 1e2, "#E69F00", "o"),
    ("X-rays", 1e6, "#0072B2", "D"),
    ("gamma rays", np.inf, "#D55E00", "^"),
)
EV_TO_HZ = 2.417989242e14
STYLE = {
    "figure.dpi": 150,
    "font.size": 11,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#D9DDE3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
BOX = {"facecolor": "white", "edgecolor": "none", "alpha": 0.85}
SOURCE_NOTE = "Data tables: agnpy 0.5.1, Agnpy Developers (BSD-3-Clause); measurements: "


def rows_of(path: Path) -> list[dict[str, str]]:
    """A CSV table, unchanged."""
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    if not rows:
        raise ValueError(f"{path} has no rows")
    return rows


def column(rows: list[dict[str, str]], start: str) -> np.ndarray:
    """The numbers of the column whose header starts so; the unit follows in the header."""
    name = next(key for key in rows[0] if key.startswith(start))
    return np.array([float(row[name]) if row[name] else np.nan for row in rows])


def quantity(unit: str) -> str:
    """The label of the vertical axis."""
    if unit == "erg/s":
        return r"$\nu L_\nu$  [$\mathrm{erg\ s^{-1}}$]"
    return r"$\nu F_\nu$  [$\mathrm{erg\ cm^{-2}\,s^{-1}}$]"


def readable(energy: float) -> str:
    """An energy with the prefix that leaves one to three digits before the point."""
    for factor, unit in ((1e12, "TeV"), (1e9, "GeV"), (1e6, "MeV"), (1e3, "keV")):
        if energy >= factor:
            return f"{energy / factor:.3g} {unit}"
    return f"{energy:.3g} eV"


def energy_axis(axes: Any, frame: str, frequency: bool) -> None:
    """Photon energy below, frequency above."""
    axes.set(xscale="log", xlabel=f"Photon energy, {frame} frame [eV]")
    if frequency:
        above = axes.secondary_xaxis("top", functions=(lambda e: e * EV_TO_HZ, lambda f: f / EV_TO_HZ))
        above.set_xlabel("Frequency [Hz]")


def draw_points(axes: Any, points: list[dict[str, str]], flux: np.ndarray, error: np.ndarray | None) -> None:
    """Measured points band by band, hollow if they were not fitted."""
    energy, used = column(points, "energy"), column(points, "in_fit") > 0
    low = 0.0
    for name, high, colour, marker in BANDS:
        inside = (energy >= low) & (energy < high)
        low = high
        for chosen, label, face in ((inside & used, name, colour), (inside & ~used, f"{name}, not in the fit", "white")):
            if not chosen.any() or np.isnan(flux[chosen]).all():
                continue
            axes.errorbar(
                energy[chosen],
                flux[chosen],
                yerr=None if error is None else error[chosen],
                fmt=marker,
                color=colour,
                markerfacecolor=face,
                markersize=5,
                linewidth=1,
                label=label,
            )


def draw_sed(points: list[dict[str, str]], curve: list[dict[str, str]], fit: dict[str, Any], target: Path) -> None:
    """The measured spectrum and the two humps."""
    figure, axes = plt.subplots(figsize=(10, 6))
    energy = column(curve, "energy")
    axes.plot(energy, column(curve, "synchrotron"), color=GREY, linestyle="--", linewidth=1.3, label="synchrotron hump")
    axes.plot(energy, column(curve, "high_energy"), color=GREY, linestyle=":", linewidth=1.6, label="high-energy hump")
    axes.plot(energy, column(curve, "total"), color="black", linewidth=1.8, label="sum")
    flux = column(points, "flux")
    draw_points(axes, points, flux, np.minimum(column(points, "error"), 0.95 * flux))
    energy_axis(axes, "source" if fit["rest_frame"] else "observer's", frequency=True)
    axes.set(yscale="log", ylim=(np.nanmin(flux) / 4, np.nanmax(flux) * 60), xlim=(energy[0], energy[-1]))
    axes.set_ylabel(quantity(fit["unit"]))
    axes.set_title(f"{fit['source']},  z = {fit['redshift']:g}", pad=8)
    results = fit["results"]
    note = "\n".join(
        (
            "peaks at " + " and ".join(readable(results[f"{name}_peak_energy"]["value"]) for name in ("synchrotron", "high_energy")),
            f"Compton dominance {results['compton_dominance']['value']:.3g} ± {results['compton_dominance']['error']:.2g}",
            rf"$\chi^2$ / ndf = {fit['chi2']:.1f} / {fit['degrees_of_freedom']}",
        )
    )
    axes.text(0.98, 0.03, note, transform=axes.transAxes, ha="right", va="bottom", color=GREY).set_bbox(BOX)
    axes.legend(loc="upper left", fontsize=9, ncols=2)
    figure.supxlabel(SOURCE_NOTE + fit["reference"], fontsize=7, color=GREY)
    figure.savefig(target)
    plt.close(figure)


def draw_pulls(points: list[dict[str, str]], fit: dict[str, Any], target: Path) -> None:
    """(data - model) / error of every point in the fit."""
    figure, axes = plt.subplots(figsize=(10, 4.2))
    pulls = column(points, "pull")
    axes.axhspan(-1, 1, color=GREY, alpha=0.13, linewidth=0)
    axes.axhline(0, color="black", linewidth=1)
    draw_points(axes, points, pulls, None)
    energy_axis(axes, "source" if fit["rest_frame"] else "observer's", frequency=False)
    reach = max(3.5, 1.15 * float(np.nanmax(np.abs(pulls))))
    axes.set(ylim=(-reach, reach), ylabel="(data - model) / error")
    axes.set_title(f"How well the two humps describe {fit['source']}")
    axes.legend(loc="upper center", fontsize=9, ncols=4)
    figure.savefig(target)
    plt.close(figure)


def main() -> None:
    """Read the tables of step 1 and write two figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    results = parser.parse_args().results
    print(f"reading the tables in {results}/", flush=True)
    fit = json.loads((results / "fit.json").read_text())
    points = rows_of(results / "points.csv")
    with plt.rc_context(STYLE):
        print("drawing the spectral energy distribution", flush=True)
        draw_sed(points, rows_of(results / "model.csv"), fit, results / "sed.png")
        print("drawing the pulls", flush=True)
        draw_pulls(points, fit, results / "residuals.png")
    print(f"written: {results / 'sed.png'}, {results / 'residuals.png'}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"stopped: {error}")
