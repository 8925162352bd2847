"""The chain of stages of an analysis, and what the portal has for each: projects, data, software and training."""

from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from catalog.software.models import Entry
from datalake.index.models import MetadataKey
from datalake.index.query import Condition, Query
from projects.facets import narrowed
from projects.landing.figures import lake_figures, public_scopes, until_next_opening
from projects.models import Project
from vre_portal.pages import SharedValue
from vre_portal.portable_gettext import grouped

TRAINING = "lesson"  # what the software records call material to learn from
DATA_KEY = "stage"  # the metadata key by which data say to which stage they belong
WHOLE_LAKE = "data"  # the stage to which all data belong


@dataclass(frozen=True)
class StageLink:
    """What there is of one sort, as the words of a link, and the list of it."""

    text: str
    url: str


@dataclass(frozen=True)
class Stage:
    """A stage of an analysis; its key is the word by which things are found that belong to it."""

    key: str
    title: str | Promise
    text: str | Promise
    icon: str
    links: list[StageLink] = field(default_factory=list)


CHAIN = (
    Stage("simulation", _("Simulation"), _("Predict from theory what the detector should see."), "atom"),
    Stage("data", _("Data"), _("Find what detectors recorded, stored at sites across Europe."), "database"),
    Stage("reconstruction", _("Reconstruction"), _("Turn signals into particles: direction, energy, type."), "waypoints"),
    Stage("analysis", _("Analysis"), _("Subtract background, fit, and repeat every step."), "chart-spline"),
    Stage("interpretation", _("Interpretation"), _("Combine experiments and compare with other searches."), "telescope"),
)
KEYS = tuple(stage.key for stage in CHAIN)


def _projects() -> dict[str, int]:
    until_next_opening()
    return {key: narrowed(Project.objects.public(), {"stage": key}).count() for key in KEYS}


def _software() -> dict[str, int]:
    return {key: Entry.objects.listed().matching(key).count() for key in KEYS}


def _training() -> dict[str, int]:
    return {key: Entry.objects.listed().with_facets(resource_type=TRAINING).matching(key).count() for key in KEYS}


def _data() -> dict[str, Counter[str]]:
    """By stage and lake, how many DIDs of public scopes say in their metadata that they belong to it."""
    found: dict[str, Counter[str]] = {key: Counter() for key in KEYS}
    for lake, scopes in public_scopes().items():
        keys = MetadataKey.objects.filter(scope__in=[scope.pk for scope in scopes], name=DATA_KEY, kind="string")
        for value, count in (pair for values in keys.values_list("values", flat=True) for pair in values):
            if value in found:
                found[value][lake] += count
    return found


projects_by_stage = SharedValue(_projects, "projects")
software_by_stage = SharedValue(_software, "software")
training_by_stage = SharedValue(_training, "software")
data_by_stage = SharedValue(_data, "lake_sums")


def chain() -> list[Stage]:
    """The stages with their links; of what there is nothing of, there is no link."""
    projects, data, software, training = projects_by_stage(), _data_links(), software_by_stage(), training_by_stage()
    return [
        Stage(
            stage.key,
            stage.title,
            stage.text,
            stage.icon,
            [
                *_link(_projects_text(projects[stage.key]), projects[stage.key], _projects_url(stage.key)),
                *data[stage.key],
                *_link(
                    _software_text(software[stage.key]), software[stage.key], f"{reverse('software:index')}?{urlencode({'q': stage.key})}"
                ),
                *_link(_training_text(training[stage.key]), training[stage.key], _training_url(stage.key)),
            ],
        )
        for stage in CHAIN
    ]


def _link(text: str, count: int, url: str) -> list[StageLink]:
    return [StageLink(text, url)] if count else []


def _projects_url(key: str) -> str:
    return f"{reverse('projects:index')}?{urlencode({'stage': key})}"


def _training_url(key: str) -> str:
    return f"{reverse('software:index')}?{urlencode({'q': key, 'resource_type': TRAINING})}"


def _data_links() -> dict[str, list[StageLink]]:
    """For each stage a link to each lake that has data of it; all data of a lake belong to the stage of data."""
    found: dict[str, list[StageLink]] = {}
    counts = data_by_stage()
    for key in KEYS:
        links: list[StageLink] = []
        for lake in lake_figures():
            here = reverse("datalake:lake", args=[lake.name])
            if key == WHOLE_LAKE:
                links += _link(_files_text(lake.amount.files), lake.amount.files, here)
            else:
                query = Query(groups=((Condition(DATA_KEY, "eq", key),),))
                links += _link(_data_text(counts[key][lake.name]), counts[key][lake.name], here + query.address())
        found[key] = links
    return found


def _projects_text(count: int) -> str:
    return ngettext("%(count)s project", "%(count)s projects", count) % {"count": grouped(count)}


def _files_text(count: int) -> str:
    return ngettext("%(count)s public file", "%(count)s public files", count) % {"count": grouped(count)}


def _data_text(count: int) -> str:
    return ngettext("%(count)s dataset or file", "%(count)s datasets and files", count) % {"count": grouped(count)}


def _software_text(count: int) -> str:
    return ngettext("%(count)s software entry", "%(count)s software entries", count) % {"count": grouped(count)}


def _training_text(count: int) -> str:
    return ngettext("%(count)s lesson", "%(count)s lessons", count) % {"count": grouped(count)}
