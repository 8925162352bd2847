"""Where the pages of results are."""

from projects.workflows.models import Run


def page_of(run: Run) -> str:
    return f"/projects/{run.project.slug}/results/{run.number}/"
