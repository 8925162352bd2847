"""What ends with a project: features say what of theirs is at work in it, stop it, and clear away their own rows first."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from django.db import models, router, transaction
from django.db.models.deletion import Collector
from django.db.models.functions import Coalesce
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Membership, Project, Resource, Tombstone
from vre_portal.iam.models import User


@dataclass(frozen=True)
class Feature:
    """What one feature knows of a project that ends."""

    at_work: Callable[[Project], list[str]]  # a sentence for each thing that has not ended
    stop: Callable[[User, Project], None]  # asks for all of it to end; called inside a transaction
    clear: Callable[[Project], None]  # deletes rows that nothing else deletes in the right order
    stays: Callable[[Project], list[str]] = lambda project: []  # a sentence for each thing that is not deleted with the project


_features: list[Feature] = []
LABELS: dict[type[models.Model], str | Promise] = {
    Resource: gettext_lazy("references"),
    Membership: gettext_lazy("roles of people and groups"),
}


def register(feature: Feature) -> None:
    """Let a feature take part in the end of projects."""
    _features.append(feature)


def at_work(project: Project) -> list[str]:
    """What of the project has not ended, in sentences."""
    return [sentence for feature in _features for sentence in feature.at_work(project)]


def stop(by: User, project: Project) -> None:
    """Ask for everything of the project to end."""
    for feature in _features:
        feature.stop(by, project)


def stays(project: Project) -> list[str]:
    """What is not deleted with the project, in sentences."""
    return [sentence for feature in _features for sentence in feature.stays(project)]


def contents(project: Project) -> list[tuple[str, int]]:
    """What is deleted with the project: each kind of row that belongs to it, of every feature, and how many there are; one question for all."""
    kinds = {item.field.model: item.field.name for item in Project._meta.related_objects if item.on_delete is models.CASCADE}
    counts = Project.objects.filter(pk=project.pk).values_list(*(_count(model, name) for model, name in kinds.items())).get()
    labels = [str(LABELS.get(model, model._meta.verbose_name_plural or "")) for model in kinds]
    return [(label, count) for label, count in zip(labels, counts, strict=True) if count]


def _count(model: type[models.Model], name: str) -> Coalesce:
    """How many rows of a model belong to the project of a query."""
    rows = model._base_manager.filter(**{name: models.OuterRef("pk")}).order_by().values(name)
    return Coalesce(models.Subquery(rows.annotate(count=models.Count("pk")).values("count")), 0)


def delete_rows(rows: models.QuerySet[Any]) -> None:
    """Delete rows with all that depends on them, and the files of both once that is certain."""
    collector = Collector(using=router.db_for_write(rows.model), origin=rows)
    collector.collect(rows)
    found = [
        *(item for items in collector.data.values() for item in items),
        *(item for quick in collector.fast_deletes for item in _filed(quick)),
    ]
    for item in found:
        for field in item._meta.concrete_fields:
            if isinstance(field, models.FileField) and (file := getattr(item, field.attname)):
                transaction.on_commit(partial(file.storage.delete, str(file.name)), robust=True)
    rows.delete()


def _filed(rows: Any) -> Any:
    """Rows that are deleted unseen, where they have files."""
    has_files = any(isinstance(field, models.FileField) for field in rows.model._meta.concrete_fields)
    return rows if has_files else ()


@transaction.atomic
def delete_all(tombstone: Tombstone) -> None:
    """Delete what is left of the project: the features' rows in their order, then its own."""
    project = tombstone.project
    if project is None:
        return
    for feature in _features:
        feature.clear(project)
    delete_rows(Project.objects.filter(pk=project.pk))


def kept_results(project: Project) -> list[str]:
    """That results stay in the Data Lake."""
    count = project.resources.filter(kind=Resource.Kind.RESULT).count()
    return [_("Kept results stay in the Data Lake: %(count)s.") % {"count": count}] if count else []


register(Feature(at_work=lambda project: [], stop=lambda by, project: None, clear=lambda project: None, stays=kept_results))
