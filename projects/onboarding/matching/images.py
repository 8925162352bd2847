"""Container images that the catalogue offers, that projects list and that workflow steps run in, found by whole words of their names."""

import re
from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from catalog.environments.lookup import offered
from projects.models import Project, Resource
from projects.onboarding.matching import names
from projects.onboarding.matching.index import IndexLookup
from projects.onboarding.matching.needs import Certainty, Match
from projects.workflows.models import Specification
from projects.workflows.readings import reading_of
from vre_portal.search import audiences

MAX_IMAGES = 200
# Words that many images have: alone they name none.
GENERIC = frozenset(names.stems("gpu gpus cpu cuda mpi notebook notebooks latest image docker container base python"))
_IMPLIED = re.compile(r"^(?:[a-z-]+://)?(?:(?:index\.|registry-1\.)?docker\.io/)?(?:library/)?", re.IGNORECASE)


def known_images(index: IndexLookup) -> list[Match]:
    """Container images of the catalogue, and those that projects name and workflow steps run in, of projects that the reader sees; each once."""
    if index.images is None:
        index.images = _known_images(index)
    return index.images


def _known_images(index: IndexLookup) -> list[Match]:
    visible = Project.objects.visible_to(index.reader)
    found: dict[str, Match] = {}
    for environment in offered():
        why, url = _("The environment “%(name)s” of the catalogue.") % {"name": environment.name}, environment.get_absolute_url()
        image = environment.current.image if environment.current else ""
        found[image] = Match(image, why, url, _("See what is in it"), url, audience=audiences.PUBLIC)
    for resource in index.resources(Resource.Kind.ENVIRONMENT):
        why = _("Listed by the project %(project)s.") % {"project": resource.project.title}
        found.setdefault(resource.identifier, _image(resource.identifier, why, resource.project, "projects:references"))
    rows = (
        Specification.objects.filter(project__in=visible)
        .select_related("project", "current")
        .defer("code", "data", "current__text")[:MAX_IMAGES]
    )
    for specification in rows:
        facts = {"workflow": specification.title, "project": specification.project.title}
        why = _("The workflow “%(workflow)s” of %(project)s runs in it.") % facts
        for step in reading_of(specification).nodes:
            if name := step.environment:
                found.setdefault(name, _image(name, why, specification.project, "workflows:index"))
    return list(found.values())


def _image(name: str, why: str, project: Project, page: str) -> Match:
    url, audience = reverse(page, args=[project.slug]), audiences.rule(audiences.condition("project", project.pk))
    return Match(name, why, url, _("See how %(project)s uses it") % {"project": project.title}, url, audience=audience)


def named_images(name: str, images: Sequence[Match]) -> list[Match]:
    """Images that have all words of the name, those in brackets too; where only another version is found, that is to be clarified."""
    wanted = names.otherwise(reference(name))
    for text in wanted:
        if found := _having(text, images):
            return found
    for text in wanted:
        bare = names.narrowed(text)
        found = _having(bare, images)
        if found and names.stems(bare) == names.stems(names.without_extras(text)):
            return found
        if found:
            asked = _("You need “%(name)s”: check the version.") % {"name": name}
            return [replace(image, why=f"{image.why} {asked}", certainty=Certainty.UNSTATED) for image in found]
    return []


def _having(text: str, images: Sequence[Match]) -> list[Match]:
    """Images that have all words of a text, and those that begin with a figure one after the other, as versions have them."""
    words = names.stems(text)
    if set(words) <= GENERIC:
        return []
    figures = [word for word in words if word[0].isdigit()]
    found = []
    for image in images:
        known = reference(image.title)
        own = names.stems(known if "/" in text else own_name(known))
        if set(words) <= set(own) and names.stand_in_a_row(own, figures):
            found.append(image)
    return found


def reference(image: str) -> str:
    """The name of an image without what can be left out: the transport, Docker's own registry, and a digest after a tag."""
    if len(image.split()) != 1:
        return image
    name = _IMPLIED.sub("", image.strip())
    tagged, _at, _digest = name.partition("@")
    return tagged if ":" in tagged.rpartition("/")[2] else name


def own_name(image: str) -> str:
    """The name of an image with its tag or digest, without the registry and the folders before it."""
    return image.rpartition("/")[2]
