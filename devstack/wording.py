"""A check of `make check`: phrases that need two readings stand neither on pages, nor in docstrings, nor in the documentation.

`avoided_words.toml` has each phrase (a regular expression, case-insensitive, whose blanks match line ends, too) and what is said instead.
"""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIST = Path(__file__).with_name("avoided_words.toml")


@cache
def avoided() -> list[tuple[re.Pattern[str], str]]:
    """Each phrase and what is said instead."""
    phrases: dict[str, str] = tomllib.loads(LIST.read_text(encoding="utf-8"))["phrases"]
    return [(re.compile(rf"\b{phrase}".replace(" ", r"\s+"), re.IGNORECASE), instead) for phrase, instead in phrases.items()]


def texts(path: Path) -> Iterator[tuple[int, str]]:
    """The texts of a file with the lines at which they begin: all of it, or the strings of a module."""
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        yield 1, source
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def findings(path: Path) -> Iterator[str]:
    """`file:line: phrase` for each phrase that is to be avoided."""
    for line, text in texts(path):
        for pattern, instead in avoided():
            for match in pattern.finditer(text):
                phrase = " ".join(match.group().split())
                yield f"{path}:{line + text.count(chr(10), 0, match.start())}: “{phrase}”: rather {instead}"


def files(paths: list[Path]) -> Iterator[Path]:
    """The files that are named, and the templates, modules and pages of documentation below the folders that are."""
    for path in paths:
        yield from [path] if path.is_file() else sorted(item for item in path.rglob("*") if item.suffix in {".html", ".md", ".py", ".txt"})


def main(arguments: list[str]) -> int:
    """Say what is to be said otherwise; 0 when there is nothing."""
    lines = [line for path in files([Path(item) for item in arguments]) if "migrations" not in path.parts for line in findings(path)]
    print("\n".join(lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
