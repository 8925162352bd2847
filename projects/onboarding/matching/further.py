"""Archives, training, publication and the deadline."""

from collections.abc import Iterator, Sequence
from contextlib import suppress

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.models import Resource
from projects.onboarding.matching import names
from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.index import IndexLookup, Said, being_indexed, saying
from projects.onboarding.matching.needs import Certainty, Group, Match, Need, NeedState, Suggestion
from projects.onboarding.matching.software import being_read
from vre_portal.documentation import library
from vre_portal.documentation.library import DocumentationPage
from vre_portal.documentation.markdown import Heading
from vre_portal.folding import fold
from vre_portal.search import audiences
from vre_portal.search.find import SearchHit
from vre_portal.services import ServiceKind, services

MAX_MATCHES = 3
# Examples that name every topic, a line for each term, and pages for those who run and change the portal.
NOT_TEACHING, DECISIONS = frozenset({"onboarding", "glossary", "architecture", "local-stack", "operations", "security"}), "decisions/"


def archives(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """Each archive, with software that reads it."""
    hits = index.any_of(["software"], answers.archives)
    known = vo_resources(index) if answers.archives else []
    for name in answers.archives:
        yield archive(name, known, hits, index)


def trainings(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """Each topic that the team wants to learn."""
    hits = index.any_of(["documentation"], answers.training)
    pages = []
    for hit in hits:
        with suppress(library.NoSuchPage):
            pages += [library.page(hit.key)] if is_for_users(hit.key) else []
    for topic in answers.training:
        yield training(topic, pages, index)


def vo_resources(index: IndexLookup) -> list[Match]:
    """VO resources and archives that projects list, and the services of the Virtual Observatory that are configured."""
    found = [
        Match(
            item.title, _("A service of the Virtual Observatory that is connected to this portal."), item.url,
            _("Open %(title)s") % {"title": item.title}, item.url,
        )
        for item in services(ServiceKind.TAP)
    ]  # fmt: skip
    for row in index.resources(Resource.Kind.IVO):
        why = _("Listed by the project %(project)s.") % {"project": row.project.title}
        audience = audiences.rule(audiences.condition("project", row.project_id))
        title = f"{row.title} ({row.identifier})" if row.title else row.identifier
        url, asking = reverse("projects:references", args=[row.project.slug]), _("See how %(project)s refers to it")
        found.append(Match(title, why, url, asking % {"project": row.project.title}, url, audience=audience))
    return found


def archive(name: str, known: Sequence[Match], hits: Sequence[SearchHit], index: IndexLookup) -> Need:
    """Services and resources that have the name; software whose title or keywords say it is named beside them."""
    matches = [item for item in known if any(set(names.stems(text)) <= set(names.stems(item.title)) for text in names.alternatives(name))]
    matches = matches[:MAX_MATCHES]
    why = _("Software whose title or keywords say “%(name)s”.") % {"name": name}
    readers = [
        Match(
            hit.title, why, hit.url, _("Read the entry of %(title)s") % {"title": hit.title}, hit.url, Certainty.HELP,
            audience=audiences.PUBLIC,
        )
        for hit, _place in saying(hits, name, Said.KEYWORD)[: MAX_MATCHES - len(matches)]
    ]  # fmt: skip
    title = _("Archive %(name)s") % {"name": name}
    notes = [] if matches else [_("No archive called “%(name)s” is connected to this portal.") % {"name": name}]
    if not matches and readers:
        notes.append(_("Perhaps you can read it from a notebook with the software above."))
    key = f"archive-{fold(name)}"[:200]
    suggestion = Suggestion(key, ("archive", "service-access"), title, {"name": name, "reason": title}, Group.ARCHIVES)
    given = NeedState.WITH_SOFTWARE if readers and not matches else None
    if not matches and not readers and index.is_awaited("software"):
        given = NeedState.AWAITED
        notes.append(being_read())
    return Need(key, "further", title, (*matches, *readers), tuple(notes), suggestion, given=given)


def is_for_users(page: str) -> bool:
    """Whether a page of the documentation teaches people who use the portal."""
    return page not in NOT_TEACHING and not page.startswith(DECISIONS)


def training(topic: str, pages: Sequence[DocumentationPage], index: IndexLookup) -> Need:
    """Pages of the documentation that have the topic as title, in the title, or as a heading: in this order."""
    found = sorted((rank, number) for number, page in enumerate(pages) if (rank := _rank(page, topic)) is not None)
    matches = tuple(_lesson(pages[number], topic) for _rank_of, number in found[:MAX_MATCHES])
    title = _("Training: %(topic)s") % {"topic": topic}
    is_awaited = not matches and index.is_awaited("documentation")
    absent = being_indexed() if is_awaited else _("The documentation has no page about “%(topic)s”.") % {"topic": topic}
    notes = () if matches else (absent,)
    key = f"training-{fold(topic)}"[:200]
    suggestion = Suggestion(key, ("training",), title, {"name": topic, "topic": topic, "reason": title}, Group.TRAINING)
    return Need(key, "further", title, matches, notes, suggestion, given=NeedState.AWAITED if is_awaited else None)


def _rank(page: DocumentationPage, topic: str) -> int | None:
    """How much a page is about a topic, 0 the most; None where it only mentions it."""
    if names.is_called(page.title, topic):
        return 0
    if names.says(page.title, topic):
        return 1
    return 2 if _heading(page, topic) else None


def _heading(page: DocumentationPage, topic: str) -> Heading | None:
    return next((heading for heading in page.headings if names.says(heading.title, topic)), None)


def _lesson(page: DocumentationPage, topic: str) -> Match:
    heading = None if names.says(page.title, topic) else _heading(page, topic)
    if heading is None:
        why, url = _("A page of the documentation about “%(topic)s”.") % {"topic": topic}, page.address
        reading = _("Read “%(title)s”") % {"title": page.title}
    else:
        why = _("The documentation has “%(heading)s” on this page.") % {"heading": heading.title}
        url, reading = f"{page.address}#{heading.mark}", _("Read “%(title)s”") % {"title": heading.title}
    return Match(page.title, why, url, reading, url, audience=audiences.PUBLIC)


def publications(answers: Answers, _index: IndexLookup) -> Iterator[Need]:
    """What this portal offers for each kind of publication."""
    for output in answers.publication:
        if found := publication(output):
            yield found


def publication(output: str) -> Need | None:
    """What this portal offers for a kind of publication; None for one that nobody knows."""
    page = "documentation:page"
    offers = {
        "software": (
            _("Publish software"),
            _("Software catalogue"),
            _("The catalogue lists software of the community’s Zenodo collection, with versions and citation."),
            reverse("software:index"),
            _("Ask for your software to be listed, when it has a repository"),
            reverse("requests:new", args=["software-publication"]),
        ),
        "data": (
            _("Publish data"),
            _("Results of a run"),
            _("Results can be kept in the Data Lake, with their origin. Public scopes can be read without an account."),
            reverse(page, args=["results"]),
            _("Read how results are kept"),
            reverse(page, args=["results"]),
        ),
        "paper": (
            _("Publish a paper"),
            _("References of a project"),
            _("The project page lists the paper and says how to cite the project, its data and its software."),
            reverse(page, args=["people"]),
            _("Read how references and citation work"),
            f"{reverse(page, args=['people'])}#references",
        ),
        "project": (
            _("Publish the project’s page"),
            _("Publish a project"),
            _("A draft becomes public when you choose it; a check list says what is missing."),
            reverse(page, args=["projects"]),
            _("Read how a project is published"),
            f"{reverse(page, args=['projects'])}#publish",
        ),
    }
    if output not in offers:
        return None
    title, name, why, url, next_text, next_url = offers[output]
    return Need(f"publish-{output}", "further", title, (Match(name, why, url, next_text, next_url),))


def deadlines(answers: Answers, _index: IndexLookup) -> Iterator[Need]:
    """The deadline as an item of the plan."""
    if answers.deadline is None:
        return
    facts = {"date": f"{answers.deadline:%-d %b %Y}", "purpose": answers.deadline_for}
    title = _("Deadline %(date)s: %(purpose)s") % facts if answers.deadline_for else _("Deadline %(date)s") % facts
    yield Need("deadline", "further", title, given=NeedState.INFORMATION)
