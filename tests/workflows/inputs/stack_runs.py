"""Runs on the stack's REANA, brought there and followed as the workers do, in the database of a test."""

import time
from datetime import timedelta

import jwt
from django.utils import timezone

from devstack.address import IAM_ISSUER
from projects.workflows import polling, worker
from projects.workflows.inputs import worker as secret_worker
from projects.workflows.models import FetchSecret, Run
from tests.devstack.iam_client import login
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.iam.oidc.tokens import Tokens


def sign_in_lead() -> User:
    """The demonstration's lead, with a sign-in at the real IAM in this database."""
    answer = login("lead")
    claims = jwt.decode(answer["access_token"], options={"verify_signature": False})
    person = User.objects.for_identity(IAM_ISSUER, claims["sub"], name="lead")
    end = timezone.now() + timedelta(seconds=answer["expires_in"])
    tokens = Tokens(access=answer["access_token"], refresh=answer["refresh_token"], identity="", scope=answer["scope"], expires_at=end)
    vault.store_sign_in(person, tokens)
    return person


def submitted(run: Run) -> Run:
    """The run, launched; a server that is slow just now is asked again, as the workers do."""
    deadline = time.monotonic() + 120
    while (found := Run.objects.get(pk=run.pk)).status in Run.UNSUBMITTED and time.monotonic() < deadline:
        Run.objects.filter(pk=run.pk).update(lease_until=None)
        worker.submit(run.pk)
    return found


def ended(run: Run) -> Run:
    """The run, followed to its end as the workers do."""
    secret, deadline = FetchSecret.objects.filter(run=run).first(), time.monotonic() + 400
    while time.monotonic() < deadline:
        Run.objects.filter(pk=run.pk).update(lease_until=None)
        polling.follow(run.by_id, "reana")
        if secret:
            FetchSecret.objects.update(lease_until=None)
            secret_worker.look_after(secret.pk)
        run = Run.objects.get(pk=run.pk)
        if run.ended:
            return run
        time.sleep(1)
    raise AssertionError((run.status, run.error))
