"""Software entries, environments, and projects and workflows that did something similar."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.onboarding.matching import names
from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.images import known_images, named_images
from projects.onboarding.matching.index import IndexLookup, Said, being_indexed, saying, where_said
from projects.onboarding.matching.needs import Certainty, Group, Match, Need, NeedState, Suggestion
from vre_portal.folding import fold
from vre_portal.search import audiences
from vre_portal.search.find import SearchHit

MAX_MATCHES = 3


def entries(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """Each software by its name."""
    if not answers.software:
        return
    hits, images = index.any_of(["software"], answers.software), known_images(index)
    for name in answers.software:
        said = saying(hits, name)
        is_awaited = not any(place is Said.NAME for _hit, place in said) and index.is_awaited("software")
        yield entry(name, said, named_images(name, images), is_awaited=is_awaited)


def entry(name: str, hits: Sequence[tuple[SearchHit, Said]], images: Sequence[Match], *, is_awaited: bool = False) -> Need:
    """What is called so in the software catalogue, and environments that name it; where there is none, what only says the name."""
    named = [hit for hit, place in hits if place is Said.NAME][:MAX_MATCHES]
    if named:
        why = _("Listed in the software catalogue. %(about)s")
        version = _(" You need “%(name)s”: check the version.") % {"name": name} if names.names_version(name) else ""
        found = [_match(hit, why % {"about": hit.subtitle} + version, Certainty.CONFIRMED) for hit in named]
    else:
        found = [_match(hit, mention(name, hit, place), Certainty.MENTION) for hit, place in hits[:MAX_MATCHES]]
    matches = (*found, *images[:MAX_MATCHES])
    notes = []
    if is_awaited:
        notes.append(being_read())
    elif not named:
        notes.append(_("No entry of the software catalogue is called “%(name)s”.") % {"name": name})
    if not images:
        notes.append(_("No environment with it is known here."))
    has_environment = any(image.certainty is Certainty.CONFIRMED for image in images)
    given = NeedState.LISTED if named and not has_environment else None
    given = NeedState.AWAITED if is_awaited and not images else given
    asking = _("Environment with %(name)s") % {"name": name}
    key = f"software-{fold(name)}"[:200]
    details = {"name": name[:100], "packages": name, "reason": asking}
    suggestion = Suggestion(key, ("environment",), asking, details, Group.SOFTWARE)
    return Need(key, "software", _("Software %(name)s") % {"name": name}, matches, tuple(notes), suggestion, given=given)


def being_read() -> str:
    """Said where the catalogue was never read to its end: what is not found may still come."""
    return _("The software catalogue is being read for the first time. Open this page again in a few minutes.")


def mention(name: str, hit: SearchHit, place: Said) -> str:
    """Why something that is not called so may be what is meant."""
    facts = {"name": name, "about": hit.subtitle}
    if place is Said.TITLE:
        return (_("Perhaps: its title says “%(name)s”. %(about)s") % facts).strip()
    if place is Said.KEYWORD:
        return (_("Perhaps: its keywords say “%(name)s”. %(about)s") % facts).strip()
    return (_("Perhaps: it mentions “%(name)s”. %(about)s") % facts).strip()


def _match(hit: SearchHit, why: str, certainty: Certainty) -> Match:
    reading = _("Read the entry of %(title)s") % {"title": hit.title}
    is_reference = certainty is Certainty.CONFIRMED
    return Match(hit.title, why.strip(), hit.url, reading, hit.url, certainty, is_reference=is_reference, audience=audiences.PUBLIC)


def environments(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """Each environment by its name."""
    images = known_images(index) if answers.environments else []
    for name in answers.environments:
        matches = named_images(name, images)[:MAX_MATCHES]
        title = _("Environment %(name)s") % {"name": name}
        notes = () if matches else (_("No project that you can see uses an image called “%(name)s”.") % {"name": name},)
        key = f"environment-{fold(name)}"[:200]
        details = {"name": name[:100], "packages": name, "image": name, "reason": title}
        suggestion = Suggestion(key, ("environment",), title, details, Group.ENVIRONMENTS)
        yield Need(key, "software", title, tuple(matches), notes, suggestion)


def similar(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """Projects and workflows that say the words of the answers: the most of them first."""
    words = list(dict.fromkeys([*answers.methods, *answers.experiments, *answers.software]))
    if not words:
        return
    hits = index.any_of(["project", "workflow"], words)
    said = {id(hit): [word for word in words if where_said(hit, word) is not None] for hit in hits}
    ordered = sorted((hit for hit in hits if said[id(hit)]), key=lambda hit: -len(said[id(hit)]))[:MAX_MATCHES]
    matches = []
    for hit in ordered:
        facts = {"words": ", ".join(said[id(hit)]), "project": hit.subtitle, "title": hit.title}
        if hit.type == "workflow":
            why = _("A workflow of %(project)s; it says: %(words)s.") % facts
            next_text, next_url = _("Try the workflow “%(title)s”") % facts, hit.url
        else:
            why = _("A project that says: %(words)s.") % facts
            next_text, next_url = _("Begin as a copy of it"), copy_address(hit)
        matches.append(Match(hit.title, why, hit.url, next_text, next_url, Certainty.HELP, document=(hit.kind, hit.key)))
    notes: tuple[str, ...] = ()
    if not matches:
        absent = _("No project or workflow that you can see says: %(words)s.") % {"words": ", ".join(words)}
        notes = (being_indexed() if index.is_awaited("project", "workflow") else absent,)
    title = _("Projects and workflows like this")
    yield Need("similar", "software", title, tuple(matches), notes, given=NeedState.INFORMATION)


def copy_address(hit: SearchHit) -> str:
    slug = next(iter(hit.values("project")), "")
    return f"{reverse('start:new')}?copy={slug}" if slug else hit.url
