"""The results of a project as cards: newest first, or ordered by a headline number."""

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
from projects.workflows.models import BestNumber, Result, Run, RunFile, RunQuerySet, RunValue, is_picture_path
from projects.workflows.pages import visible_runs
from projects.workflows.results.numbers import best_of, names_of

PAGE, MAX_FIGURES, MAX_ORDERS, MAX_WITHDRAWN = 12, 3, 8, 20
BEST = "best"  # the order that has the best first, in addresses


def cards(request: HttpRequest, project: Project) -> ResultCards:
    """One page of results that the reader may see, for the same price whatever there is; the first page names those that were withdrawn."""
    visible = visible_runs(request, project)
    runs = visible.filter(result__withdrawn_at=None, result__isnull=False)
    names = names_of(runs)
    best = best_of(project, names)
    order = request.GET.get("sort", "")
    pictures = RunFile.objects.copied().filter(is_picture_path(), run=OuterRef("pk")).order_by("pk")
    first_picture = pictures.values(told=JSONObject(pk="pk", path="path", state="state", thumbnail_state="thumbnail_state"))[:1]
    values = RunValue.objects.filter(run=OuterRef("pk"), kind=RunValue.Kind.RESULT).values(told=JSONObject(name="name", text="text"))
    shown = runs.annotate(picture=Subquery(first_picture), numbers=ArraySubquery(values))
    shown = shown.select_related("specification", "project", "result").defer(*NOT_SHOWN)
    rows, following = page_of(request, shown, usual=PAGE, sort=(best.sort if best else "") if order == BEST else order)
    return ResultCards(
        [card_of(run, best.name if best else "") for run in rows],
        orders_of(names, best) if names else (),
        order,
        following,
        () if request.GET.get("after") else withdrawn_cards(project, visible),
        best_url=reverse("results:best", args=[project.slug]) if names and can(request.user, project, Permission.EDIT) else "",
    )


def orders_of(names: list[str], best: BestNumber | None) -> list[tuple[str, str]]:
    """The orders that there are: of all results, not only those of a page."""
    orders = [("", _("newest first"))]
    if best:
        text = _("best first: highest %(name)s") if best.is_larger_better else _("best first: lowest %(name)s")
        orders.append((BEST, text % {"name": best.name}))
    orders += [(f"-r:{name}", _("highest %(name)s") % {"name": name}) for name in names[:MAX_ORDERS]]
    return [*orders, *((f"r:{name}", _("lowest %(name)s") % {"name": name}) for name in names[:MAX_ORDERS])]


def withdrawn_cards(project: Project, visible: RunQuerySet) -> list[ResultCard]:
    """The newest results that were withdrawn, for those who see their page: members who see the run, and everybody who could see it before."""
    rows = Result.objects.filter(run__project=project).exclude(withdrawn_at=None).order_by("-withdrawn_at")
    seen = rows.filter(Q(was_published=True) | Q(run__in=visible.order_by().values("pk")))
    found = seen.values_list("title", "run__number", "withdrawn_at")[:MAX_WITHDRAWN]
    return [ResultCard(title, reverse("results:show", args=[project.slug, number]), at) for title, number, at in found if at]


def card_of(run: Run, best: str) -> ResultCard:
    """One run's result as a card, with the number by which results are compared before the others."""
    figures = []
    for row in sorted(run.__dict__["numbers"], key=lambda row: row["name"] != best)[:MAX_FIGURES]:
        label, unit = named_with_unit(row["name"])
        figures.append(Figure(label, row["text"], unit))
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
    )
