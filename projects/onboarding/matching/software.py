"""Software entries, environments, and projects and workflows that did something similar."""

from collections.abc import Iterator, Sequence

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.models import Project, Resource
from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.index import IndexLookup, naming, rules_of
from projects.onboarding.matching.needs import Match, Need, Suggestion
from projects.workflows.models import Specification
from vre_portal.folding import fold
from vre_portal.search import audiences
from vre_portal.search.find import SearchHit

MAX_MATCHES, MAX_IMAGES = 3, 200


def needs(answers: Answers, index: IndexLookup) -> Iterator[Need]:
    """Each software and environment by its name, then what is similar."""
    hits = index.any_of(["software"], answers.software)
    for name in answers.software:
        yield entry(name, naming(hits, name))
    if answers.environments:
        images = known_images(index)
        for name in answers.environments:
            yield environment(name, images)
    words = similar_words(answers)
    if words:
        yield solved(words, index)


def entry(name: str, hits: Sequence[SearchHit]) -> Need:
    """Entries of the software catalogue that have the name."""
    matches = []
    for hit in hits[:MAX_MATCHES]:
        facts = {"name": name, "about": hit.subtitle}
        if fold(name) in fold(hit.title):
            why = _("The title says “%(name)s”. %(about)s") % facts
        else:
            why = _("Its description or keywords say “%(name)s”. %(about)s") % facts
        is_named = fold(name) in fold(hit.title)
        matches.append(Match(hit.title, why.strip(), hit.url, is_by_name=is_named, audience=audiences.PUBLIC))
    title = _("Software %(name)s") % {"name": name}
    notes = () if matches else (_("No entry of the software catalogue says “%(name)s”.") % {"name": name},)
    suggestion = Suggestion(
        f"software-{fold(name)}"[:200], ("environment",), title, {"name": name[:100], "packages": name, "reason": title}
    )
    return Need(f"software-{fold(name)}"[:200], "software", title, tuple(matches), notes, suggestion)


def known_images(index: IndexLookup) -> list[Match]:
    """Container images that projects name and workflow steps run in, of projects that the reader sees; each once."""
    visible = Project.objects.visible_to(index.reader)
    found: dict[str, Match] = {}
    for resource in Resource.objects.filter(kind=Resource.Kind.ENVIRONMENT, project__in=visible).select_related("project")[:MAX_IMAGES]:
        why = _("Listed by the project %(project)s.") % {"project": resource.project.title}
        found.setdefault(resource.identifier, image(resource.identifier, why, resource.project, "projects:references"))
    rows = Specification.objects.filter(project__in=visible).select_related("project").defer("code", "data")[:MAX_IMAGES]
    for specification in rows:
        facts = {"workflow": specification.title, "project": specification.project.title}
        why = _("The workflow “%(workflow)s” of %(project)s runs in it.") % facts
        for step in specification.step_specifications:
            if name := str(step.get("environment") or ""):
                found.setdefault(name, image(name, why, specification.project, "workflows:index"))
    return list(found.values())


def image(name: str, why: str, project: Project, page: str) -> Match:
    return Match(name, why, reverse(page, args=[project.slug]), audience=audiences.rule(audiences.condition("project", project.pk)))


def environment(name: str, images: Sequence[Match]) -> Need:
    """Images that have all words of the name."""
    wanted = fold(name).split()
    matches = [item for item in images if all(word in fold(item.title) for word in wanted)][:MAX_MATCHES]
    title = _("Environment %(name)s") % {"name": name}
    notes = () if matches else (_("No project that you can see uses an image called “%(name)s”.") % {"name": name},)
    key = f"environment-{fold(name)}"[:200]
    suggestion = Suggestion(key, ("environment",), title, {"name": name[:100], "packages": name, "image": name, "reason": title})
    return Need(key, "software", title, tuple(matches), notes, suggestion)


def similar_words(answers: Answers) -> list[str]:
    """What projects and workflows are looked for by."""
    return list(dict.fromkeys([*answers.methods, *answers.experiments, *answers.software]))


def solved(words: Sequence[str], index: IndexLookup) -> Need:
    """Projects and workflows that say these words: the most of them first."""
    hits = index.any_of(["project", "workflow"], words)
    said = {id(hit): [word for word in words if naming([hit], word)] for hit in hits}
    ordered = sorted((hit for hit in hits if said[id(hit)]), key=lambda hit: -len(said[id(hit)]))[:MAX_MATCHES]
    rules = rules_of(ordered) if ordered else {}
    matches = []
    for hit in ordered:
        facts = {"words": ", ".join(said[id(hit)]), "project": hit.subtitle}
        if hit.type == "workflow":
            why = _("A workflow of %(project)s; it says: %(words)s.") % facts
            next_text, next_url = _("Look at the workflow"), hit.url
        else:
            why = _("A project that says: %(words)s.") % facts
            next_text, next_url = _("Begin as a copy of it"), copy_address(hit)
        audience = rules.get((hit.kind, hit.key), "")
        matches.append(Match(hit.title, why, hit.url, next_text, next_url, audience=audience))
    notes = () if matches else (_("No project or workflow that you can see says: %(words)s.") % {"words": ", ".join(words)},)
    return Need("similar", "software", _("Projects and workflows like this"), tuple(matches), notes, is_met=True)


def copy_address(hit: SearchHit) -> str:
    slug = next(iter(hit.values("project")), "")
    return f"{reverse('start:new')}?copy={slug}" if slug else hit.url
