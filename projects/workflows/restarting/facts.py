"""Whether a failed run can be continued, from which step, and why not."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from projects.workflows.engines.reading import Reading
from projects.workflows.inputs import own_step
from projects.workflows.models import Run
from projects.workflows.permissions import may_copy
from projects.workflows.readings import written_steps
from projects.workflows.steps import ShownStep
from vre_portal.iam.models import User

# Snakemake looks by itself for what is missing; the engines of the other kinds begin at the beginning.
ENGINES = ("serial", "snakemake")


@dataclass(frozen=True)
class Continuation:
    """How a run can be continued: `step` is empty where the engine finds the place itself; `why_not` says why it cannot."""

    step: str = ""
    why_not: str = ""

    @property
    def is_possible(self) -> bool:
        return not self.why_not


def continuation_of(user: User | AnonymousUser, run: Run, reading: Reading, steps: Sequence[ShownStep]) -> Continuation | None:
    """How somebody may continue the run; None where that is no question: it did not fail at REANA, or is somebody else's."""
    if run.status != Run.Status.FAILED or not run.remote_id or run.started_at is None or not may_copy(user, run):
        return None
    if run.workspace_deleted_at:
        return Continuation(why_not=_("It can’t be continued: its files at REANA were deleted."))
    if reading.engine not in ENGINES:
        return Continuation(why_not=_("The engine of this workflow always starts from the beginning."))
    later = Run.objects.sharing_workspace(run).begun_or_waiting().filter(number__gt=run.number)
    if newer := later.order_by("-number").only("number", "project_id").first():
        return Continuation(why_not=_("Run %(number)s continues this run.") % {"number": newer.number})
    return Continuation() if reading.engine == "snakemake" else _at_step(run, steps)


def _at_step(run: Run, steps: Sequence[ShownStep]) -> Continuation:
    """A serial workflow is continued at a step by its name, which REANA's engine looks for from the first one on."""
    names = [str(step.get("name") or "") for step in written_steps(run.content)]
    if any(step.state == "failed" and step.node.key == own_step.STEP for step in steps):
        return Continuation(why_not=_("It can’t be continued: its files were not brought into the workspace."))
    written = [step for step in steps if step.node.key != own_step.STEP]  # the portal's own step is not the author's
    failed = next((number for number, step in enumerate(written) if step.state == "failed"), len(names))
    if failed >= len(names):
        return Continuation(why_not=_("It can’t be continued: it is not known which step failed."))
    name = names[failed]
    if not name:
        return Continuation(why_not=_("It can’t be continued: the step that failed has no name in the specification."))
    if names.count(name) > 1:
        return Continuation(why_not=_("It can’t be continued: several steps are called “%(name)s”.") % {"name": name})
    return Continuation(step=name)
