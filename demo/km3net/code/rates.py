"""Step 1: expected event rates of a point source in KM3NeT/ARCA, and the sensitivity that follows from them."""

import argparse
import csv
import json
import sys
from pathlib import Path

import numpy as np
from counting import mean_upper_limit, signal_for, significance
from model import Array, Rates, Source, compute, cone
from sky import ARCA_LATITUDE

THRESHOLDS = range(16, 49)  # candidate lower cuts on reconstructed energy: 100 GeV to 1 PeV


def say(text: str) -> None:
    """One line of progress, at once."""
    print(text, flush=True)


def best_cuts(rates: Rates, years: float) -> tuple[int, int]:
    """Cone and energy threshold with the smallest ratio of mean upper limit to expected signal."""
    best, cuts = np.inf, (0, 0)
    for ring, radius in enumerate(rates.radii):
        if not 0.1 <= radius <= 3:
            continue
        above = np.cumsum(rates.signal[ring][::-1])[::-1]
        noise = np.cumsum((rates.neutrinos + rates.muons)[::-1])[::-1] * cone(float(radius))
        for cut in THRESHOLDS:
            if above[cut] <= 0:
                continue
            ratio = mean_upper_limit(noise[cut] * years) / (above[cut] * years)
            if ratio < best:
                best, cuts = ratio, (ring, cut)
    if not np.isfinite(best):
        raise ValueError("no signal is expected in any search cone: at this declination the source stays too high above the horizon")
    return cuts


def sensitivity(rate: float, noise: float, normalisation: float, years: Array) -> list[dict[str, float]]:
    """Significance and the fluxes that can be excluded or discovered, after each number of years."""
    return [
        {
            "years [yr]": time,
            "signal [events]": rate * time,
            "background [events]": noise * time,
            "significance [sigma]": significance(rate * time, noise * time),
            "upper_limit_90 [TeV-1 cm-2 s-1]": normalisation * mean_upper_limit(noise * time) / (rate * time),
            "discovery_3sigma [TeV-1 cm-2 s-1]": normalisation * signal_for(3, noise * time) / (rate * time),
            "discovery_5sigma [TeV-1 cm-2 s-1]": normalisation * signal_for(5, noise * time) / (rate * time),
        }
        for time in (float(year) for year in years)
    ]


def write_csv(path: Path, rows: list[dict[str, float]]) -> None:
    """A table with units in its header, six digits."""
    with path.open("w", newline="") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        writer.writerows({name: f"{value:.6g}" for name, value in row.items()} for row in rows)


def arguments() -> argparse.Namespace:
    """The four parameters, refused with a message if a value is not possible."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spectral-index", type=float, required=True)
    parser.add_argument("--flux-normalisation", type=float, required=True)
    parser.add_argument("--declination", type=float, required=True)
    parser.add_argument("--years", type=float, required=True)
    parser.add_argument("--data", type=Path, default=Path("data"))
    parser.add_argument("--results", type=Path, default=Path("results"))
    given = parser.parse_args()
    for name, low, high, unit in (
        ("spectral_index", 1, 5, ""),
        ("flux_normalisation", 0, 1e-6, " TeV-1 cm-2 s-1"),
        ("declination", -90, 90, " deg"),
        ("years", 0, 50, " yr"),
    ):
        value = getattr(given, name)
        inside = low <= value <= high if name == "declination" else low < value <= high
        if not inside:
            parser.error(f"{name} is {value:g}{unit}, but has to be above {low:g} and at most {high:g}{unit}")
    return given


def energy_table(rates: Rates, ring: int) -> list[dict[str, float]]:
    """Yearly events inside the cone for each bin of reconstructed energy from 100 GeV on."""
    within = float(cone(float(rates.radii[ring])))
    return [
        {
            "energy_low [GeV]": rates.energy[place],
            "energy_high [GeV]": rates.energy[place + 1],
            "signal [1/yr]": rates.signal[ring, place],
            "atmospheric_neutrinos [1/yr]": rates.neutrinos[place] * within,
            "atmospheric_muons [1/yr]": rates.muons[place] * within,
        }
        for place in range(THRESHOLDS.start, len(rates.energy) - 1)
    ]


def main() -> None:
    """Compute, print the progress, write the three result files."""
    given = arguments()
    source = Source(given.spectral_index, given.flux_normalisation, given.declination)
    say(f"source: {source.normalisation:g} TeV-1 cm-2 s-1 at 1 TeV, index {source.index:g}, dec {source.declination:g} deg")
    say(f"reading the response functions in {given.data}/ and computing the path of the source over a day at {ARCA_LATITUDE} deg N")
    rates = compute(source, given.data)
    say(f"signal: {rates.signal_total:.3g} events per year reach the final selection, at any distance from the source")
    say("choosing the search cone and energy threshold with the best upper limit")
    ring, cut = best_cuts(rates, given.years)
    radius, threshold = float(rates.radii[ring]), float(rates.energy[cut])
    say(f"cone of {radius:.2f} deg, reconstructed energy above {threshold / 1e3:.3g} TeV")
    rows = energy_table(rates, ring)
    kept = rows[cut - THRESHOLDS.start :]
    signal, nus, muons = (sum(row[name] for row in kept) for name in list(rows[0])[2:])
    longest = max(10.0, given.years)
    grid = np.unique(np.append(np.geomspace(0.5, longest, 40), given.years))
    curve = sensitivity(signal, nus + muons, source.normalisation, grid)
    result = next(row for row in curve if row["years [yr]"] == given.years)
    summary = {
        "parameters": {
            "spectral_index": source.index,
            "flux_normalisation": source.normalisation,
            "declination": source.declination,
            "years": given.years,
        },
        "cuts": {"cone_radius_deg": round(radius, 4), "energy_threshold_GeV": round(threshold, 4)},
        "per_year": {
            "signal_any_distance": rates.signal_total,
            "signal": signal,
            "atmospheric_neutrinos": nus,
            "atmospheric_muons": muons,
        },
        "after_years": result,
    }
    given.results.mkdir(parents=True, exist_ok=True)
    write_csv(given.results / "rates.csv", rows)
    write_csv(given.results / "sensitivity.csv", curve)
    (given.results / "rates.json").write_text(json.dumps(summary, indent=2) + "\n")
    say(
        f"after {given.years:g} years: {result['signal [events]']:.3g} signal events over "
        f"{result['background [events]']:.3g} background, {result['significance [sigma]']:.2f} sigma"
    )
    say(f"written: {', '.join(str(given.results / name) for name in ('rates.csv', 'sensitivity.csv', 'rates.json'))}")


if __name__ == "__main__":
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f"stopped: {error}")
