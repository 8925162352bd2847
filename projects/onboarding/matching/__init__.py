"""Needs matched against what exists here, at once and from the portal's own rows; a part that fails costs only itself."""

import logging
from collections.abc import Callable, Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from projects.onboarding.matching import computing, further, people, software, storage
from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.index import IndexLookup
from projects.onboarding.matching.needs import Match, Need, Suggestion
from vre_portal.search.audiences import Reader

__all__ = ["Answers", "Match", "Need", "Suggestion", "matched"]
logger = logging.getLogger(__name__)
_parts: dict[str, Callable[[Answers, IndexLookup], Iterable[Need]]] = {
    "people": people.needs,
    "data": storage.needs,
    "compute": lambda answers, _index: computing.needs(answers),
    "software": software.needs,
    "further": further.needs,
}


def matched(answers: Answers, reader: Reader, step: str = "") -> list[Need]:
    """All needs with their matches, in the order of the steps; of one step where it is named."""
    index, found = IndexLookup(reader), []
    for name, part in _parts.items():
        if step and name != step and not (name == "compute" and step == "software"):
            continue
        try:
            with transaction.atomic():  # an error of the database in one part does not end the page
                found += list(part(answers, index))
        except Exception:
            logger.exception("the needs of the step %s could not be matched", name)
            text = _("What exists here could not be looked up. Your answers are saved. Try again in a minute.")
            found.append(Need(f"{name}-failed", name, _("Lookup failed"), (), (text,), is_failed=True, is_met=True))
    order = list(_parts)
    return [need for need in sorted(found, key=lambda need: order.index(need.step)) if not step or need.step == step]
