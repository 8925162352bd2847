"""What a new project takes over from another one: texts and references that the person may see, never people."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.db.models import Count
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.models import Project, Resource
from vre_portal.iam.models import User

FACTS = "facts"
# Fields of a project that a form begins with, and those that are taken over without being shown in it. Those of people are in neither.
SHOWN = ("summary", "description", "theme", "experiments", "licence", "keywords", "website", "repository")
HIDDEN = ("further_themes", "funding", "stage")
OWN = frozenset({"id", "project", "added_by", "added_at"})  # of a reference, what belongs to the project that it is in


@dataclass(frozen=True)
class Part:
    """One thing that can be taken over: a checkbox of the form."""

    name: str
    text: str
    is_offered: bool = True  # chosen, until the person says otherwise


@dataclass(frozen=True)
class Plan:
    """What of a project can be taken over by a person, and how many references cannot."""

    source: Project
    initial: dict[str, Any]
    parts: tuple[Part, ...]
    left_out: int

    @classmethod
    def of(cls, user: User, source: Project) -> "Plan":
        """What this person may take over now."""
        initial = {name: getattr(source, name) for name in SHOWN}
        initial["institutes"] = [{"name": item.name, "ror": item.ror} for item in source.institute_list]
        facts = [str(_field(name).verbose_name) for name in HIDDEN if getattr(source, name)]
        visible = source.resources.visible_to(user)
        counts = dict(visible.order_by().values_list("kind").annotate(count=Count("pk")))
        parts = [Part(FACTS, capfirst(", ".join(facts)))] if facts else []
        parts += [
            # What a project kept is its own result: a copy begins without it.
            Part(kind.value, _references(str(kind.label), counts[kind.value]), is_offered=kind is not Resource.Kind.RESULT)
            for kind in Resource.Kind
            if counts.get(kind.value)
        ]
        return cls(source, initial, tuple(parts), source.resources.count() - sum(counts.values()))


def _references(kind: str, count: int) -> str:
    number = ngettext("%(n)s reference", "%(n)s references", count) % {"n": count}
    return _("%(kind)s: %(number)s") % {"kind": capfirst(kind), "number": number}


def _field(name: str) -> Any:
    return Project._meta.get_field(name)


def take_over(*, by: User, source: Project, project: Project, parts: Collection[str]) -> int:
    """Copy the chosen parts into a new project, as far as the person may see them now; returns how many references."""
    if FACTS in parts:
        for name in HIDDEN:
            setattr(project, name, getattr(source, name))
        project.save(update_fields=HIDDEN)
    rows = source.resources.filter(kind__in=parts).visible_to(by)
    return len(Resource.objects.bulk_create([_copy(row, project, by) for row in rows]))


def _copy(row: Resource, project: Project, by: User) -> Resource:
    """A reference with everything that it says, in another project."""
    fields: list[models.Field[Any, Any]] = [field for field in Resource._meta.concrete_fields if field.name not in OWN]
    return Resource(project=project, added_by=by, **{field.attname: getattr(row, field.attname) for field in fields})
