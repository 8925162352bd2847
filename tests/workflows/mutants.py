"""Specifications that are each wrong in one place: every node of a good one, replaced by what it cannot be, renamed or taken away."""

import copy
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import yaml

GOOD: dict[str, Any] = {
    "version": "0.9.0",
    "inputs": {
        "files": ["code/a.py", "data/x.fits"],
        "directories": ["code"],
        "parameters": {"ratio": 0.7, "count": 3, "fast": False, "name": "Africa", "cuts": {"pt": 20}, "bins": [1, 2]},
        "options": {},
    },
    "workflow": {
        "type": "serial",
        "specification": {
            "steps": [
                {"name": "first", "environment": "python:3.13", "commands": ["python code/a.py ${ratio}", "echo ${name}"]},
                {
                    "environment": "python:3.13",
                    "commands": ["echo two"],
                    "kubernetes_memory_limit": "512Mi",
                    "compute_backend": "kubernetes",
                },
            ]
        },
        "resources": {"cvmfs": ["fcc.cern.ch"]},
    },
    "outputs": {"files": ["results/a.png"], "directories": ["results"]},
    "tests": {"files": ["tests/log.feature"]},
    "workspace": {"retention_days": {"results/*": 5}},
}
ODD: dict[str, Any] = {
    "null": None,
    "list": [1, [2, {"a": None}]],
    "empty list": [],
    "mapping": {"a": {"b": [None]}},
    "empty mapping": {},
    "number": 5,
    "huge number": 10**120,
    "not a number": float("nan"),
    "infinite": float("inf"),
    "flag": True,
    "text": "yadage",
    "empty text": "",
    "huge text": "x" * 20_000,
    "braces": "${" * 3_000,
    "NUL": "a\0b",
    "markup": "<script>alert(1)</script>",
    "date": date(2024, 1, 31),
    "bytes": b"\x00\xff",
}


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every node, from the document as a whole to its last leaves."""
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield from places(value, (*path, key))


def changed(path: tuple[Any, ...], value: Any) -> Any:
    """The good specification with one node replaced."""
    if not path:
        return value
    document = copy.deepcopy(GOOD)
    parent: Any = document
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    return document


def without(path: tuple[Any, ...], *, renamed: Any = None) -> Any:
    """The good specification without one node, or with its key changed to another."""
    document = copy.deepcopy(GOOD)
    parent: Any = document
    for key in path[:-1]:
        parent = parent[key]
    value = parent.pop(path[-1])
    if renamed is not None and isinstance(parent, dict):
        parent[renamed] = value
    return document


@cache
def mutants() -> dict[str, str]:
    """The text of each by its name; made once, and only where a test asks for them: it takes seconds."""
    return dict(_mutants())


def _mutants() -> Iterator[tuple[str, str]]:
    for path in places(GOOD):
        where = ".".join(map(str, path)) or "document"
        for name, value in ODD.items():
            yield f"{where}: {name}", yaml.safe_dump(changed(path, value), sort_keys=False)
        if path:
            yield f"{where}: removed", yaml.safe_dump(without(path), sort_keys=False)
            yield f"{where}: a key that is a number", yaml.safe_dump(without(path, renamed=7), sort_keys=False)
            yield f"{where}: a key that is a flag", yaml.safe_dump(without(path, renamed=True), sort_keys=False)
    for number, text in enumerate(TEXTS):
        yield f"text {number}", text


def bomb(levels: int) -> str:
    """Each level holds the one before nine times."""
    lines = ["l0: &l0 [x,x,x,x,x,x,x,x,x]"]
    lines += [f"l{level}: &l{level} [{','.join([f'*l{level - 1}'] * 9)}]" for level in range(1, levels)]
    return "\n".join([*lines, f"inputs: {{parameters: {{region: *l{levels - 1}}}}}", *SERIAL.splitlines()])


SERIAL = "workflow: {type: serial, specification: {steps: [{name: s, environment: e, commands: [echo]}]}}\n"
TEXTS = (
    "",
    "- a\n- b\n",
    "just words",
    "a: [",
    "a: b: c",
    "\tinputs: x",
    "workflow: yadage",
    "!!python/object:os.system {}",
    "? [a]\n: b\n",
    "a: &a {b: *a}\n",
    "a: *nowhere\n",
    "---\na: 1\n---\nb: 2\n",
    "a: " + "[" * 2_000 + "]" * 2_000,
    "a: " + "1:" * 5_000 + "1",
    "a: 1" + "0" * 5_000,
    "inputs: {parameters: {x: .inf, y: -.inf, z: .nan}}\n" + SERIAL,
    'inputs: {parameters: {x: "\\ud800", y: "\\0"}}\n' + SERIAL,
    "inputs: {parameters: {a: !!set {x, y}, b: !!binary aGk=, c: !!omap [x: 1]}}\n" + SERIAL,
    "a: &a {<<: *a}\n" + SERIAL,
    bomb(5),
    bomb(12),
)
