"""The workflow of a notebook that has none: one step that executes it with papermill, with the parameters of the file beside it."""

import re
import shlex
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

import yaml
from django.db import IntegrityError, transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from catalog.environments.lookup import environments_with
from projects.locking import open_project_locked
from projects.models import Project
from projects.workflows import engines
from projects.workflows.entering import reading
from projects.workflows.entering.forms import RESERVED
from projects.workflows.entering.saving import add_version, require_room
from projects.workflows.models import NotebookPage, Specification, SpecificationVersion, StoredFile
from projects.workflows.notebook_pages.services import add_page
from projects.workflows.notebook_pages.sidecar import Sidecar, SidecarFault, read_sidecar
from projects.workflows.refusals import NotNow
from vre_portal.iam.models import User
from vre_portal.text import plain

OUTPUT = "notebook-page/executed.ipynb"
PATH = re.compile(r"[\w./+ -]{1,300}")  # of a notebook, as it stands in a command
TIME_LIMIT = 3600  # seconds, after which REANA ends a notebook that loops
MAX_SIDECAR_BYTES = 100_000
LONGEST_NAME = 60


def images() -> dict[str, str]:
    """The images of workflow steps that have papermill, with the names of their environments."""
    found = {row.current.image: row.name for row, _version in environments_with("papermill") if row.for_workflows and row.current}
    return dict(sorted(found.items(), key=lambda item: item[1]))


def sidecar_of(version: SpecificationVersion, notebook: str) -> Sidecar:
    """What the file beside a notebook says; empty where there is none. Raises SidecarFault."""
    stem = PurePosixPath(notebook).with_suffix("")
    rows = version.files.filter(path__in=[f"{stem}.yaml", f"{stem}.yml"]).select_related("stored").order_by("path")
    file = rows.first()
    if file is None:
        return Sidecar()
    if file.stored.size > MAX_SIDECAR_BYTES:
        raise SidecarFault(_("It is too large."))
    try:
        return read_sidecar(file.stored.read().decode())
    except UnicodeDecodeError:
        raise SidecarFault(_("It is not text in UTF-8.")) from None
    except OSError:
        raise SidecarFault(_("The portal no longer has it. Add the workflow again.")) from None


def specification_text(notebook: str, image: str, parameters: Mapping[str, Any]) -> str:
    """The reana.yaml that executes the notebook in its own folder."""
    flags = [f'-{"r" if isinstance(value, str) else "p"} {name} "${{{name}}}"' for name, value in parameters.items()]
    folder = str(PurePosixPath(notebook).parent)
    command = ["papermill --no-progress-bar", f"--cwd {_quoted(folder)}", _quoted(notebook), OUTPUT, *flags]
    step = {
        "name": "notebook",
        "environment": image,
        "kubernetes_job_timeout": TIME_LIMIT,
        "commands": [f"mkdir -p {PurePosixPath(OUTPUT).parent}", " ".join(command)],
    }
    content = {
        "version": "0.9.4",
        "inputs": {"files": [notebook], **({"parameters": dict(parameters)} if parameters else {})},
        "workflow": {"type": "serial", "specification": {"steps": [step]}},
        "outputs": {"files": [OUTPUT]},
    }
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=10_000)


def _quoted(path: str) -> str:
    """A path as one word of a command, that is no option of it."""
    return shlex.quote(f"./{path}" if path.startswith("-") else path)


def make_page(*, by: User, source: Specification, notebook: str, image: str, is_public: bool) -> NotebookPage:
    """A workflow for the notebook of another workflow's files, and its page. Raises NotNow, NoRoom, ProjectClosed."""
    version = _version_of(source)
    sidecar = _sidecar(version, notebook)
    title = sidecar.title or plain(PurePosixPath(notebook).stem)[:200]
    try:
        with transaction.atomic():
            project = open_project_locked(source.project)
            specification = Specification(project=project, name=_free_name(project, notebook), title=title)
            _save(by, specification, version, notebook, image, sidecar)
            return add_page(
                by=by, specification=specification, is_public=is_public, output=OUTPUT, source=source, notebook=notebook,
                description=sidecar.description,
            )  # fmt: skip
    except IntegrityError:
        raise NotNow(_("The workflow was changed or deleted meanwhile. Try again.")) from None


def update_page(*, by: User, page: NotebookPage) -> None:
    """Take the notebook and its parameters as they are now in the workflow that they come from. Raises NotNow, NoRoom, ProjectClosed."""
    if page.source is None:
        raise NotNow(_("The workflow that this notebook comes from was deleted."))
    version = _version_of(page.source)
    sidecar = _sidecar(version, page.notebook)
    with transaction.atomic():
        open_project_locked(page.specification.project)
        steps = page.specification.step_specifications
        _save(by, page.specification, version, page.notebook, steps[0]["environment"] if steps else "", sidecar)


def is_behind(page: NotebookPage) -> bool:
    """Whether the notebook's own workflow has another commit, or other files, than the page was made from."""
    source, made = page.source.current if page.source else None, page.specification.current
    if source is None or made is None:
        return False
    if source.commit or made.commit:
        return source.commit != made.commit
    return dict(_files(source)) != dict(_files(made))


def _files(version: SpecificationVersion) -> list[tuple[str, str]]:
    return list(version.files.values_list("path", "stored__sha256"))


def _version_of(source: Specification) -> SpecificationVersion:
    if source.current is None:
        raise NotNow(_("This workflow has no stored files."))
    return source.current


def _sidecar(version: SpecificationVersion, notebook: str) -> Sidecar:
    if not PATH.fullmatch(notebook) or not version.files.filter(path=notebook).exists():
        raise NotNow(_("The workflow has no such notebook any more."))
    try:
        return sidecar_of(version, notebook)
    except SidecarFault as fault:
        text = _("The parameters in %(file)s cannot be used. %(fault)s")
        raise NotNow(text % {"file": f"{PurePosixPath(notebook).stem}.yaml", "fault": fault}) from None


def _save(
    by: User, specification: Specification, version: SpecificationVersion, notebook: str, image: str, sidecar: Sidecar
) -> SpecificationVersion:
    files: dict[str, StoredFile] = {file.path: file.stored for file in version.files.select_related("stored")}
    require_room(specification.project, files)
    text = specification_text(notebook, image, sidecar.parameters)
    understood = engines.read({"reana.yaml": text.encode()}, "reana.yaml", root="", placeholders=list(files), parameters=None)
    return add_version(
        specification, by=by, text=text, files=files, data={}, origin=SpecificationVersion.Origin.COPY, address=version.address,
        ref=version.ref, commit=version.commit, parameter_schema=sidecar.schema, reading=reading.as_json(understood),
    )  # fmt: skip


def _free_name(project: Project, notebook: str) -> str:
    """A name that no workflow of the project has, and no address of the portal."""
    stem = slugify(PurePosixPath(notebook).stem)[: LONGEST_NAME - 8] or "notebook"
    taken = {*RESERVED, *project.specifications.filter(name__startswith=stem).values_list("name", flat=True)}
    return next(name for number in range(1, len(taken) + 2) if (name := stem if number == 1 else f"{stem}-{number}") not in taken)
