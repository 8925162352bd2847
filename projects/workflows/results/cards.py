"""The results of a project as cards: newest first, or ordered by a headline number."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.latest_result import Figure
from projects.models import Project
from projects.permissions import Permission, can
from projects.result_cards import ResultCard, ResultCards
from projects.workflows.headline import named_with_unit
from projects.workflows.lists.query import NOT_SHOWN, page_of
from projects.workflows.models import Result, Run, RunFile, RunQuerySet, RunValue, is_picture_path
from projects.workflows.models.label import exported_result
from projects.workflows.number_text import short_texts
from projects.workflows.pages import visible_runs
from projects.workflows.presenting import columns_of_values
from projects.workflows.results.numbers import best_of, best_order, names_in
from vre_portal.text import is_storable

PAGE, MAX_FIGURES, MAX_ORDERS, MAX_WITHDRAWN = 12, 3, 8, 20
BEST = "best"  # the order that has the best first, in addresses; with several workflows `best:<name>`
BEST_FACTS = {
    "specification": "specification_id", "workflow": "specification__name", "title": "specification__title", "name": "name",
    "is_larger": "is_larger_better",
}  # fmt: skip


def cards(request: HttpRequest, project: Project) -> ResultCards:
    """One page of results that the reader may see, by three questions to the database; the first page names those that were withdrawn."""
    visible = visible_runs(request, project)
    runs = visible.filter(result__withdrawn_at=None, result__isnull=False)
    pictures = RunFile.objects.copied().filter(is_picture_path(), run=OuterRef("pk")).order_by("pk")
    first_picture = pictures.values(told=JSONObject(pk="pk", path="path", state="state", thumbnail_state="thumbnail_state"))[:1]
    of_run = RunValue.objects.filter(run=OuterRef("pk"), kind=RunValue.Kind.RESULT)
    values = of_run.values(told=JSONObject(name="name", text="text", number="number"))
    shown = runs.annotate(
        picture=Subquery(first_picture),
        numbers=ArraySubquery(values),
        # The same for each row, by the way: the database looks for them once.
        all_numbers=ArraySubquery(names_in(runs)),
        best=ArraySubquery(best_of(runs).values(told=JSONObject(**BEST_FACTS))),
    )
    sort, _colon, workflow = request.GET.get("sort", "").partition(":")
    order = best_order(runs, workflow) if sort == BEST and is_storable(workflow) else None
    shown = shown.select_related("specification", "project", "result").defer(*NOT_SHOWN)
    rows, following = page_of(request, shown, usual=PAGE, order=order)
    names = rows[0].__dict__["all_numbers"] if rows else []
    best = rows[0].__dict__["best"] if rows else []
    by_workflow = {item["specification"]: item["name"] for item in best}
    short = short_numbers(rows)
    return ResultCards(
        [card_of(run, by_workflow.get(run.specification_id, ""), short) for run in rows],
        orders_of(names, best) if names else (),
        request.GET.get("sort", ""),
        following,
        () if request.GET.get("after") else withdrawn_cards(project, visible),
        best_url=reverse("results:best", args=[project.slug]) if names and can(request.user, project, Permission.EDIT) else "",
    )


def best_key(workflow: str, count: int) -> str:
    """The order by the number of a workflow, in addresses, where so many workflows have one."""
    return BEST if count == 1 else f"{BEST}:{workflow}"


def orders_of(names: list[str], best: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The orders that there are: of all results, not only those of a page."""
    orders = [("", _("newest first"))]
    for item in best[:MAX_ORDERS]:
        text = _("best first: highest %(name)s") if item["is_larger"] else _("best first: lowest %(name)s")
        if len(best) > 1:
            text = _("%(workflow)s, best first: highest %(name)s") if item["is_larger"] else _("%(workflow)s, best first: lowest %(name)s")
        orders.append((best_key(item["workflow"], len(best)), text % {"workflow": item["title"], "name": item["name"]}))
    orders += [(f"-r:{name}", _("highest %(name)s") % {"name": name}) for name in names[:MAX_ORDERS]]
    return [*orders, *((f"r:{name}", _("lowest %(name)s") % {"name": name}) for name in names[:MAX_ORDERS])]


def withdrawn_cards(project: Project, visible: RunQuerySet) -> list[ResultCard]:
    """The newest results that were withdrawn, for those who see their page: members who see the run, and everybody who could see it before."""
    rows = Result.objects.filter(run__project=project).exclude(withdrawn_at=None).order_by("-withdrawn_at")
    seen = rows.filter(Q(was_published=True) | Q(run__in=visible.order_by().values("pk")))
    found = seen.values_list("title", "run__number", "withdrawn_at")[:MAX_WITHDRAWN]
    return [ResultCard(title, reverse("results:show", args=[project.slug, number]), at) for title, number, at in found if at]


def short_numbers(runs: list[Run]) -> dict[tuple[str, str], str]:
    """By name and text, each number of these runs with as many digits as tell those of one name apart."""
    texts: dict[str, list[str]] = {}
    for run in runs:
        for row in run.__dict__["numbers"]:
            texts.setdefault(row["name"], []).append(row["text"])
    return {(name, text): short for name, of_name in texts.items() for text, short in zip(of_name, short_texts(of_name), strict=True)}


def card_of(run: Run, best: str, short: Mapping[tuple[str, str], str]) -> ResultCard:
    """One run's result as a card, with the number by which results are compared before the others."""
    figures = []
    for row in sorted(run.__dict__["numbers"], key=lambda row: row["name"] != best)[:MAX_FIGURES]:
        label, unit = named_with_unit(row["name"])
        figures.append(Figure(label, row["text"], unit, short[row["name"], row["text"]]))
    names = [person["name"] for person in run.result.people_list]
    people = names[0] if len(names) == 1 else _("%(name)s and others") % {"name": names[0]} if names else ""
    picture = RunFile(run=run, **known) if (known := run.__dict__.get("picture")) else None
    at = run.finished_at or run.created_at
    return ResultCard(
        run.result.title,
        run.result.get_absolute_url(),
        at,
        people,
        is_published=bool(run.__dict__.get("is_published")),
        picture_url=picture.get_absolute_url() if picture else "",
        thumbnail_url=picture.thumbnail_url if picture else "",
        figures=tuple(figures),
        thing=f"result:{run.result.pk}",
        row=row_of(run),
    )


def row_of(run: Run) -> dict[str, Any]:
    """A result as a row of the exports: a column for each of its numbers, with all digits, and one for its text where that has an error.

    The parameters and inputs that led to them stand beside them.
    """
    numbers: dict[str, Any] = {}
    for row in run.__dict__["numbers"]:
        numbers |= exported_result(row["name"], row["number"], row["text"])
    return {
        "title": run.result.title,
        "run": run.number,
        "workflow": run.specification.name,
        "commit": run.commit or None,
        "people": [person["name"] for person in run.result.people_list],
        "licence": run.result.licence or None,
        "finished_at": run.finished_at,
        "published": bool(run.__dict__.get("is_published")),
        "page": f"{settings.PORTAL_URL}{run.result.get_absolute_url()}",
        **numbers,
        **columns_of_values(run),
    }
