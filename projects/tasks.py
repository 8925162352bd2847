"""Celery tasks of projects."""

from celery import shared_task

from projects.lifecycle import worker
from vre_portal.jobs import sweep


@shared_task(name="projects.delete")
def delete_project(pk: int) -> None:
    """Delete the rows of a project that has ended."""
    worker.delete(pk)


sweep.add(delete_project, worker.runner)
