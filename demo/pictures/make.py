"""Draw the projects' pictures from the real data; needs matplotlib, astropy and pillow."""

import argparse
import csv
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from PIL import Image

HERE = Path(__file__).parent
PAPER, INK, SOFT, LINE = "#F8F7F4", "#1A1F29", "#474E5D", "#DEDBD3"
BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
BANDS = ((1e-2, GREEN, "s"), (1e2, ORANGE, "o"), (1e6, BLUE, "D"), (np.inf, RED, "^"))
SIZES = (("", (1200, 630)), ("-small", (600, 315)))
LIMIT = 150_000  # bytes


def paper(title: str, credit: str) -> tuple[Figure, plt.Axes]:
    """A card of 1200 x 630 with a title line, a drawing and a credit line."""
    figure = plt.figure(figsize=(12, 6.3), dpi=100, facecolor=PAPER)
    axes = figure.add_axes((0.085, 0.15, 0.885, 0.68), facecolor=PAPER)
    figure.text(0.03, 0.9, title, color=INK, fontsize=25, weight="bold")
    figure.text(0.97, 0.015, credit, color=SOFT, fontsize=10, ha="right")
    axes.tick_params(colors=SOFT, labelsize=13)
    axes.xaxis.label.set_fontsize(15)
    axes.yaxis.label.set_fontsize(15)
    for side in axes.spines.values():
        side.set_color(LINE)
    return figure, axes


def save(figure: Figure, name: str) -> None:
    """Both sizes as PNG with a palette, refused when too heavy for a page."""
    figure.canvas.draw()
    whole = Image.fromarray(np.asarray(figure.canvas.buffer_rgba())).convert("RGB")
    plt.close(figure)
    for suffix, size in SIZES:
        target = HERE / f"{name}{suffix}.png"
        whole.resize(size, Image.Resampling.LANCZOS).quantize(256, dither=Image.Dither.NONE).save(target, optimize=True)
        if target.stat().st_size > LIMIT:
            raise SystemExit(f"{target.name} has {target.stat().st_size} bytes, more than {LIMIT}")
        print(f"{target.name}: {target.stat().st_size} bytes")


def effective_area(data: Path) -> None:
    """A map of effective area by energy and direction, on equal steps of cos(zenith)."""
    from astropy.io import fits

    with fits.open(data / "aeff.fits") as hdus:
        row = hdus[1].data[0]
        energy = np.append(row["ENERG_LO"], row["ENERG_HI"][-1]).astype(float) / 1e3
        cosine = np.cos(np.append(row["THETA_LO"], row["THETA_HI"][-1]).astype(float))
        area = np.array(row["EFFAREA"], float)
    figure, axes = paper("What KM3NeT/ARCA sees of a neutrino", "Data: km3irf 0.4.0, The KM3NeT collaboration, BSD-3-Clause")
    colours = plt.get_cmap("viridis").with_extremes(bad=PAPER, under=PAPER)
    image = axes.pcolormesh(energy, cosine, np.where(area > 0, area, np.nan), cmap=colours, norm=LogNorm(1e-3, 1e4), rasterized=True)
    axes.set(xscale="log", xlim=(0.1, 1e5), ylim=(-1, 1), xlabel="Neutrino energy [TeV]", ylabel="cos(zenith)")
    for height, text in ((0.93, "from above"), (0.5, "from the horizon"), (0.07, "up through the Earth")):
        label = axes.text(0.015, height, text, transform=axes.transAxes, color=INK, fontsize=14, va="center")
        label.set_bbox({"facecolor": PAPER, "edgecolor": "none", "alpha": 0.85, "boxstyle": "round,pad=0.3"})
    bar = figure.colorbar(image, ax=axes, pad=0.015, aspect=25)
    bar.set_label("Effective area [m²]", fontsize=14, color=SOFT)
    bar.ax.tick_params(colors=SOFT, labelsize=12)
    bar.outline.set_edgecolor(LINE)
    save(figure, "km3net")


def numbers(path: Path) -> dict[str, np.ndarray]:
    """The numeric columns of a result table, by the first word of the header."""
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    names = [name for name in rows[0] if name not in ("instrument", "pull [sigma]")]
    return {name.split()[0]: np.array([float(row[name]) for row in rows]) for name in names}


def two_humps(results: Path) -> None:
    """The measured spectrum of Mrk 421 and the fit, as the workflow's own first step wrote them."""
    points, curve = numbers(results / "points.csv"), numbers(results / "model.csv")
    figure, axes = paper("Mrk 421, from radio to TeV", "Data: agnpy 0.5.1, BSD-3-Clause; Abdo et al. 2011, ApJ 736, 131")
    axes.fill_between(curve["energy"], curve["synchrotron"], 1e-20, color=BLUE, alpha=0.1, linewidth=0)
    axes.fill_between(curve["energy"], curve["high_energy"], 1e-20, color=RED, alpha=0.1, linewidth=0)
    axes.plot(curve["energy"], curve["total"], color=INK, linewidth=2.5)
    low = 0.0
    for high, colour, marker in BANDS:
        inside = (points["energy"] >= low) & (points["energy"] < high)
        low = high
        error = np.minimum(points["error"][inside], 0.95 * points["flux"][inside])
        axes.errorbar(points["energy"][inside], points["flux"][inside], yerr=error, fmt=marker, color=colour, markersize=8, linewidth=1.5)
    axes.text(3e1, 1.3e-9, "synchrotron", color=BLUE, fontsize=17, ha="center", weight="bold")
    axes.text(3e10, 2.5e-10, "high-energy", color=RED, fontsize=17, ha="center", weight="bold")
    axes.set(xscale="log", yscale="log", xlim=(3e-6, 3e13), ylim=(5e-15, 6e-9))
    axes.set(xlabel="Photon energy [eV]", ylabel="νFν [erg cm⁻² s⁻¹]")
    save(figure, "blazars")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--km3irf-data", type=Path, required=True, help="folder with aeff.fits")
    parser.add_argument("--blazar-results", type=Path, required=True, help="results folder of the blazar workflow for Mrk421_2011")
    given = parser.parse_args()
    effective_area(given.km3irf_data)
    two_humps(given.blazar_results)
