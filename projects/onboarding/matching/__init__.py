"""Needs matched against what exists here, at once and from the portal's own rows; a part that fails costs only itself."""

import logging
from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from projects.onboarding.matching import computing, further, people, software, storage
from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.index import IndexLookup
from projects.onboarding.matching.needs import Certainty, Group, Match, Need, NeedState, Suggestion
from vre_portal.search.audiences import Reader

__all__ = ["Answers", "Certainty", "Group", "Match", "Need", "NeedState", "Suggestion", "matched"]
logger = logging.getLogger(__name__)
Part = Callable[[Answers, IndexLookup], Iterable[Need]]
# Each with the step that it belongs to, in the order of the pages.
_parts: dict[str, tuple[str, Part]] = {
    "experiments": ("people", people.experiments),
    "people": ("people", people.invitations),
    "data": ("data", storage.places),
    "embargoes": ("data", storage.embargoes),
    "scope": ("data", storage.scopes),
    "batch": ("compute", computing.batch_needs),
    "gpus": ("compute", computing.gpu_needs),
    "notebooks": ("software", computing.notebook_needs),
    "software": ("software", software.entries),
    "environments": ("software", software.environments),
    "similar": ("software", software.similar),
    "archives": ("further", further.archives),
    "training": ("further", further.trainings),
    "publication": ("further", further.publications),
    "deadline": ("further", further.deadlines),
}


def matched(answers: Answers, reader: Reader, step: str = "") -> list[Need]:
    """All needs with their matches, in the order of the steps; of one step where it is named."""
    index = IndexLookup(reader, answers.named(step))
    found: list[Need] = []
    for name, (of_step, part) in _parts.items():
        if step and of_step != step:
            continue
        try:
            with transaction.atomic():  # an error of the database in one part does not end the page
                found += list(part(answers, index))
        except Exception:
            logger.exception("the part %s of the needs could not be matched", name)
            text = _("What exists here could not be looked up. Your answers are saved. Try again in a minute.")
            found.append(Need(f"{name}-failed", of_step, _("Lookup failed"), (), (text,), given=NeedState.FAILED))
    return found
