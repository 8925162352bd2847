"""Draw the events with the fitted curves."""

import argparse
import csv
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np


def main() -> None:
    """Read the curves, write the figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curves", type=Path, required=True)
    parser.add_argument("--plot", type=Path, required=True)
    given = parser.parse_args()
    with given.curves.open(newline="") as file:
        rows = list(csv.DictReader(file))
    x, events, model, background = (np.array([float(row[name]) for row in rows]) for name in ("x", "events", "model", "background"))
    error = np.sqrt(np.maximum(events, 1))
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(7, 6), height_ratios=(3, 1), layout="constrained")
    above.errorbar(x, events, yerr=error, fmt=".", color="#222222", label="events")
    above.plot(x, model, color="#1f6f8b", label="signal and background")
    above.plot(x, background, color="#a4452c", linestyle="--", label="background")
    above.set_ylabel("events in each bin")
    above.set_ylim(bottom=0)
    above.legend()
    below.errorbar(x, (events - model) / error, yerr=1, fmt=".", color="#222222")
    below.axhline(0, color="#1f6f8b")
    below.set_xlabel("x")
    below.set_ylabel("difference / error")
    given.plot.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(given.plot, dpi=120)


if __name__ == "__main__":
    main()
