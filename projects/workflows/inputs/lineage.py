"""Where the inputs of a run come from: data of a lake, uploads, files of other runs and kept results; each run named to those who may see it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q
from django.utils.translation import gettext as _

from projects.permissions import know_roles
from projects.resource_access import can_see
from projects.workflows.kept_files import names_of
from projects.workflows.models import Keep, Result, Run, RunFile
from projects.workflows.permissions import can_see_run
from vre_portal.iam.models import User

Reader = User | AnonymousUser
UNREAD = ("text", "code", "steps", "files", "error", "parameters")  # large columns of runs that are only named
MAX_SHOWN = 100  # inputs whose run is looked up


@dataclass(frozen=True)
class InputRow:
    """An input with what it is bound to, and the run or result that made it."""

    path: str
    words: str  # a DID where `is_did`
    url: str
    is_did: bool = False
    made_by: str = ""
    made_by_url: str = ""


def input_rows(reader: Reader, run: Run) -> list[InputRow]:
    """All inputs that are bound to data; the cost does not grow with their number."""
    kept = _kept_inputs(reader, run)
    rows = [InputRow(path, did, url, is_did=True, **kept.get(path, {})) for path, did, url in run.input_rows]
    if run.attached:
        made = _attached_inputs(reader, run)
        rows += [InputRow(path, words, url, **made.get(path, {})) for path, words, url in run.attached_rows]
    return rows


def named(run: Run, project_id: int) -> dict[str, str]:
    """What a run is called beside an input: as its result, where it has one; and where that is."""
    result: Result | None = getattr(run, "result", None)
    page = run if result is None or result.is_withdrawn else result
    words = str(run) if page is run else _("%(result)s (%(run)s)") % {"result": page, "run": run}
    if run.project_id != project_id:
        words = _("%(run)s, %(project)s") % {"run": words, "project": run.project.title}
    return {"made_by": words, "made_by_url": page.get_absolute_url()}


def _attached_inputs(reader: Reader, run: Run) -> dict[str, dict[str, str]]:
    """By path, the run that made the file; of runs that the reader does not see nothing."""
    files = {path: source["file"] for path, source in _first(run.attached) if "file" in source}
    rows = RunFile.objects.filter(pk__in=set(files.values())).select_related("run__project", "run__specification", "run__result")
    rows = rows.prefetch_related("run__origins").defer(*(f"run__{name}" for name in UNREAD), "run__specification__text")
    known = list(rows) if files else []
    _know_roles(reader, run, [row.run for row in known])
    makers = {row.pk: row.run for row in known if can_see_run(reader, row.run)}
    return {path: named(makers[file], run.project_id) for path, file in files.items() if file in makers}


def _kept_inputs(reader: Reader, run: Run) -> dict[str, dict[str, str]]:
    """By path, the run that a dataset, or the dataset of a file, was kept by; of what the reader may not see nothing."""
    dids = {path: (source["lake"], *source["did"].partition(":")[::2]) for path, source in _first(run.inputs)}
    wanted = Q(pk__in=())
    for lake, scope, name in set(dids.values()):
        wanted |= Q(lake=lake, scope=scope, dataset__in=_datasets(name))
    keeps = Keep.objects.filter(wanted).exclude(status=Keep.Status.FAILED).exclude(run=run) if dids else Keep.objects.none()
    keeps = keeps.select_related("run__project", "run__specification", "run__result").prefetch_related("run__origins")
    keeps = keeps.defer(*(f"run__{name}" for name in UNREAD), "run__specification__text")
    _know_roles(reader, run, [keep.run for keep in keeps])
    seen = [keep for keep in keeps if can_see_run(reader, keep.run) and can_see(reader, keep.run.project, keep.origin)]
    found = {}
    for path, (lake, scope, name) in dids.items():
        for keep in seen:
            if (keep.lake, keep.scope) == (lake, scope) and _holds(keep, name):
                found[path] = named(keep.run, run.project_id)
    return found


def _know_roles(reader: Reader, run: Run, others: list[Run]) -> None:
    """Ask for the reader's roles in other projects at once."""
    if projects := {other.project_id: other.project for other in others if other.project_id != run.project_id}:
        know_roles(reader, projects.values())


def _first(sources: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    yield from sorted(sources.items())[:MAX_SHOWN]


def _datasets(name: str) -> list[str]:
    """The names of the datasets that it may be, or be a file of: files of a kept dataset begin with its name and a dot."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _holds(keep: Keep, name: str) -> bool:
    return keep.dataset == name or name in names_of(keep.dataset, keep.paths).values()
