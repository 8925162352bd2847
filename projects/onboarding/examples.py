"""Three projects with their answers, to begin with; docs/onboarding.md shows what the demonstration answers them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

# As the steps store them: somebody's words, in the language in which the projects were written.
_ANSWERS: dict[str, dict[str, dict[str, Any]]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class Example:
    """A project that somebody could plan."""

    title: Any
    about: Any
    answers: Mapping[str, Mapping[str, Any]]


EXAMPLES = {
    "lofar": Example(
        _("LOFAR imaging with VO data"),
        _("Large data, radio software and archives of the Virtual Observatory."),
        _ANSWERS["lofar"],
    ),
    "combination": Example(
        _("CTA and KM3NeT combined"),
        _("Two experiments, data under embargo, and a workflow that exists."),
        _ANSWERS["combination"],
    ),
    "learning": Example(
        _("CTA deep learning with GPUs"),
        _("Simulations that grow, GPUs for training, and software to publish."),
        _ANSWERS["learning"],
    ),
}
