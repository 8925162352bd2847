"""A check of `make check`: no line of a template is longer than people can read beside another file."""

import sys
from collections.abc import Iterator
from pathlib import Path

COLUMNS = 120


def long_lines(folder: Path) -> Iterator[str]:
    """`file:line: columns` for each line of a template below the folder that is too long."""
    for file in sorted(folder.rglob("*.html")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if len(line) > COLUMNS:
                yield f"{file}:{number}: {len(line)} columns; break it at {COLUMNS} or before, where no reader sees it"


def main() -> int:
    """Say which lines are too long; 0 when none is."""
    found = [line for folder in sys.argv[1:] for line in long_lines(Path(folder))]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
