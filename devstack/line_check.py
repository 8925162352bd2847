"""A check of `make check`: lines of templates are not too long to be read beside another file, and each tag ends on its line."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

COLUMNS = 120
OPEN_TAG = re.compile(r"\{%(?:(?!%\}).)*$")  # Django takes a tag in two lines for text, and shows it


def long_lines(folder: Path) -> Iterator[str]:
    """`file:line: columns` for each line of a template below the folder that is too long, or in which a tag does not end."""
    for file in sorted(folder.rglob("*.html")):
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            if len(line) > COLUMNS:
                yield f"{file}:{number}: {len(line)} columns; break it at {COLUMNS} or before, where no reader sees it"
            if OPEN_TAG.search(line):
                yield f"{file}:{number}: a tag does not end on its line, so it is shown as text"


def main() -> int:
    """Say which lines are too long; 0 when none is."""
    found = [line for folder in sys.argv[1:] for line in long_lines(Path(folder))]
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
