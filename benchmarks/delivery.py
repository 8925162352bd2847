"""What a dataset costs as the input of a run: through the portal, and fetched by the run itself; side by side.

    devstack up
    python -m devstack.portal.manage -- python benchmarks/delivery.py [--did SCOPE:NAME] [--rounds 3] [--user lead]

In this process, with the services of the stack, in the name of one of its people, whose runs are deleted at the end; the stack's worker, which
would take them, is stopped meanwhile. "portal" counts the bytes of the data that this process sent to REANA; "brought"
is the time until the run was started, "there" the time until all files were in its workspace.
"""

import argparse
import json
import statistics
import sys
import time
import uuid
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

DATASET = "KM3NET_ECAP_SP:DM.PointSourceIRF.km3irf"
STEP = {"name": "look", "environment": "docker.io/library/python:3.13-slim", "commands": ["ls -l data"]}
CONTENT = {"inputs": {"directories": ["data"]}, "workflow": {"type": "serial", "specification": {"steps": [STEP]}}}
WAIT_SECONDS = 600


def measured(user: Any, did: str) -> tuple[int, float, float, int]:
    """One run: bytes through this process, seconds until it was started, seconds until the data were there, bytes of the data."""
    from projects.models import Project
    from projects.workflows import reana, staging, worker
    from projects.workflows.inputs import worker as secrets
    from projects.workflows.models import FetchSecret, Run, RunInput, Specification
    from vre_portal.iam.vault import access_token
    from vre_portal.services import ServiceKind, service

    carried, real = 0, staging.reana.upload

    def counted(server: Any, token: str, workflow: str, path: str, content: Any) -> None:
        nonlocal carried

        def pieces() -> Any:
            nonlocal carried
            for piece in content:
                carried += len(piece)
                yield piece

        real(server, token, workflow, path, content if isinstance(content, bytes) else pieces())

    text, project = json.dumps(CONTENT), Project.objects.mine(user).first()
    specification = Specification.objects.create(project=project, name=f"benchmark-{uuid.uuid4().hex[:8]}", title="Benchmark", text=text)
    facts = {"text": text, "key": uuid.uuid4(), "server": "reana", "name": Run.new_name(), "number": 10**6 + int(time.time()) % 10**6}
    inputs = {"data": {"lake": "escape", "did": did}}
    run = Run.objects.create(project=project, by=user, specification=specification, inputs=inputs, **facts)
    staging.reana.upload = counted
    began = time.perf_counter()
    try:
        worker.submit(run.pk)
        run = Run.objects.get(pk=run.pk)
        brought = time.perf_counter() - began
        if run.status != Run.Status.PENDING:
            raise SystemExit(f"the run was not started: {run.status} {run.error}")
        server = service(ServiceKind.REANA, "reana")
        token = access_token(user, server, purpose="benchmark")
        while run.fetch_commands and reana.status(server, token, run.remote_id).finished < len(run.fetch_commands):
            if time.perf_counter() - began > WAIT_SECONDS:
                raise SystemExit("the data did not come")
            time.sleep(0.1)
        there = time.perf_counter() - began
        size = sum(RunInput.objects.filter(run=run).values_list("bytes", flat=True))
        while reana.status(server, token, run.remote_id).status not in Run.ENDED:
            time.sleep(0.2)
        reana.delete(server, token, run.remote_id)
        return carried, brought, there, size
    finally:
        staging.reana.upload = real
        Run.objects.filter(pk=run.pk).update(status=Run.Status.STOPPED, lease_until=None)
        for secret in FetchSecret.objects.filter(run=run):
            FetchSecret.objects.filter(pk=secret.pk).update(lease_until=None)
            secrets.look_after(secret.pk)
        Run.objects.filter(pk=run.pk).delete()
        specification.delete()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--did", default=DATASET)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--user", default="lead")
    options = parser.parse_args()
    django.setup()

    from devstack.address import DEMO_USERS
    from tests.portal_client import stopped
    from tests.stack import portal_session
    from vre_portal.iam.models import User

    portal_session(options.user)  # a sign-in, so that the portal has tokens
    user = User.objects.get(email=DEMO_USERS[options.user][1])
    with stopped("worker"):
        compare(user, options.did, options.rounds)


def compare(user: Any, did: str, rounds: int) -> None:
    """A line for each way."""
    from django.conf import settings

    for title, megabytes in (("through the portal", 10**6), ("by the run itself", 0)):
        settings.STREAMED_MEGABYTES, settings.STREAMED_GIGABYTES = megabytes, megabytes
        found = [measured(user, did) for _ in range(rounds)]
        carried, brought, there, size = (statistics.median(values) for values in zip(*found, strict=True))
        print(f"{title:20} data {size / 1e6:8.2f} MB  portal {carried / 1e6:8.2f} MB  brought {brought:6.2f} s  there {there:6.2f} s")


if __name__ == "__main__":
    main()
