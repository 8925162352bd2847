"""Generate events of a Gaussian signal above a smooth background, and write them into a ROOT file."""

import argparse
from pathlib import Path

import numpy as np
import uproot

LOW, HIGH = 0.0, 10.0
MEAN, WIDTH = 5.0, 0.5  # of the signal
A0, A1 = 0.5, -0.2  # of the background: 1 + a0 T1(u) + a1 T2(u) with Chebyshev polynomials and u from -1 to 1
SIGNAL_FRACTION = 0.5


def background(number: int, random: np.random.Generator) -> np.ndarray:
    """Events of the background, by acceptance and rejection below its largest value."""
    found = np.empty(0)
    while len(found) < number:
        u, height = random.uniform(-1, 1, 2 * number), random.uniform(0, 1 + abs(A0) + abs(A1), 2 * number)
        found = np.append(found, u[height < 1 + A0 * u + A1 * (2 * u**2 - 1)])
    return LOW + (found[:number] + 1) / 2 * (HIGH - LOW)


def signal(number: int, random: np.random.Generator) -> np.ndarray:
    """Events of the signal; its mean is ten widths from the edges."""
    return random.normal(MEAN, WIDTH, number)


def main() -> None:
    """Write the events of one sample."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", type=Path, required=True)
    given = parser.parse_args()
    if not 100 <= given.events <= 1_000_000:
        parser.error(f"events: {given.events} is not between 100 and 1,000,000")
    random = np.random.default_rng(given.seed)
    of_signal = random.binomial(given.events, SIGNAL_FRACTION)
    x = np.concatenate([signal(of_signal, random), background(given.events - of_signal, random)])
    random.shuffle(x)
    given.output.parent.mkdir(parents=True, exist_ok=True)
    with uproot.recreate(given.output) as file:
        file.mktree("events", {"x": "float64"}).extend({"x": x})
    print(f"{len(x)} events, of which {of_signal} are signal, in {given.output}")


if __name__ == "__main__":
    main()
