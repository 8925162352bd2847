"""Tasks that the portal gives to the worker; their arguments are numbers of rows, never tokens."""

from functools import partial

from celery import shared_task
from django.db import transaction

from vre_portal.http import RemoteUnavailable
from vre_portal.iam import worker


@shared_task(name="iam.revoke", ignore_result=True)
def revoke(token_id: int) -> None:
    """Revoke the tokens of one retired row; an IAM that is down is asked again by the sweep."""
    try:
        worker.revoke(token_id)
    except RemoteUnavailable:
        return


@shared_task(name="iam.sweep", ignore_result=True)
def sweep() -> None:
    """Find what the broker lost, and forget what has run out."""
    worker.forget()
    for token_id in worker.left_over():
        revoke.delay(token_id)


def revoke_soon(token_ids: list[int]) -> None:
    """Once the rows are committed; a broker that is down must not keep anyone signed in."""
    for token_id in token_ids:
        transaction.on_commit(partial(revoke.delay, token_id), robust=True)
