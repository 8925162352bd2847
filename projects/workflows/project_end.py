"""What of a project's runs has not ended, how it is stopped, and in which order the rows of a deleted project go."""

from django.utils.translation import ngettext

from projects.deletion import Feature, delete_rows
from projects.models import Project
from projects.workflows import services
from projects.workflows.models import Keep, Run
from vre_portal.iam.models import User

UNDER_WAY = (Keep.Status.QUEUED, Keep.Status.UPLOADING)


def at_work(project: Project) -> list[str]:
    """Runs and uploads of results that have not ended."""
    runs = project.runs.exclude(status__in=Run.ENDED).count()
    keeps = Keep.objects.filter(run__project=project, status__in=UNDER_WAY).count()
    sentences = []
    if runs:
        sentences.append(ngettext("%(n)s run has not ended.", "%(n)s runs have not ended.", runs) % {"n": runs})
    if keeps:
        text = ngettext("%(n)s result is still being stored.", "%(n)s results are still being stored.", keeps)
        sentences.append(text % {"n": keeps})
    return sentences


def stop(by: User, project: Project) -> None:
    """Ask for all runs to end."""
    for run in project.runs.exclude(status__in=Run.ENDED).select_related("project"):
        services.stop(by=by, run=run)


def clear(project: Project) -> None:
    """Runs first: a specification that has runs is never deleted."""
    delete_rows(Run.objects.filter(project=project))


feature = Feature(at_work=at_work, stop=stop, clear=clear)
