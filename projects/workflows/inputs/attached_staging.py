"""Bring files of other runs and uploads into a run's workspace."""

from django.utils.translation import gettext as _

from projects.workflows import notices, reana
from projects.workflows.inputs.attached import usable
from projects.workflows.models import Run
from projects.workflows.reana_yaml import workspace_path
from vre_portal.http import RemoteRefused
from vre_portal.iam.vault.group_refresh import refresh_user
from vre_portal.services import Service


def bring_attached(run: Run, server: Service, token: str, sizes_there: dict[str, int]) -> None:
    """Upload what is not there yet with the right size, as far as the person may still read all of it; raises RemoteError."""
    if not run.attached:
        return
    files = usable(refresh_user(run.by), run.project, run.attached)
    if missing := [path for path in run.attached if path not in files]:
        text = _("Input %(path)s could not be read: the file is no longer here, or %(person)s no longer has access to it.")
        raise RemoteRefused(text % {"path": missing[0], "person": run.by})
    run.comes_from(*{origin for file in files.values() for origin in file.origins})  # before any of their bytes are in the workspace
    if run.published_at:
        notices.audience_changed(run)
    for name, file in files.items():
        run.hold()
        path = workspace_path(name) or name
        if sizes_there.get(path) != file.size:
            reana.upload(server, token, run.remote_id, path, file.pieces())
