"""The newest published run of a project as its latest result: the first plot, and the numbers that its outputs name."""

from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _

from projects.latest_result import Figure, LatestResult
from projects.models import Project
from projects.workflows.headline import MAX_BYTES, named_with_unit, quantities
from projects.workflows.models import Run, RunFile, RunValue, is_picture_path
from projects.workflows.number_text import short_text
from vre_portal.iam.models import User

MAX_FILES, MAX_FIGURES = 40, 4
LARGE = ("code", "text", "steps", "files", "specification__code")  # columns that are not shown


def latest_result(reader: User | AnonymousUser, project: Project) -> LatestResult | None:
    """The newest finished run with something to show that everybody who sees the project sees; the reader, who sees it, does not matter."""
    runs = Run.objects.filter(project=project, status=Run.Status.FINISHED).shown_to_all()
    files = RunFile.objects.copied().filter(
        is_picture_path() | Q(path__iendswith=".csv", size__lte=MAX_BYTES) | Q(path__iendswith=".json", size__lte=MAX_BYTES),
        run__in=runs,
        is_declared=True,
    )
    numbers = RunValue.objects.filter(run=OuterRef("run"), kind=RunValue.Kind.RESULT).values(told=JSONObject(name="name", text="text"))
    files = files.annotate(numbers=ArraySubquery(numbers[:MAX_FIGURES]))
    newest = files.select_related("run__specification").defer(*(f"run__{name}" for name in LARGE)).order_by("-run__number", "pk")
    outputs = list(newest[:MAX_FILES])
    if not outputs:
        return None
    run = outputs[0].run
    outputs = [item for item in outputs if item.run_id == run.pk]
    for item in outputs:
        item.run = run
    run.project = project
    picture = next((item for item in outputs if item.is_picture), None)
    return LatestResult(
        title=_("Run %(number)s: %(title)s") % {"number": run.number, "title": run.specification.title},
        url=run.get_absolute_url(),
        at=run.finished_at or run.created_at,
        picture_url=picture.get_absolute_url() if picture else "",
        thumbnail_url=picture.thumbnail_url if picture else "",
        picture_description=_("%(file)s of run %(number)s") % {"file": picture.label, "number": run.number} if picture else "",
        figures=tuple(_figures(outputs)),
    )


def _figures(outputs: list[RunFile]) -> list[Figure]:
    """The numbers that were written down when the run ended; of a run of an earlier portal those that its files name."""
    if noted := outputs[0].__dict__["numbers"]:
        named = ((*named_with_unit(row["name"]), row["text"]) for row in noted)
        return [Figure(label, text, unit, short_text(text)) for label, unit, text in named]
    others = [item for item in outputs if not item.is_picture]
    return [Figure(item.label, item.shown, item.unit, short_text(item.shown)) for item in quantities(others, MAX_FIGURES)]
