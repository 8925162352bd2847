"""Further runs of a project, and what its list shows of them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from django.test import Client

from projects.models import Membership, Project, Role
from projects.workflows.models import Run
from vre_portal.iam.models import User

BEGIN = datetime(2026, 11, 1, 12, tzinfo=UTC)


def join(project: Project, person: User) -> None:
    Membership.objects.create(project=project, user=person, role=Role.MEMBER)


def another(run: Run, number: int, **fields: Any) -> Run:
    """A further run of the same project, an hour after the one before."""
    begin = BEGIN + timedelta(hours=number)
    values = {"by": run.by, "status": Run.Status.FINISHED, "created_at": begin, "started_at": begin, **fields}
    values.setdefault("finished_at", begin + timedelta(minutes=number))
    common = {"project": run.project, "specification": run.specification, "text": run.text, "server": run.server}
    return Run.objects.create(**{"number": number, "key": uuid.uuid4(), "name": Run.new_name(), **common, **values})


def numbers(client: Client, run: Run, query: str = "") -> list[int]:
    """The numbers of the runs that a project's list shows, page after page."""
    address: str | None = f"/projects/{run.project.slug}/workflows/?{query}&format=json"
    found = []
    while address:
        reply = client.get(address)
        assert reply.status_code == 200
        found += [item["number"] for item in reply.json()["items"]]
        address = reply.json()["next"]
    return found
