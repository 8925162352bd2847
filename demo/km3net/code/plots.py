"""Step 2: draw what step 1 computed: the expected events by energy, and the sensitivity against time."""

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

Columns = dict[str, np.ndarray]
# Okabe and Ito's colours, which people with any colour vision can tell apart; line styles differ as well.
BLUE, ORANGE, GREEN, RED, GREY = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#5F6670"
STYLE = {
    "figure.dpi": 150,
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#D9DDE3",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "figure.constrained_layout.use": True,
}
SOURCE_NOTE = "Response functions: km3irf 0.4.0, The KM3NeT collaboration (BSD-3-Clause)"


def columns(path: Path) -> Columns:
    """A CSV table by its header; the unit stays part of the name."""
    with path.open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    if not rows:
        raise ValueError(f"{path} has no rows")
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def power(value: float) -> str:
    """1.2e-11 as people write it in a figure."""
    digits, exponent = f"{value:.1e}".split("e")
    return rf"{digits} \times 10^{{{int(exponent)}}}"


def pairs(values: np.ndarray) -> np.ndarray:
    """Sum neighbouring bins: a quarter of a decade each reads better than an eighth."""
    even = len(values) - len(values) % 2
    return values[:even].reshape(-1, 2).sum(axis=1)


def subtitle(parameters: dict[str, float]) -> str:
    """The assumed source in one line."""
    flux = power(parameters["flux_normalisation"])
    return (
        rf"$\Phi(1\,\mathrm{{TeV}}) = {flux}\ \mathrm{{TeV^{{-1}}\,cm^{{-2}}\,s^{{-1}}}}$,  "
        rf"$\gamma = {parameters['spectral_index']:g}$,  "
        rf"$\delta = {parameters['declination']:g}\degree$"
    )


def draw_rates(table: Columns, summary: dict[str, Any], target: Path) -> None:
    """Events in the search cone by reconstructed energy after the chosen years."""
    years, cuts = summary["parameters"]["years"], summary["cuts"]
    low = table["energy_low [GeV]"][: len(table["energy_low [GeV]"]) // 2 * 2 : 2]
    edges = np.append(low, table["energy_high [GeV]"][-1]) / 1e3
    lines = (
        ("signal [1/yr]", "source", RED, "-", 2.4),
        ("atmospheric_neutrinos [1/yr]", "atmospheric neutrinos", BLUE, "-", 1.8),
        ("atmospheric_muons [1/yr]", "atmospheric muons", ORANGE, "--", 1.8),
    )
    figure, axes = plt.subplots(figsize=(9, 5.4))
    top = 0.0
    for name, label, colour, style, width in lines:
        events = pairs(table[name]) * years
        top = max(top, float(events.max()))
        axes.stairs(np.maximum(events, 1e-9), edges, label=label, color=colour, linestyle=style, linewidth=width)
    threshold = cuts["energy_threshold_GeV"] / 1e3
    axes.axvspan(edges[0], threshold, color=GREY, alpha=0.13, linewidth=0)
    axes.axvline(threshold, color=GREY, linewidth=1, label=f"energy threshold, {threshold:.3g} TeV")
    axes.set(xscale="log", yscale="log", xlim=(edges[0], 1e4), ylim=(max(top * 1e-5, 1e-7), top * 3))
    axes.set_xlabel("Reconstructed energy [TeV]")
    axes.set_ylabel(f"Expected events in {years:g} yr, per quarter decade")
    axes.set_title(f"Events within {cuts['cone_radius_deg']:.2f}° of the source, KM3NeT/ARCA\n", pad=10)
    axes.text(0, 1.02, subtitle(summary["parameters"]), transform=axes.transAxes, color=GREY)
    axes.legend()
    figure.supxlabel(SOURCE_NOTE, fontsize=8, color=GREY)
    figure.savefig(target)
    plt.close(figure)


def draw_sensitivity(table: Columns, summary: dict[str, Any], target: Path) -> None:
    """The fluxes that can be excluded or discovered, and the significance of the assumed one, against time."""
    parameters, years = summary["parameters"], table["years [yr]"]
    figure, (flux, sigma) = plt.subplots(1, 2, figsize=(11, 5.4))
    for name, label, colour, style in (
        ("discovery_5sigma", r"5$\sigma$ discovery", RED, "-"),
        ("discovery_3sigma", r"3$\sigma$ evidence", ORANGE, "-."),
        ("upper_limit_90", "90 % CL upper limit", BLUE, "--"),
    ):
        values = table[f"{name} [TeV-1 cm-2 s-1]"]
        flux.plot(years, values, color=colour, linestyle=style, linewidth=2, label=label)
    flux.axhline(parameters["flux_normalisation"], color="black", linewidth=1.2, linestyle=":", label="assumed source")
    flux.set(yscale="log", xlim=(0, years[-1]), xlabel="Observation time [yr]")
    flux.set_ylabel(r"$\Phi(1\,\mathrm{TeV})$  [$\mathrm{TeV^{-1}\,cm^{-2}\,s^{-1}}$]")
    flux.set_title("Sensitivity\n", pad=10)
    flux.text(0, 1.02, subtitle(parameters), transform=flux.transAxes, color=GREY, fontsize=9.5)
    flux.legend()
    reached = summary["after_years"]["significance [sigma]"]
    sigma.plot(years, table["significance [sigma]"], color=GREEN, linewidth=2.4)
    for level in (3, 5):
        sigma.axhline(level, color=GREY, linewidth=1, linestyle="--")
        sigma.text(years[-1], level, rf"{level}$\sigma$ ", va="bottom", ha="right", color=GREY)
    sigma.plot(parameters["years"], reached, "o", color=GREEN, markersize=9, markeredgecolor="white")
    late = parameters["years"] > years[-1] / 2
    sigma.annotate(
        rf"{reached:.1f}$\sigma$ in {parameters['years']:g} yr",
        (parameters["years"], reached),
        xytext=(-10 if late else 10, 10),
        textcoords="offset points",
        ha="right" if late else "left",
        weight="bold",
    )
    sigma.set(xlim=(0, years[-1] * 1.02), ylim=(0, max(6, 1.15 * table["significance [sigma]"][-1])))
    sigma.set(xlabel="Observation time [yr]", ylabel="Median significance [standard deviations]")
    sigma.set_title("Significance of the assumed source\n", pad=10)
    figure.supxlabel(SOURCE_NOTE, fontsize=8, color=GREY)
    figure.savefig(target)
    plt.close(figure)


def main() -> None:
    """Read the tables of step 1 and write two figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--results", type=Path, default=Path("results"))
    results = parser.parse_args().results
    print(f"reading the tables in {results}/", flush=True)
    summary = json.loads((results / "rates.json").read_text())
    with plt.rc_context(STYLE):
        print("drawing the expected events by energy", flush=True)
        draw_rates(columns(results / "rates.csv"), summary, results / "event_rates.png")
        print("drawing sensitivity and significance against time", flush=True)
        draw_sensitivity(columns(results / "sensitivity.csv"), summary, results / "sensitivity.png")
    print(f"written: {results / 'event_rates.png'}, {results / 'sensitivity.png'}", flush=True)


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError, KeyError) as error:
        sys.exit(f"stopped: {error}")
