"""What workflows say to the pages of environments: which of them, and which runs, use an image."""

import json
import re
from collections.abc import Iterator

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.urls import reverse

from projects.models import Project
from projects.workflows import reana_yaml
from projects.workflows.data_use import UNREAD
from projects.workflows.engines import stored
from projects.workflows.models import Run, Specification
from vre_portal.iam.models import User
from vre_portal.usage import MAX_OF_SOURCE, Thing, Use

# An image is not a part of another one's name: `fit:1.0` is neither in `fit:1.0.1` nor in `best/fit:1.0`.
BEFORE, AFTER = r"(^|docker://|[^A-Za-z0-9_./:@-])", r"($|[^A-Za-z0-9_./:@-])"


def workflows(person: User | AnonymousUser, thing: Thing) -> Iterator[Use]:
    """The workflows of which a step runs in it, of projects that the person may see."""
    if thing.kind != "environment":
        return
    named = Q(pk__in=())
    for image in filter(None, thing.identifiers):
        named |= Q(text__contains=image) & Q(text__regex=f"{BEFORE}{re.escape(image)}{AFTER}")
        named |= Q(reading__contains=json.dumps(image)[1:])  # perhaps with docker:// before it
    rows = Specification.objects.in_use().filter(project__in=Project.objects.visible_to(person))
    rows = rows.annotate(reading=Cast("current__reading", TextField())).filter(named).select_related("project", "current")
    for specification in rows.order_by("-changed_at", "-pk").iterator(chunk_size=MAX_OF_SOURCE):
        if images_of(specification) & set(thing.identifiers):
            url = reverse("workflows:index", args=[specification.project.slug])
            yield Use("workflow", specification.title, url, specification.project.title, specification.changed_at)


def images_of(specification: Specification) -> set[str]:
    """The images of its steps: those of the reana.yaml, or those that the engine found in the files of a Snakemake, CWL or Yadage workflow."""
    content = reana_yaml.read(specification.text)
    steps = content.steps if content.engine == "serial" else stored.from_json(specification.stored_reading).nodes
    return {step.environment.removeprefix("docker://") for step in steps}


def runs(person: User | AnonymousUser, thing: Thing) -> Iterator[Use]:
    """The runs that used it, as the person may see them; of those that noted which images they used."""
    if thing.kind != "environment":
        return
    rows = Run.objects.filter(image_digests__has_any_keys=list(thing.identifiers)).visible_to(person)
    rows = rows.select_related("project", "specification").defer(*UNREAD, "specification__text")
    for run in rows.order_by("-created_at", "-pk")[: MAX_OF_SOURCE + 1]:
        yield Use("run", str(run), run.get_absolute_url(), run.project.title, run.created_at)
