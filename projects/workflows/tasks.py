"""The door for background work on runs: tasks carry ids, the worker functions do the work and may run twice."""

from celery import shared_task

from projects.workflows import archiving, copying, polling, thumbnails, worker
from projects.workflows.deletion import worker as deletion
from projects.workflows.entering import newer_commits
from projects.workflows.entering import worker as entering
from projects.workflows.inputs import worker as input_worker
from projects.workflows.launching import offer_worker
from projects.workflows.models import FetchSecret, Keep, Run, RunDeletion, WholeLog
from projects.workflows.notebook_pages import worker as notebook_pages
from projects.workflows.whole_logs import worker as whole_logs
from vre_portal.jobs import places
from vre_portal.jobs import sweep as sweeping
from vre_portal.services import ServiceKind

EXPIRES = 10  # seconds after which the next sweep queues it again: a worker that was away finds no pile of old tasks


@shared_task(name="workflows.submit", expires=EXPIRES)
@places.limited(ServiceKind.REANA, places.named_by(Run, "server"))
def submit(pk: int) -> None:
    """Bring one run to REANA."""
    worker.submit(pk)


@shared_task(name="workflows.stop", expires=EXPIRES)
@places.limited(ServiceKind.REANA, places.named_by(Run, "server"), is_short=True)
def stop(pk: int) -> None:
    """End one run."""
    worker.stop(pk)


@shared_task(name="workflows.ask_offers", ignore_result=True, expires=60)
def ask_offers(user: int) -> None:
    """Ask the servers what they offer, in the name of one person."""
    offer_worker.ask(user)


@shared_task(name="workflows.follow", expires=EXPIRES)
@places.limited(ServiceKind.REANA, lambda _user, server: server, is_short=True)
def follow(user: int, server: str) -> None:
    """Ask one server about all active runs of one person."""
    polling.follow(user, server)


@shared_task(name="workflows.list_files", expires=EXPIRES)
@places.limited(ServiceKind.REANA, places.named_by(Run, "server"), is_short=True)
def list_files(pk: int) -> None:
    """Ask at once about the runs of the person who wants the files of this one listed."""
    polling.follow_run(pk)


@shared_task(name="workflows.copy_files", expires=EXPIRES)
@places.limited(ServiceKind.REANA, places.named_by(Run, "server"))
def copy_files(run: int) -> None:
    """Copy the files of one run that wait for it."""
    copying.copy_files(run)


@shared_task(name="workflows.make_small", expires=EXPIRES)
def make_small(pk: int) -> None:
    """Make the small copy of one picture."""
    thumbnails.make_small(pk)


@shared_task(name="workflows.read_notebook", expires=EXPIRES)
def read_notebook(pk: int) -> None:
    """Read the executed notebook of one result of a notebook page."""
    notebook_pages.read(pk)


@shared_task(name="workflows.keep", expires=EXPIRES)
@places.limited(ServiceKind.RUCIO, places.named_by(Keep, "lake"))
def keep(pk: int) -> None:
    """Bring outputs into the Data Lake, or look how far the rule is."""
    archiving.proceed(pk)


@shared_task(name="workflows.delete_run", expires=EXPIRES)
@places.limited(ServiceKind.REANA, places.named_by(RunDeletion, "run__server"))
def delete_run(pk: int) -> None:
    """Delete what somebody wants deleted of a run."""
    deletion.delete(pk)


@shared_task(name="workflows.read_entry", expires=EXPIRES)
def read_entry(pk: int) -> None:
    """Fetch and read one specification that somebody enters."""
    entering.read(pk)


@shared_task(name="workflows.look_after_secret", expires=EXPIRES)
@places.limited(ServiceKind.REANA, places.named_by(FetchSecret, "run__server"), is_short=True)
def look_after_secret(pk: int) -> None:
    """Renew or delete the secret with which one run fetches its data."""
    input_worker.look_after(pk)


@shared_task(name="workflows.fetch_log", expires=EXPIRES)
@places.limited(ServiceKind.REANA, places.named_by(WholeLog, "run__server"))
def fetch_log(pk: int) -> None:
    """Fetch the whole log of one job."""
    whole_logs.fetch_log(pk)


@shared_task(name="workflows.forget_entries", ignore_result=True)
def forget_entries() -> None:
    """Delete what was not saved, contents that nothing has any more, and whole logs whose time is over."""
    entering.forget()
    whole_logs.forget()


@shared_task(name="workflows.look_for_commits", ignore_result=True)
def look_for_commits() -> None:
    """Ask the repositories whose day has come whether they have newer commits."""
    newer_commits.look()


@shared_task(name="workflows.sweep", ignore_result=True, expires=EXPIRES)
def sweep() -> None:
    """Find the runs that have to be looked at."""
    for user, server in polling.due():
        follow.delay(user, server)
    for pk in copying.runs_with_work():
        copy_files.delay(pk)


sweeping.add(submit, worker.launches)
sweeping.add(keep, archiving.keeps)
sweeping.add(read_entry, entering.runner)
sweeping.add(look_after_secret, input_worker.runner)
sweeping.add(delete_run, deletion.runner)
sweeping.add(fetch_log, whole_logs.runner)
sweeping.add(make_small, thumbnails.runner)
sweeping.add(read_notebook, notebook_pages.runner)
