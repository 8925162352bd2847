"""People: other projects of the same experiments, and inviting those who take part."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.index import IndexLookup, naming, rules_of
from projects.onboarding.matching.needs import Match, Need

MAX_MATCHES = 3


def needs(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """Projects to talk to for each experiment, then the people to invite."""
    hits = index.any_of(["project"], answers.experiments) if answers.experiments else []
    rules = rules_of(hits) if hits else {}
    for name in answers.experiments:
        why = _("A project of %(experiment)s. Its leads can tell you how they work here.") % {"experiment": name}
        # In its facets, not anywhere in its text: a project that only mentions an experiment is not one of it.
        own = [hit for hit in hits if name.casefold() in (value.casefold() for value in hit.values("experiment"))] or naming(hits, name)
        matches = tuple(Match(hit.title, why, hit.url, audience=rules.get((hit.kind, hit.key), "")) for hit in own[:MAX_MATCHES])
        notes = () if matches else (_("No project of %(experiment)s that you can see.") % {"experiment": name},)
        yield Need(
            f"experiment-{name.casefold()}"[:200],
            "people",
            _("Projects of %(experiment)s") % {"experiment": name},
            matches,
            notes,
            is_met=True,
        )
    if answers.people:
        count = len(answers.people)
        title = ngettext("Invite %(n)s person", "Invite %(n)s people", count) % {"n": count}
        why = _("You invite people on the People page of the project, by name or with a link.")
        yield Need("people", "people", title, (Match(_("People of a project"), why, reverse("documentation:page", args=["people"])),))
