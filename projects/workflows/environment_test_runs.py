"""Tests of environments as small workflows at REANA, in the name of the person who asks: no project has them, and they are deleted when they end."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows import reana
from projects.workflows.models import Run
from vre_portal.environment_tests import Order, Progress
from vre_portal.http import RemoteError, RemoteRefused
from vre_portal.iam.models import User
from vre_portal.iam.stored import services as stored
from vre_portal.iam.vault import access_token
from vre_portal.jobs import holds
from vre_portal.services import Service, ServiceKind, service, services
from vre_portal.stop_switches.present import stop_of
from vre_portal.text import storable

LOG_CHARACTERS = 4000  # of the end of a log that a failed test shows


class ReanaTests:
    """At the first REANA of services.toml. `memo` holds its name and the workflow's id there."""

    key = "reana"

    @property
    def title(self) -> str:
        return next((server.title for server in services(ServiceKind.REANA)), "")

    def refusal(self, user: User) -> str:
        servers = services(ServiceKind.REANA)
        if not servers:
            return _("Environments are not tested here: this portal has no REANA.")
        if stored.is_missing(user, servers[0]):
            return _("%(server)s needs a token of its own: store one in your account first.") % {"server": servers[0].title}
        if stop_of(ServiceKind.REANA, servers[0].name, "runs"):
            return _("New runs at %(server)s are stopped by the administrators. Test it later.") % {"server": servers[0].title}
        return ""

    def advance(self, order: Order, memo: Mapping[str, Any]) -> Progress:
        server = service(ServiceKind.REANA, memo.get("server"))
        token = _token(order, server)
        workflow = str(memo.get("workflow") or _found_or_created(order, server, token))
        known = {"server": server.name, "workflow": workflow}
        status = reana.status(server, token, workflow).status
        if status == Run.Status.CREATED:
            refusal = RemoteRefused(_("%(server)s did not start the test.") % {"server": server.title}, service=server)
            try:
                reana.start(server, token, workflow)
            except RemoteRefused as error:  # also where it runs already: an earlier attempt was interrupted here
                refusal = error
            if reana.status(server, token, workflow).status == Run.Status.CREATED:
                raise refusal
            return Progress(known, words=_("Started at %(server)s.") % {"server": server.title})
        if status not in Run.ENDED:
            return Progress(known, words=_("Running at %(server)s.") % {"server": server.title})
        output = _output(server, token, workflow)
        _delete(server, token, workflow)
        words = "" if status == Run.Status.FINISHED else output.strip()[-LOG_CHARACTERS:]
        was_stopped = status in (Run.Status.STOPPED, Run.Status.DELETED)
        if was_stopped:
            words = _("The test was stopped at %(server)s.") % {"server": server.title}
        return Progress(known, is_over=True, output=output, was_stopped=was_stopped, words=words)

    def abandon(self, order: Order, memo: Mapping[str, Any]) -> None:
        server = service(ServiceKind.REANA, memo.get("server"))
        token = _token(order, server)
        known = [str(memo["workflow"])] if memo.get("workflow") else [found.id for found in reana.find_by_name(server, token, order.name)]
        for workflow in known:
            with suppress(RemoteRefused):
                reana.stop(server, token, workflow)
            _delete(server, token, workflow)


def _token(order: Order, server: Service) -> str:
    return access_token(order.by, server, purpose=_("test the environment %(image)s") % {"image": order.image})


def _found_or_created(order: Order, server: Service, token: str) -> str:
    """An earlier attempt's workflow, else a new one."""
    if found := reana.find_by_name(server, token, order.name):
        return found[0].id
    holds.require_open(ServiceKind.REANA, server.name, "runs")
    step = {"name": "import", "environment": order.image, "commands": [order.command]}
    specification = {"version": "0.9.0", "workflow": {"type": "serial", "specification": {"steps": [step]}}}
    return reana.create(server, token, order.name, specification)


def _output(server: Service, token: str, workflow: str) -> str:
    """What the job has written, or what the engine says where there was none."""
    logs = reana.logs(server, token, workflow)
    return storable("\n".join(job.log for job in logs.jobs) or logs.engine)


def _delete(server: Service, token: str, workflow: str) -> None:
    """Leave nothing there that counts against the person's quota; what cannot be deleted is theirs to see at REANA."""
    with suppress(RemoteError):
        reana.delete(server, token, workflow)
