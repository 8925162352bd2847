"""Workflows, runs, their files and results as things that people collect."""

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from projects.models import Project
from projects.workflows.models import Result, Run, RunFile, Specification
from projects.workflows.results.presenting import reference_of
from vre_portal import things
from vre_portal.citation_formats import Reference
from vre_portal.search import sources
from vre_portal.text import number_of
from vre_portal.things import Reader, ThingPage

UNREAD = ("code", "text", "steps", "files", "specification__code", "specification__text")  # a megabyte each

ELSEWHERE = {  # by the state of a file that is not here
    RunFile.State.WAITING: gettext_lazy("Being copied"),
    RunFile.State.LEFT: gettext_lazy("At REANA"),
    RunFile.State.FAILED: gettext_lazy("At REANA"),
    RunFile.State.DELETED: gettext_lazy("Deleted at REANA"),
}


def register() -> None:
    """The kinds; a file of a run is named by the run's number and its path, as the list of files may be read again."""
    things.register("workflow", label=gettext_lazy("Workflow"), icon="workflow", pages=workflows)
    things.register("run", label=pgettext_lazy("of a workflow", "Run"), icon="play", pages=runs)
    things.register("output", label=gettext_lazy("File of a run"), icon="file", pages=outputs)
    things.register("result", label=gettext_lazy("Result"), icon="chart-line", pages=results, references=references)
    sources.register_things("workflow", "workflow")
    sources.register_things("run", "run")
    sources.register_things("run_result", "result", results_of_runs)


def workflows(reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """Those of projects that the reader may see."""
    rows = Specification.objects.filter(pk__in=_numbers(values), project__in=Project.objects.visible_to(reader)).select_related("project")
    archived = gettext_lazy("Archived: not offered for new runs")
    return {
        str(item.pk): ThingPage(item.title, item.get_absolute_url(), note=archived if item.archived_at else "")
        for item in rows.only("title", "name", "archived_at", "project__slug")
    }


def runs(reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """Those that the reader may see."""
    return {str(pk): ThingPage(name_of(run), run.get_absolute_url()) for pk, run in _visible(reader, _numbers(values)).items()}


def outputs(reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """Files, as `run:path`, of the runs that the reader may see, as far as the runs still have them."""
    pairs = {value: (number_of(value.partition(":")[0]), value.partition(":")[2]) for value in values if value[:1] != "0"}
    visible = _visible(reader, [pk for pk, _path in pairs.values() if pk])
    paths: dict[int, list[str]] = {}
    for pk, path in pairs.values():
        if pk in visible:
            paths.setdefault(pk, []).append(path)
    wanted = reduce(or_, (Q(run=pk, path__in=its) for pk, its in paths.items()), Q(pk__in=()))
    rows = RunFile.objects.filter(wanted).exclude(state=RunFile.State.MISSING)
    files = {(file.run_id, file.path): file for file in rows.only("run", "path", "state")}
    found: dict[str, ThingPage] = {}
    for value, key in pairs.items():
        if (file := files.get(key)) is not None:
            file.run = visible[file.run_id]
            title = _("%(file)s of %(run)s") % {"file": file.label, "run": name_of(file.run)}
            found[value] = ThingPage(title, _address(file), note=ELSEWHERE.get(RunFile.State(file.state), ""))
    return found


def _address(file: RunFile) -> str:
    """Of the file, or of the list of files, which says where one is that is not here."""
    return file.get_absolute_url() if file.is_copied else reverse("workflows:files", args=[file.run.project.slug, file.run.number])


def results(reader: Reader, values: Sequence[str]) -> Mapping[str, ThingPage]:
    """Those of runs that the reader may see. A withdrawn one keeps its page, which says so, for all who could see it before."""
    rows = list(Result.objects.filter(pk__in=_numbers(values)).only("title", "run", "withdrawn_at", "was_published"))
    visible = _visible(reader, [row.run_id for row in rows])
    visible.update(
        _tombstones(reader, [row.run_id for row in rows if row.run_id not in visible and row.is_withdrawn and row.was_published])
    )
    found: dict[str, ThingPage] = {}
    for row in rows:
        if row.run_id in visible:
            row.run = visible[row.run_id]
            note = gettext_lazy("Withdrawn") if row.is_withdrawn else ""
            found[str(row.pk)] = ThingPage(row.title, row.get_absolute_url(), note=note)
    return found


def results_of_runs(runs: Sequence[str]) -> Mapping[str, str]:
    """The result of each run that has one: the search finds results by their runs."""
    rows = Result.objects.filter(run__in=_numbers(runs)).values_list("run", "pk")
    return {str(run): str(pk) for run, pk in rows}


def _tombstones(reader: Reader, withdrawn: Sequence[int]) -> dict[int, Run]:
    """Of runs whose published results were withdrawn those of projects that the reader may see: their results' pages stay."""
    if not withdrawn:
        return {}
    rows = Run.objects.filter(pk__in=withdrawn, project__in=Project.objects.visible_to(reader)).select_related("project")
    return {run.pk: run for run in rows.only("number", "project__slug")}


def references(values: Sequence[str]) -> Mapping[str, Reference]:
    """How to cite results; those that were withdrawn are not cited."""
    rows = Result.objects.filter(pk__in=_numbers(values), withdrawn_at=None).select_related("run__project")
    unread = [f"run__{name}" for name in ("text", "steps", "files")]
    return {str(row.pk): reference_of(row) for row in rows.defer(*unread, "run__project__description")}


def name_of(run: Run) -> str:
    """What lists outside of its project call a run."""
    names = {"number": run.number, "title": run.title or run.specification.title, "project": run.project.title}
    return _("Run %(number)s: %(title)s (%(project)s)") % names


def _numbers(values: Sequence[str]) -> list[int]:
    return [number for value in values if (number := number_of(value))]


def _visible(reader: Reader, numbers: Sequence[int]) -> dict[int, Run]:
    """Some runs by their number in the database, as far as the reader may see them."""
    if not numbers:
        return {}
    rows = Run.objects.filter(pk__in=numbers).visible_to(reader).select_related("project", "specification")
    return {run.pk: run for run in rows.defer(*UNREAD)}
