"""People: other projects of the same experiments, and inviting those who take part."""

from collections.abc import Iterator

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.onboarding.matching import names
from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.index import IndexLookup, Said, being_indexed, saying
from projects.onboarding.matching.needs import Certainty, Match, Need, NeedState
from vre_portal.search.find import SearchHit

MAX_MATCHES = 3


def experiments(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """Projects to talk to for each experiment."""
    hits = index.any_of(["project"], answers.experiments)
    for name in answers.experiments:
        # In its facets, not anywhere in its text: a project that only mentions an experiment is not one of it.
        own = [hit for hit in hits if any(names.is_called(value, name) for value in hit.values("experiment"))]
        matches = [_match(hit, _("A project of %(experiment)s.") % {"experiment": name}) for hit in own[:MAX_MATCHES]]
        if not own:
            why = _("Perhaps: its title says “%(name)s”.") % {"name": name}
            named = saying(hits, name, Said.TITLE)[:MAX_MATCHES]
            matches = [_match(hit, why, Certainty.MENTION) for hit, _place in named]
        notes: tuple[str, ...] = ()
        if not own:
            absent = _("No project of %(experiment)s that you can see.") % {"experiment": name}
            notes = (being_indexed() if index.is_awaited("project") else absent,)
        title = _("Projects of %(experiment)s") % {"experiment": name}
        state = None if own else NeedState.INFORMATION
        yield Need(f"experiment-{name.casefold()}"[:200], "people", title, tuple(matches), notes, given=state)


def _match(hit: SearchHit, why: str, certainty: Certainty = Certainty.CONFIRMED) -> Match:
    asking = _("Ask the leads of %(project)s how they work here") % {"project": hit.title}
    return Match(hit.title, why, hit.url, asking, hit.url, certainty, document=(hit.kind, hit.key))


def invitations(answers: Answers, _index: IndexLookup) -> Iterator[Need]:
    """The people to invite."""
    if not answers.people:
        return
    count = len(answers.people)
    title = ngettext("Invite %(n)s person", "Invite %(n)s people", count) % {"n": count}
    why = _("You invite people on the People page of the project, by name or with a link.")
    page = reverse("documentation:page", args=["people"])
    yield Need("people", "people", title, (Match(_("People of a project"), why, page, _("Read about roles and invitations"), page),))
