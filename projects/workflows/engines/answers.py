"""What an engine answered, as far as it has the shape of an answer: a hostile workflow may have written it."""

from dataclasses import dataclass, field
from typing import Any

from projects.workflows.engines.reading import Node

MAX_NODES = 5_000
MAX_ITEMS = 500
MAX_TEXT = 4_000
MAX_NAME = 300

Part = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """Nodes with the facts that only the checks need, in the same order; `why_not` is set where there is no answer."""

    version: str = ""
    nodes: tuple[Node, ...] = ()
    facts: tuple[Part, ...] = ()
    left_out: int = 0
    has_jobs: bool = False  # whether the engine knows what it would run, and in which order
    faults: tuple[Part, ...] = ()
    inputs: tuple[Part, ...] = ()
    used_parameters: dict[str, tuple[str, ...]] = field(default_factory=dict)
    checkpoints: tuple[str, ...] = ()
    not_copied: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    opened: tuple[str, ...] = ()  # further files that it reads, or that its steps take, by what it says
    submission: Part | None = None
    isolated_by: tuple[str, ...] = ()
    why_not: str = ""
    by_clock: bool = False  # whether it was only too slow, by the clock


def checked(answer: Part, files: set[str], by: tuple[str, ...]) -> Answer:
    """The answer with each part of its right type and size; what names no file of the repository names none."""
    raw = parts(answer.get("nodes"), MAX_NODES)
    used = answer.get("parameters")
    submission = answer.get("submission")
    keys = {text(item.get("key"), MAX_NAME) for item in raw}
    left_out = answer.get("left_out")
    return Answer(
        version=text(answer.get("version"), 40),
        nodes=tuple(_node(item, keys, files) for item in raw),
        facts=tuple(_facts(item) for item in raw),
        left_out=left_out if isinstance(left_out, int) and not isinstance(left_out, bool) and 0 < left_out < 10**9 else 0,
        has_jobs=answer.get("has_jobs") is True,
        faults=tuple(
            {**_facts(item), "file": _file(item.get("file"), files), "line": line(item)} for item in parts(answer.get("faults"), 50)
        ),
        inputs=tuple(
            {**_facts(item), "file": _file(item.get("file"), files), "line": line(item)} for item in parts(answer.get("inputs"), 1_000)
        ),
        used_parameters={text(name, MAX_NAME): texts(stages) for name, stages in used.items()} if isinstance(used, dict) else {},
        checkpoints=texts(answer.get("checkpoints")),
        not_copied=texts(answer.get("not_copied")),
        includes=tuple(name for name in texts(answer.get("includes")) if name in files),
        opened=texts(answer.get("opened")),
        submission=submission if isinstance(submission, dict) else None,
        isolated_by=by,
    )


def _node(item: Part, keys: set[str], files: set[str]) -> Node:
    return Node(
        key=text(item.get("key"), MAX_NAME),
        name=text(item.get("name"), MAX_NAME),
        environment=text(item.get("environment"), MAX_NAME).removeprefix("docker://"),
        inputs=texts(item.get("inputs")),
        outputs=texts(item.get("outputs")),
        commands=texts(item.get("commands"), MAX_TEXT),
        resources=_scalars(item.get("resources")),
        after=tuple(key for key in texts(item.get("after"), MAX_NAME, MAX_NODES) if key in keys),
        needed=item.get("needed") is not False,
        file=_file(item.get("file"), files),
        line=line(item),
    )


def _facts(item: Part) -> Part:
    """Texts, numbers and lists of texts of a part, by their names."""
    found: Part = {}
    for key, value in list(item.items())[:50]:
        if isinstance(value, list):
            found[text(key, 40)] = texts(value)
        elif isinstance(value, str | bool | int | float):
            found[text(key, 40)] = text(value, MAX_TEXT) if isinstance(value, str) else value
    return found


def _scalars(value: Any) -> Part:
    if not isinstance(value, dict):
        return {}
    kept = [(name, item) for name, item in value.items() if isinstance(item, str | bool | int | float)][:50]
    return {text(name, 100): text(item, MAX_NAME) if isinstance(item, str) else item for name, item in kept}


def _file(value: Any, files: set[str]) -> str:
    return value if isinstance(value, str) and value in files else ""


def line(item: Part) -> int | None:
    """The line of a part, where it has one."""
    value = item.get("line")
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**7 else None


def parts(value: Any, limit: int) -> list[Part]:
    """The parts of a list that are mappings."""
    return [item for item in value if isinstance(item, dict)][:limit] if isinstance(value, list) else []


def text(value: Any, limit: int) -> str:
    """A text of at most so many characters, cut visibly."""
    if not isinstance(value, str):
        return ""
    return value if len(value) <= limit else f"{value[: limit - 1]}…"


def texts(value: Any, limit: int = MAX_NAME, items: int = MAX_ITEMS) -> tuple[str, ...]:
    """The texts of a list."""
    return tuple(text(item, limit) for item in value[:items] if isinstance(item, str)) if isinstance(value, list) else ()
