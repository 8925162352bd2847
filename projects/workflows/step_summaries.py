"""The steps of a workflow in the few lines that a card has for them."""

from dataclasses import dataclass

from projects.workflows.models import Document
from projects.workflows.readings import reading_of
from projects.workflows.reana_yaml import ENGINE_TITLES
from projects.workflows.steps import ShownStep, graph

MOST = 4


@dataclass(frozen=True)
class StepSummary:
    """The engine in a word, the first steps, and how many there are; equal ones count once. `why_not` says why none are known."""

    engine: str
    first: list[ShownStep]
    count: int
    why_not: str = ""

    @property
    def more(self) -> int:
        return self.count - len(self.first)


def step_summary(document: Document) -> StepSummary:
    """What a card shows of the steps; no question to the database where the current version is loaded."""
    reading = reading_of(document)
    steps, engine = graph(document, reading), reading.engine or document.reana_yaml.engine
    return StepSummary(ENGINE_TITLES.get(engine, engine), steps[:MOST], len(steps), reading.why_not)
