"""Fit a Gaussian signal above a Chebyshev background to the events of ROOT files: extended, unbinned maximum likelihood."""

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
import uproot
from iminuit import Minuit
from iminuit.cost import ExtendedUnbinnedNLL

LOW, HIGH, BINS = 0.0, 10.0, 50
START = {"signal_events": 0.0, "background_events": 0.0, "mean": 5.0, "width": 0.7, "a0": 0.0, "a1": 0.0}


def signal(x: np.ndarray, mean: float, width: float) -> np.ndarray:
    """The Gaussian; what it loses at the edges is below 1e-20 for the widths that are allowed."""
    return np.exp(-0.5 * ((x - mean) / width) ** 2) / (width * np.sqrt(2 * np.pi))


def background(x: np.ndarray, a0: float, a1: float) -> np.ndarray:
    """1 + a0 T1(u) + a1 T2(u), divided by its integral."""
    u = 2 * (x - LOW) / (HIGH - LOW) - 1
    return (1 + a0 * u + a1 * (2 * u**2 - 1)) / ((HIGH - LOW) * (1 - a1 / 3))


def density(x: np.ndarray, signal_events: float, background_events: float, mean: float, width: float, a0: float, a1: float):
    """The expected number of events, and how they are distributed."""
    shape = signal_events * signal(x, mean, width) + background_events * background(x, a0, a1)
    return signal_events + background_events, np.maximum(shape, 1e-300)


def fit(x: np.ndarray) -> Minuit:
    """The best fit, with errors from the second derivatives; ends the step where there is none."""
    minimizer = Minuit(ExtendedUnbinnedNLL(x, density), **{**START, "signal_events": len(x) / 2, "background_events": len(x) / 2})
    minimizer.limits["signal_events", "background_events"] = (0, 2 * len(x))
    minimizer.limits["mean"], minimizer.limits["width"] = (2, 8), (0.05, 1)
    minimizer.limits["a0", "a1"] = (-1, 1)
    minimizer.migrad()
    minimizer.hesse()
    if not minimizer.valid:
        sys.exit(f"The fit to {len(x)} events did not converge.")
    return minimizer


def main() -> None:
    """Read the events of all files, fit once, write numbers and curves."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, nargs="+", required=True)
    parser.add_argument("--results", type=Path, required=True)
    given = parser.parse_args()
    x = np.concatenate([uproot.open(file)["events"]["x"].array(library="np") for file in given.data])
    minimizer = fit(x)
    values, errors = minimizer.values.to_dict(), minimizer.errors.to_dict()
    counts, edges = np.histogram(x, bins=BINS, range=(LOW, HIGH))
    middle, step = (edges[1:] + edges[:-1]) / 2, (HIGH - LOW) / BINS
    total = density(middle, **values)[1] * step
    chi2 = float(np.sum((counts - total) ** 2 / np.maximum(total, 1)))
    given.results.mkdir(parents=True, exist_ok=True)
    with (given.results / "parameters.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["quantity", "value", "error"])
        table.writerows([name.replace("_", " "), f"{values[name]:.6g}", f"{errors[name]:.3g}"] for name in values)
    with (given.results / "curves.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["x", "events", "model", "background"])
        below = values["background_events"] * background(middle, values["a0"], values["a1"]) * step
        table.writerows(zip(middle.round(6), counts, total.round(6), below.round(6), strict=True))
    headline = {
        "signal events": round(values["signal_events"], 1),
        "error of the signal events": round(errors["signal_events"], 1),
        "mean": round(values["mean"], 4),
        "width": round(values["width"], 4),
    }
    quality = {"events": len(x), "files": len(given.data), "chi2": round(chi2, 2), "degrees of freedom": BINS - len(values)}
    (given.results / "fit.json").write_text(json.dumps({"headline": headline, "quality": quality}, indent=2) + "\n")
    print(json.dumps(headline))


if __name__ == "__main__":
    main()
