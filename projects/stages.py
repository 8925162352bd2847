"""The chain from simulation to publication: which stage a project is at. The names are the operator's, those of the usual chain are translated."""

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

LABELS: dict[str, Promise] = {
    "simulation": _("Simulation"),
    "data": _("Data"),
    "reconstruction": _("Reconstruction"),
    "analysis": _("Analysis"),
    "interpretation": _("Interpretation"),
    "publication": _("Publication"),
}


def label(stage: str) -> str:
    """What pages call a stage."""
    return str(LABELS[stage]) if stage in LABELS else stage


def choices() -> list[tuple[str, str]]:
    """The stages in their order, for a form."""
    return [(stage, label(stage)) for stage in settings.PROJECT_STAGES]


def position(stage: str) -> int:
    """The place of a stage in the chain, from 1; 0 where the chain does not have it."""
    return settings.PROJECT_STAGES.index(stage) + 1 if stage in settings.PROJECT_STAGES else 0
