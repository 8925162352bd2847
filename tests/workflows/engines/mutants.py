"""Repositories that are each wrong in one place, by a seeded generator: a node of a YAML file, or a piece of a Snakefile."""

import copy
import random
from collections.abc import Iterator
from typing import Any

import yaml

from tests.workflows.engines.repositories import REPOSITORIES, WORKFLOW_FILES
from tests.workflows.mutants import ODD, places

SEED = 13
FOR_EACH = 90  # of each engine's repository: 360 in all
PIECES = ("\0", "\ufeff", "\t", "{", "}}", '"', "'''", "(", "]", ":", "#", "\\", "${x}", "{params.nothing}", "é" * 40, "\r", "x" * 20_000)
STATEMENTS = (
    "import nothing_of_this_name",
    "raise ValueError('no')",
    "config['nothing']",
    "rule: output: 1",
    "1/0",
    "exit()",
    "configfile: 'nowhere.yaml'",
    "include: '../../../etc/passwd'",
    "include: 'workflow/Snakefile'",
    "del config",
    "open('/etc/passwd')",
    "rule all:\n    input: 'again'",
    "workflow = None",
    "ruleorder: a > b",
)

Mutant = tuple[str, str, dict[str, bytes]]


def mutants() -> Iterator[Mutant]:
    """The engine, what was done, and all files of the repository."""
    for engine, files in REPOSITORIES.items():
        chosen = random.Random(f"{SEED} {engine}")  # noqa: S311
        for number in range(FOR_EACH):
            name = chosen.choice(WORKFLOW_FILES[engine])
            change = _text if not name.endswith((".yaml", ".yml", ".cwl")) or chosen.random() < 0.25 else _node
            what, content = change(chosen, files[name])
            changed = {key: text.encode() for key, text in files.items()} | {name: content}
            yield engine, f"{number}: {name}: {what}", changed


def _node(chosen: random.Random, text: str) -> tuple[str, bytes]:
    """One node replaced by an odd value, taken away, or given another name."""
    document = yaml.safe_load(text)
    path = chosen.choice([path for path in places(document) if path])
    parent: Any = copy.deepcopy(document)
    whole = parent
    for key in path[:-1]:
        parent = parent[key]
    what = chosen.choice([*ODD, *ODD, "removed", "renamed", "twice"])
    if what == "removed":
        del parent[path[-1]]
    elif what == "renamed" and isinstance(parent, dict):
        parent[f"{path[-1]}x"] = parent.pop(path[-1])
    elif what == "twice" and isinstance(parent, list):
        parent.append(parent[path[-1]])
    else:
        parent[path[-1]] = ODD.get(what, 7)
    return f"{'.'.join(map(str, path))}: {what}", yaml.safe_dump(whole, sort_keys=False, allow_unicode=True).encode()


def _text(chosen: random.Random, text: str) -> tuple[str, bytes]:
    """One line or piece of the text changed, whatever it means."""
    lines = text.splitlines(keepends=True)
    number = chosen.randrange(len(lines))
    what = chosen.choice(["cut", "without", "twice", "indented", "piece", "piece", "statement", "latin-1"])
    if what == "cut":
        place = chosen.randrange(len(text))
        return f"cut at {place}", text[:place].encode()
    if what == "latin-1":
        return f"Latin-1 in line {number + 1}", "".join([*lines[:number], "# é\n", *lines[number:]]).encode("latin-1")
    if what == "piece":
        piece, line = chosen.choice(PIECES), lines[number]
        place = chosen.randrange(len(line))
        changed = f"{line[:place]}{piece}{line[place:]}"
        what = f"{piece[:10]!r} in"
    else:
        statement = f"{chosen.choice(STATEMENTS)}\n"
        changed = {"without": "", "twice": lines[number] * 2, "indented": f"  {lines[number]}", "statement": statement + lines[number]}[
            what
        ]
        what = f"{what} {statement.strip()!r}" if what == "statement" else what
    return f"{what} line {number + 1}", "".join([*lines[:number], changed, *lines[number + 1 :]]).encode()
