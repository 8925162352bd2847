"""Starting a session as the start page asks for it, and the settings that are kept for the next one."""

from typing import Any
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from projects.locking import open_project_locked
from projects.models import Project
from projects.notebooks import choosing, services, tasks
from projects.notebooks.models import Session, StartSettings
from projects.notebooks.server_names import server_name
from projects.notebooks.start_options import StartOptions
from vre_portal.audit import record
from vre_portal.celery import enqueue
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind
from vre_portal.stop_switches.present import require_open


def start_session(
    *, by: User, project: Project, hub: Service, key: UUID, name: str = "", options: StartOptions, save_as: str = ""
) -> Session | None:
    """A session with these options; the same form sent twice starts one. None where one of this name is open. Raises ServiceStopped.

    One that is stopping is started again with these options once it has stopped. A form that is sent again with other options, or after
    its session ended, as with the browser's Back, starts another session.
    """
    server = server_name(project.slug, name)
    facts: dict[str, Any] = {
        "options": options.stored,
        **({"lake": choosing.lake_of(hub).name, "did": options.dids[0]} if options.dids else {}),
    }
    before = Session.objects.filter(by=by, key=key).first()
    if before and before.is_of_form(key, options) and before.server == server:
        return before
    stopping = Session.objects.filter(by=by, hub=hub.name, project=project, server=server, state=Session.State.STOPPING).first()
    if before and before != stopping:
        key = uuid4()
    if stopping and services.start_again(stopping, "notebook.open", lambda: stopping.open_again(key, **facts)):
        _keep(by, hub, options, save_as)
        return stopping
    require_open(ServiceKind.JUPYTERHUB, hub.name, "sessions")
    try:
        with transaction.atomic():
            open_project_locked(project)
            session = Session.objects.create(by=by, project=project, hub=hub.name, key=key, server=server, name=name, **facts)
            enqueue(tasks.start, session.pk)
            _keep(by, hub, options, save_as)
            data = {name: value for name, value in facts.items() if name != "options"}
            record("notebook.open", by=by, subject=f"project/{project.slug}", hub=hub.name, session=session.pk, server=server, **data)
    except IntegrityError:  # another request of the same person was faster
        return Session.objects.filter(by=by, key=key).first()
    return session


def _keep(by: User, hub: Service, options: StartOptions, save_as: str) -> None:
    keep_settings(by, hub, options)
    if save_as:
        keep_settings(by, hub, options, save_as)


def keep_settings(by: User, hub: Service, options: StartOptions, name: str = "") -> None:
    """Store them as the person's last, or under a name."""
    values = {"options": options.kept if name else options.size, "used_at": timezone.now()}
    StartSettings.objects.update_or_create(by=by, hub=hub.name, name=name, defaults=values)


def settings_of(by: User, hub: Service, number: str = "") -> StartOptions:
    """The settings that the person saved under this number, else those they used last."""
    own = StartSettings.objects.filter(by=by, hub=hub.name)
    found = own.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 18 else None
    found = found or own.filter(name="").first()
    return found.start_options if found else StartOptions()
