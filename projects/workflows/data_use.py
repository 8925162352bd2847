"""What runs say to the pages of data: which of them read something, and which keep it as a result."""

from collections.abc import Iterator

from django.contrib.auth.models import AnonymousUser
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext as _

from projects.audience import Origin
from projects.models import Project
from projects.workflows.models import Keep, Run, RunOrigin
from vre_portal.iam.models import User
from vre_portal.usage import MAX_OF_SOURCE, Thing, Use

UNREAD = ("text", "code", "steps", "files", "error", "parameters")  # columns that may be large


class InputNames(Func):
    """The DIDs of one lake that a run reads, as a JSON array."""

    function = "jsonb_path_query_array"
    output_field = models.JSONField()

    def __init__(self, lake: str) -> None:
        super().__init__(F("inputs"), Value("$.* ? (@.lake == $lake).did"), Value({"lake": lake}, models.JSONField()))


class ReadsFile(Func):
    """Whether one of these files of other runs is bound to an input of a run."""

    function = "jsonb_path_exists"
    output_field = models.BooleanField()

    def __init__(self, files: list[int]) -> None:
        super().__init__(F("attached"), Value("$.* ? (@.file == $files[*])"), Value({"files": files}, models.JSONField()))


def runs_with_files_of(person: User | AnonymousUser, run: Run) -> Iterator[Use]:
    """The runs that took files of a run directly, not through a lake, as the person may see them."""
    files = list(run.outputs.copied().values_list("pk", flat=True))
    # Only runs of the same project, and other runs of the same person, may take them: see `inputs.attached.files_for`.
    near = Run.objects.filter(Q(project=run.project_id) | Q(by=run.by_id)).exclude(attached={}).exclude(pk=run.pk)
    rows = near.filter(ReadsFile(files)).visible_to(person).select_related("project", "specification") if files else near.none()
    for reading in rows.defer(*UNREAD, "specification__text").order_by("-created_at", "-pk")[: MAX_OF_SOURCE + 1]:
        yield Use("run", str(reading), reading.get_absolute_url(), reading.project.title, reading.created_at)


def runs(person: User | AnonymousUser, thing: Thing) -> Iterator[Use]:
    """The runs that read the data or a collection that contains them, as the person may see them: visitors see published ones."""
    if thing.kind != "did":
        return
    scopes = {Origin.of_did(thing.service, did).scope for did in thing.identifiers}
    from_scopes = RunOrigin.objects.filter(lake=thing.service, scope__in=scopes).values("run")
    reading = Run.objects.filter(pk__in=from_scopes).annotate(dids=InputNames(thing.service))
    reading = reading.filter(dids__has_any_keys=list(thing.identifiers)).visible_to(person)
    rows = reading.select_related("project", "specification").defer(*UNREAD, "specification__text").order_by("-created_at", "-pk")
    for run in rows[: MAX_OF_SOURCE + 1]:
        yield Use("run", str(run), run.get_absolute_url(), detail_of(run, thing), run.created_at)


def detail_of(run: Run, thing: Thing) -> str:
    """The project, and through which collection the run reads it."""
    dids = run.dids  # type: ignore[attr-defined]
    if thing.identifier in dids:
        return run.project.title
    through = next(did for did in thing.within if did in dids)
    return _("%(project)s, through %(collection)s") % {"project": run.project.title, "collection": through}


def results(person: User | AnonymousUser, thing: Thing) -> Iterator[Use]:
    """The runs of which it is a kept result, or a part of one."""
    if thing.kind != "did":
        return
    pairs = [did.partition(":") for did in thing.identifiers]
    named = Q(pk__in=())
    for scope, _colon, name in pairs:
        named |= Q(scope=scope, dataset=name)
    kept = Keep.objects.filter(named, lake=thing.service).exclude(status=Keep.Status.FAILED)
    seen = Run.objects.filter(pk__in=kept.values("run")).visible_to(person).values("pk")
    # Whoever could see a result before it was withdrawn still sees that it was.
    told = Q(run__result__withdrawn_at__isnull=False, run__result__was_published=True, run__project__in=Project.objects.visible_to(person))
    rows = (
        kept.filter(Q(run__in=seen) | told)
        .select_related("run__project", "run__specification", "run__result")
        .defer(*(f"run__{name}" for name in UNREAD))
    )
    for keep in rows.order_by("-created_at", "-pk")[: MAX_OF_SOURCE + 1]:
        result = getattr(keep.run, "result", None)
        title = (_("Withdrawn result of %(run)s") if keep.run.is_withdrawn else _("Result of %(run)s")) % {"run": keep.run}
        page = keep.run if result is None else result
        yield Use("result", title, page.get_absolute_url(), keep.run.project.title, keep.created_at)
