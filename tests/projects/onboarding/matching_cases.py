"""What the tests of matching share: the needs of answers, and entries of the software catalogue."""

from collections.abc import Sequence
from typing import Any

from catalog.software.models import Entry
from projects.onboarding import matching
from projects.onboarding.matching import Answers, Need
from vre_portal.iam.models import User


def needs_of(user: User, step: str = "", **steps: Any) -> dict[str, Need]:
    return {need.key: need for need in matching.matched(Answers.of(steps), user, step)}


def add_entry(title: str, description: str = "", keywords: Sequence[str] = (), number: int = 1) -> None:
    Entry.objects.create(
        service="ossr", concept=str(number), record=str(number), title=title, description=description, keywords=list(keywords),
        concept_doi=f"10.5281/zenodo.{number}", published="2024-01-01",
    ).index()  # fmt: skip
