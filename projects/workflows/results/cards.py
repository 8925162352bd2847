"""The results of a project as cards: newest first, or ordered by a headline number."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, Subquery
from django.db.models.functions import JSONObject
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from projects.latest_result import Figure
from projects.models import Project
from projects.result_cards import ResultCard, ResultCards
from projects.workflows.lists.query import NOT_SHOWN, page_of
from projects.workflows.models import Result, Run, RunFile, RunQuerySet, RunValue, is_picture_path
from projects.workflows.pages import visible_runs

PAGE, MAX_FIGURES, MAX_ORDERS, MAX_WITHDRAWN = 12, 3, 8, 20


def cards(request: HttpRequest, project: Project) -> ResultCards:
    """One page of results that the reader may see, by three questions to the database; the first page names those that were withdrawn."""
    visible = visible_runs(request, project)
    runs = visible.filter(result__withdrawn_at=None, result__isnull=False)
    pictures = RunFile.objects.copied().filter(is_picture_path(), run=OuterRef("pk")).order_by("pk")
    first_picture = pictures.values(told=JSONObject(pk="pk", path="path", state="state", thumbnail_state="thumbnail_state"))[:1]
    values = RunValue.objects.filter(run=OuterRef("pk"), kind=RunValue.Kind.RESULT).values(told=JSONObject(name="name", text="text"))
    runs = runs.annotate(picture=Subquery(first_picture), numbers=ArraySubquery(values))
    runs = runs.select_related("specification", "project", "result")
    rows, following = page_of(request, runs.defer(*NOT_SHOWN), usual=PAGE)
    names = list(dict.fromkeys(row["name"] for run in rows for row in run.__dict__["numbers"]))[:MAX_ORDERS]
    orders = [("", _("newest first")), *((f"-r:{name}", _("highest %(name)s") % {"name": name}) for name in names)]
    orders += [(f"r:{name}", _("lowest %(name)s") % {"name": name}) for name in names]
    shown = [card_of(run) for run in rows]
    withdrawn = () if request.GET.get("after") else withdrawn_cards(project, visible)
    return ResultCards(shown, orders if names else (), request.GET.get("sort", ""), following, withdrawn)


def withdrawn_cards(project: Project, visible: RunQuerySet) -> list[ResultCard]:
    """The newest results that were withdrawn, for those who see their page: members who see the run, and everybody who could see it before."""
    rows = Result.objects.filter(run__project=project).exclude(withdrawn_at=None).order_by("-withdrawn_at")
    seen = rows.filter(Q(was_published=True) | Q(run__in=visible.order_by().values("pk")))
    found = seen.values_list("title", "run__number", "withdrawn_at")[:MAX_WITHDRAWN]
    return [ResultCard(title, reverse("results:show", args=[project.slug, number]), at) for title, number, at in found if at]


def card_of(run: Run) -> ResultCard:
    """One run's result as a card."""
    figures = []
    for row in run.__dict__["numbers"][:MAX_FIGURES]:
        label, _bracket, unit = row["name"].rstrip("]").partition(" [")
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
