"""Archives, training, publication and the deadline."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.models import Project, Resource
from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.index import IndexLookup, naming
from projects.onboarding.matching.needs import Match, Need, Suggestion
from vre_portal.folding import fold
from vre_portal.search import audiences
from vre_portal.search.find import SearchHit
from vre_portal.services import ServiceKind, services

MAX_MATCHES, MAX_RESOURCES = 3, 200
OWN_PAGE, DECISIONS = "onboarding", "decisions/"  # examples that name every topic, and pages for developers


def needs(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """One need for each archive, topic and kind of publication."""
    texts = (*answers.archives, *answers.training)
    hits = index.any_of(["software", "documentation"], texts) if texts else []
    known = vo_resources(index) if answers.archives else []
    for name in answers.archives:
        yield archive(name, known, [hit for hit in hits if hit.type == "software"])
    for topic in answers.training:
        yield training(topic, [hit for hit in hits if hit.type == "documentation" and is_for_users(hit.key)])
    for output in answers.publication:
        if found := publication(output):
            yield found
    if answers.deadline:
        yield deadline(answers)


def vo_resources(index: IndexLookup) -> list[Match]:
    """VO resources and archives that projects list, and the services of the Virtual Observatory that are configured."""
    found = [
        Match(item.title, _("A service of the Virtual Observatory that is connected to this portal."), item.url)
        for item in services(ServiceKind.TAP)
    ]
    rows = Resource.objects.filter(kind=Resource.Kind.IVO, project__in=Project.objects.visible_to(index.reader)).select_related("project")
    for row in rows[:MAX_RESOURCES]:
        why = _("Listed by the project %(project)s.") % {"project": row.project.title}
        audience = audiences.rule(audiences.condition("project", row.project_id))
        title = f"{row.title} ({row.identifier})" if row.title else row.identifier
        found.append(Match(title, why, reverse("projects:references", args=[row.project.slug]), audience=audience))
    return found


def archive(name: str, known: Sequence[Match], hits: Sequence[SearchHit]) -> Need:
    """Services that have the name; software that reads archives is named beside them."""
    words = fold(name).split()
    matches = [item for item in known if all(word in fold(item.title) for word in words)][:MAX_MATCHES]
    readers = [
        Match(hit.title, _("Software whose entry says “%(name)s”.") % {"name": name}, hit.url, audience=audiences.PUBLIC)
        for hit in naming(hits, name)[: MAX_MATCHES - len(matches)]
    ]
    title = _("Archive %(name)s") % {"name": name}
    notes = [] if matches else [_("No archive called “%(name)s” is connected to this portal.") % {"name": name}]
    if not matches and readers:
        notes.append(_("You can read it from a notebook with the software below."))
    key = f"archive-{fold(name)}"[:200]
    suggestion = Suggestion(key, ("archive", "service-access"), title, {"name": name, "reason": title})
    return Need(key, "further", title, (*matches, *readers), tuple(notes), suggestion, is_met=bool(matches))


def is_for_users(page: str) -> bool:
    """Whether a page of the documentation teaches people who use the portal."""
    return page != OWN_PAGE and not page.startswith(DECISIONS)


def training(topic: str, hits: Sequence[SearchHit]) -> Need:
    """Pages of the documentation that say the topic."""
    why = _("A page of the documentation that says “%(topic)s”.") % {"topic": topic}
    matches = tuple(Match(hit.title, why, hit.url, audience=audiences.PUBLIC) for hit in naming(hits, topic)[:MAX_MATCHES])
    title = _("Training: %(topic)s") % {"topic": topic}
    notes = () if matches else (_("The documentation has no page about “%(topic)s”.") % {"topic": topic},)
    key = f"training-{fold(topic)}"[:200]
    return Need(key, "further", title, matches, notes, Suggestion(key, ("training",), title, {"topic": topic, "reason": title}))


def publication(output: str) -> Need | None:
    """What this portal offers for each kind of publication; None for one that nobody knows."""
    page = "documentation:page"
    if output == "software":
        title, why = (
            _("Publish software"),
            _("The catalogue lists software of the community’s Zenodo collection, with versions and citation."),
        )
        asking = reverse("requests:new", args=["software-publication"])
        match = Match(
            _("Software catalogue"),
            why,
            reverse("software:index"),
            _("Ask for your software to be listed, when it has a repository"),
            asking,
        )
        return Need("publish-software", "further", title, (match,))
    if output == "data":
        title, why = (
            _("Publish data"),
            _("Results can be kept in the Data Lake, with their origin. Public scopes can be read without an account."),
        )
        return Need("publish-data", "further", title, (Match(_("Results of a run"), why, reverse(page, args=["results"])),))
    if output == "paper":
        title, why = (
            _("Publish a paper"),
            _("The project page lists the paper and says how to cite the project, its data and its software."),
        )
        return Need("publish-paper", "further", title, (Match(_("References of a project"), why, reverse(page, args=["projects"])),))
    if output == "project":
        title, why = _("Publish the project’s page"), _("A draft becomes public when you choose it; a check list says what is missing.")
        return Need("publish-project", "further", title, (Match(_("Publish a project"), why, reverse(page, args=["projects"])),))
    return None


def deadline(answers: Answers) -> Need:
    """The deadline as an item of the plan."""
    facts = {"date": f"{answers.deadline:%-d %b %Y}", "purpose": answers.deadline_for}
    title = _("Deadline %(date)s: %(purpose)s") % facts if answers.deadline_for else _("Deadline %(date)s") % facts
    return Need("deadline", "further", title, is_met=True)
