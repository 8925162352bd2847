"""What has to be so before a run is created at REANA: its files are known, those on tape are staged, and how each comes is decided."""

from projects.workflows.inputs import archive, fetching, resolving, tape
from projects.workflows.inputs.asking import Asker
from projects.workflows.models import Run
from vre_portal.services import Service


def prepare(run: Run, server: Service) -> float:
    """Returns the pause after which it is looked at again while files are on tape, else 0. Raises RemoteRefused that names what is wrong."""
    archive.choose(run, server)
    if not run.inputs:
        return 0
    asker = Asker(run)
    rows = resolving.resolve(run, asker)
    if pause := tape.wait(run, rows, asker):
        return pause
    fetching.choose(run, server, rows, asker)
    return 0
