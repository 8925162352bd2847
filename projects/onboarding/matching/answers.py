"""Stored answers as typed values; whatever a row of the database holds, reading it never fails."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

GIGABYTE = 10**9
MAX_ITEMS, MAX_ROWS = 30, 20


@dataclass(frozen=True)
class Dataset:
    """One row of the data step."""

    number: int
    name: str
    place: str
    gigabytes: float
    growth: float
    protocol: str
    embargo: date | None

    @property
    def bytes_needed(self) -> int:
        """What it takes now and in the first year."""
        return round((self.gigabytes + self.growth) * GIGABYTE)


@dataclass(frozen=True)
class Answers:
    """The answers of all steps."""

    title: str = ""
    summary: str = ""
    contact: str = ""
    experiments: tuple[str, ...] = ()
    people: tuple[Mapping[str, Any], ...] = ()
    datasets: tuple[Dataset, ...] = ()
    data_about: str = ""
    cpu_hours: float = 0
    memory: float = 0
    gpu: str = ""
    gpu_for: str = ""
    backend: str = ""
    software: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    notebooks: str = ""
    notebook_memory: float = 0
    archives: tuple[str, ...] = ()
    training: tuple[str, ...] = ()
    publication: tuple[str, ...] = ()
    deadline: date | None = None
    deadline_for: str = ""

    @classmethod
    def of(cls, answers: Any) -> Self:
        """The answers as an onboarding stores them."""
        steps = answers if isinstance(answers, Mapping) else {}
        people, data, compute, software, further = (
            _mapping(steps.get(name)) for name in ("people", "data", "compute", "software", "further")
        )
        return cls(
            title=_text(people.get("title")),
            summary=_text(people.get("summary")),
            contact=_text(people.get("contact")),
            experiments=_texts(people.get("experiments")),
            people=tuple(_rows(people.get("rows"))),
            datasets=tuple(_dataset(number, row) for number, row in enumerate(_rows(data.get("rows")), 1)),
            data_about=_text(data.get("about")),
            cpu_hours=_number(compute.get("cpu_hours")),
            memory=_number(compute.get("memory")),
            gpu=_text(compute.get("gpu")),
            gpu_for=_text(compute.get("gpu_for")),
            backend=_text(compute.get("backend")),
            software=_texts(software.get("software")),
            methods=_texts(software.get("methods")),
            environments=_texts(software.get("environments")),
            notebooks=_text(software.get("notebooks")),
            notebook_memory=_number(software.get("notebook_memory")),
            archives=_texts(further.get("archives")),
            training=_texts(further.get("training")),
            publication=_texts(further.get("publication")),
            deadline=_date(further.get("deadline")),
            deadline_for=_text(further.get("deadline_for")),
        )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _text(value: Any) -> str:
    return " ".join(value.split()) if isinstance(value, str) else ""


def _texts(value: Any) -> tuple[str, ...]:
    items = [_text(item) for item in value] if isinstance(value, list) else []
    return tuple(dict.fromkeys(item for item in items if item))[:MAX_ITEMS]


def _number(value: Any) -> float:
    """A number that is not negative; what is none is 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0
    try:
        number = float(value)
    except OverflowError:
        return 0
    return max(number, 0) if math.isfinite(number) else 0


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _rows(value: Any) -> list[Mapping[str, Any]]:
    return [row for row in value if isinstance(row, Mapping)][:MAX_ROWS] if isinstance(value, list) else []


def _dataset(number: int, row: Mapping[str, Any]) -> Dataset:
    return Dataset(
        number, _text(row.get("name")), _text(row.get("place")), _number(row.get("size")), _number(row.get("growth")),
        _text(row.get("protocol")), _date(row.get("embargo")),
    )  # fmt: skip
