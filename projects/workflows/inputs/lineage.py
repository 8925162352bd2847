"""Where the inputs of a run come from: data of a lake, uploads, files of other runs and kept results; each run named to those who may see it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, prefetch_related_objects
from django.utils.translation import gettext as _

from projects.permissions import know_roles
from projects.resource_access import can_see
from projects.workflows.kept_files import names_of
from projects.workflows.models import Keep, Result, Run, RunFile
from projects.workflows.permissions import can_see_run
from vre_portal.iam.models import User

Reader = User | AnonymousUser
UNREAD = ("text", "code", "steps", "files", "error", "parameters")  # large columns of runs that are only named
NOBODY = ("", "")  # made it, as far as the reader may know
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
    rows = [InputRow(path, did, url, True, *kept.get(path, NOBODY)) for path, did, url in run.input_rows]
    return [*rows, *_attached_rows(reader, run)] if run.attached else rows


def keeps_about(run: Run) -> list[Keep]:
    """What was kept of a run, and what its inputs may have been kept as by other runs: by one question."""
    wanted = Q(run=run)
    for lake, scope, name in set(_dids(run).values()):
        wanted |= Q(lake=lake, scope=scope, dataset__in=_datasets(name)) & ~Q(status=Keep.Status.FAILED)
    rows = Keep.objects.filter(wanted).select_related("run__project", "run__specification", "run__result")
    keeps = list(rows.defer(*(f"run__{name}" for name in UNREAD), "run__specification__text"))
    for keep in keeps:
        if keep.run_id == run.pk:
            keep.run = run  # of which more is known
    run.__dict__["keeps_about"] = keeps
    return keeps


def named(run: Run, project_id: int) -> tuple[str, str]:
    """What a run is called beside an input: as its result, where it has one; and where that is."""
    result: Result | None = getattr(run, "result", None)
    page = run if result is None or result.is_withdrawn else result
    words = str(run) if page is run else _("%(result)s (%(run)s)") % {"result": page, "run": run}
    if run.project_id != project_id:
        words = _("%(run)s, %(project)s") % {"run": words, "project": run.project.title}
    return words, page.get_absolute_url()


def _attached_rows(reader: Reader, run: Run) -> Iterator[InputRow]:
    """Files of other runs, and uploads. A run may have other readers than this one: the names of its files are left out."""
    numbers = {source["file"] for source in run.attached.values() if "file" in source}
    found = RunFile.objects.filter(pk__in=numbers).select_related("run__project", "run__specification", "run__result")
    found = found.prefetch_related("run__origins").defer(*(f"run__{name}" for name in UNREAD), "run__specification__text")
    files = {file.pk: file for file in found} if numbers else {}
    _know_roles(reader, run, [file.run for file in files.values()])
    uploaded = any("stored" in source for source in run.attached.values())
    names = dict(run.uploads.values_list("stored__sha256", "name")) if uploaded else {}
    for path, source in sorted(run.attached.items()):
        if "stored" in source:
            name = names.get(source["stored"], source["stored"][:12])
            yield InputRow(path, _("%(name)s (uploaded)") % {"name": name}, "")
            continue
        file = files.get(source["file"])
        made_by = named(file.run, run.project_id) if file and can_see_run(reader, file.run) else NOBODY
        if file and file.run.project_id == run.project_id:
            yield InputRow(path, _("File of run %(number)s") % {"number": file.run.number}, file.get_absolute_url(), False, *made_by)
        else:
            yield InputRow(path, _("File of a run of another project"), "", False, *made_by)


def _kept_inputs(reader: Reader, run: Run) -> dict[str, tuple[str, str]]:
    """By path, the run that a dataset, or the dataset of a file, was kept by; of what the reader may not see nothing."""
    known = run.__dict__.get("keeps_about")
    others = [keep for keep in (keeps_about(run) if known is None else known) if keep.run_id != run.pk]
    prefetch_related_objects([keep.run for keep in others], "origins")
    _know_roles(reader, run, [keep.run for keep in others])
    seen = [keep for keep in others if can_see_run(reader, keep.run) and can_see(reader, keep.run.project, keep.origin)]
    found = {}
    for path, (lake, scope, name) in _dids(run).items():
        for keep in seen:
            if (keep.lake, keep.scope) == (lake, scope) and _holds(keep, name):
                found[path] = named(keep.run, run.project_id)
    return found


def _dids(run: Run) -> dict[str, tuple[str, str, str]]:
    """Lake, scope and name of the first inputs from lakes, by path."""
    pairs = ((path, source["lake"], source["did"].partition(":")) for path, source in sorted(run.inputs.items())[:MAX_SHOWN])
    return {path: (lake, scope, name) for path, lake, (scope, _colon, name) in pairs}


def _know_roles(reader: Reader, run: Run, others: list[Run]) -> None:
    """Ask for the reader's roles in other projects at once."""
    if projects := {other.project_id: other.project for other in others if other.project_id != run.project_id}:
        know_roles(reader, projects.values())


def _datasets(name: str) -> list[str]:
    """The names of the datasets that it may be, or be a file of: files of a kept dataset begin with its name and a dot."""
    parts = name.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _holds(keep: Keep, name: str) -> bool:
    return keep.dataset == name or name in names_of(keep.dataset, keep.paths).values()
