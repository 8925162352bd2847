"""Files of other runs and uploads as inputs: which of them somebody may use, and their bytes with the checksum asked."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.db.models.fields.files import FieldFile
from django.utils.translation import gettext as _

from projects.audience import Origin
from projects.models import Project
from projects.workflows.inputs.sources import value_of
from projects.workflows.models import InputUpload, Run, RunFile, RunInput
from projects.workflows.permissions import origins_of
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User

PIECE = 256 * 1024
LARGE = ("text", "code", "steps", "files", "parameters")  # columns of a run that are not wanted here


@dataclass(frozen=True)
class Attached:
    """A file that is bound to an input and that somebody may use."""

    path: str
    value: str
    name: str
    size: int | None
    sha256: str
    content: FieldFile
    run: Run | None = None  # that made it
    upload: InputUpload | None = None

    @property
    def origins(self) -> list[Origin]:
        """The scopes of the data that it comes from."""
        return origins_of(self.run) if self.run else []

    def pieces(self) -> Iterator[bytes]:
        """Its content. Raises RemoteRefused where it is gone, or at the end where it is not what it was."""
        digest = hashlib.sha256()
        try:
            with self.content.open("rb") as handle:
                while piece := handle.read(PIECE):
                    digest.update(piece)
                    yield piece
        except FileNotFoundError:
            raise RemoteRefused(_("Input %(path)s cannot be used: the portal no longer has its content.") % {"path": self.path}) from None
        if digest.hexdigest() != self.sha256:
            raise RemoteRefused(_("Input %(path)s cannot be used: its content does not match its checksum.") % {"path": self.path})


def usable(user: User, project: Project, attached: Mapping[str, Mapping[str, Any]]) -> dict[str, Attached]:
    """Those that the person may use in a run of the project, by path. Nothing tells what is missing from what is not for them."""
    numbers = {int(source["file"]) for source in attached.values() if "file" in source}
    hashes = {str(source["stored"]) for source in attached.values() if "stored" in source}
    files = {file.pk: file for file in results_of(files_for(user, project).filter(pk__in=numbers))} if numbers else {}
    uploads = InputUpload.objects.usable_by(user, project).filter(stored__sha256__in=hashes).select_related("stored") if hashes else ()
    by_hash = {upload.stored.sha256: upload for upload in uploads}
    found = {}
    for path, source in attached.items():
        file, upload = files.get(source.get("file", 0)), by_hash.get(source.get("stored", ""))
        if file:
            found[path] = Attached(path, value_of(source), file.label, file.size, file.sha256, file.file, run=file.run)
        elif upload:
            stored = upload.stored
            found[path] = Attached(path, value_of(source), upload.name, stored.size, stored.sha256, stored.file, upload=upload)
    return found


def files_for(user: User, project: Project) -> Any:
    """Files of runs that are here and that the person may use in a run of the project: of its runs that they see, and of their own."""
    runs = Run.objects.visible_to(user).filter(Q(project=project) | Q(by=user)).values("pk")
    files = RunFile.objects.copied().filter(run__in=runs).exclude(sha256="")
    unread = [f"run__{name}" for name in LARGE]
    return (
        files.select_related("run__project", "run__specification")
        .defer(*unread, "run__specification__text")
        .prefetch_related("run__origins")
    )


def results_of(files: Iterable[RunFile]) -> list[RunFile]:
    """Those that their runs made: not what came from a Data Lake or another run. One question for all."""
    found = list(files)
    read: dict[int, list[str]] = {}
    for run, path in RunInput.objects.filter(run__in={file.run_id for file in found}).values_list("run", "path") if found else ():
        read.setdefault(run, []).append(path)
    for file in found:
        file.run.__dict__["data_paths"] = file.run.with_data_paths(read.get(file.run_id, ()))
    return [file for file in found if not file.is_input_data]


def not_usable(path: str) -> str:
    """What is said of a file that is missing, or that the person may not use."""
    return _("The file chosen for %(path)s is not available to you, or is no longer here. Choose another one.") % {"path": path}
