"""Write a greeting for each name of a file."""

import argparse
import json
import time
from pathlib import Path


def main() -> None:
    """Read the names, write the greetings and what can be counted of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputfile", type=Path, required=True)
    parser.add_argument("--outputfile", type=Path, required=True)
    parser.add_argument("--sleeptime", type=float, default=0.0, help="seconds after each name")
    given = parser.parse_args()
    names = [name for line in given.inputfile.read_text().splitlines() if (name := line.strip())]
    if not names:
        parser.error(f"{given.inputfile} has no names")
    given.outputfile.parent.mkdir(parents=True, exist_ok=True)
    with given.outputfile.open("w") as output:
        for name in names:
            print(f"Hello {name}!", file=output, flush=True)
            print(f"greeted {name}", flush=True)
            time.sleep(given.sleeptime)
    numbers = {"greetings": len(names), "longest name [characters]": max(map(len, names))}
    given.outputfile.with_suffix(".json").write_text(json.dumps({"headline": numbers}, indent=2) + "\n")


if __name__ == "__main__":
    main()
