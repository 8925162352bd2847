"""What the chosen REANA itself says of a specification, as checks beside the portal's own; where it was not asked, they say so."""

import logging
import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows import reana
from projects.workflows.engines.titles import WORKFLOW
from projects.workflows.launching.bundle import NotSent, bundle_of
from projects.workflows.launching.overrides import Overrides
from projects.workflows.models import Specification
from projects.workflows.reana.bundles import MAX_BYTES, MAX_FILES
from projects.workflows.validation_results import BACKENDS, FILE, PARAMETERS, Check
from vre_portal import bounded_yaml
from vre_portal.http import RemoteError, RemoteUnavailable
from vre_portal.iam.models import User
from vre_portal.iam.vault import SignInAgain, access_token
from vre_portal.portable_gettext import grouped
from vre_portal.services import Dialect, Service, ServiceKind, services
from vre_portal.text import size as size_text

logger = logging.getLogger(__name__)
NAME = gettext_lazy("Validation by REANA")
TITLES: dict[str, str | Promise] = {
    "load": WORKFLOW,
    "schema": FILE,
    "additional_properties": FILE,
    "parameters": PARAMETERS,
    "compute_backend": BACKENDS,
    "image_not_allowed": gettext_lazy("Container images"),
    "input_path": gettext_lazy("Input files"),
}  # by REANA's codes; others are under NAME
QUOTED = re.compile(r"'([^']{2,200})'|\"([^\"]{2,200})\"|`([^`]{2,200})`")
OF_STEP = re.compile(r"\b(?:steps?|stages?|rules?)\b", re.IGNORECASE)  # what a finding speaks of
PLACE = r"{name}[\"']?(?::| *, line | line )(\d{{1,7}})"  # file.smk:3, "file.smk", line 3


def can_ask(server: Service) -> bool:
    """Whether the server may validate specifications: version 0.9 never does."""
    return server.dialect is Dialect.BEARER


def not_asked(server: Service) -> list[Check]:
    """Before anybody asks; where there are several servers, the words name the one that is meant."""
    words = _("Not checked yet.")
    if not can_ask(server):
        words = _older(server)
    elif len(services(ServiceKind.REANA)) > 1:
        words = _("Not checked yet by %(server)s.") % {"server": server.title}
    return [Check(str(NAME), "not checked", (words,))]


def ask(
    specification: Specification, overrides: Overrides, server: Service, person: User, parameters: Mapping[str, Any] | None = None
) -> list[Check]:
    """What the server says now of the workflow as it would be launched with these values. Never raises for what the server does."""
    try:
        if not reana.validates(server):
            return [Check(str(NAME), "not checked", (_older(server),))]
        bundle = bundle_of(specification, overrides, parameters)
        token = access_token(person, server, purpose=_("check a specification"))
        report = reana.validate(server, token, bundle.files)
    except NotSent:
        text = _("Not checked: the workflow has more than %(files)s files or %(size)s.")
        return [Check(str(NAME), "not checked", (text % {"files": grouped(MAX_FILES), "size": size_text(MAX_BYTES)},))]
    except OSError:
        logger.exception("the stored files of workflow %s cannot be read", specification.pk)
        return [Check(str(NAME), "not checked", (_("Not checked: the portal no longer has all files of the workflow."),))]
    except (RemoteError, SignInAgain) as error:
        words = _("%(reason)s Check again later.") % {"reason": error} if isinstance(error, RemoteUnavailable) else str(error)
        return [Check(str(NAME), "not checked", (words,))]
    places = Places(specification.text, bundle.files)
    checks = [_check(found, state, places, server) for state, found in _in_order(report)]
    if not checks and report.is_valid:
        checks = [Check(str(NAME), "ok", (_("%(server)s found nothing wrong.") % {"server": server.title},), decided_by=server.title)]
    elif not checks:
        text = _("%(server)s does not accept this specification and does not say why.")
        checks = [Check(str(NAME), "error", (text % {"server": server.title},), decided_by=server.title)]
    if bundle.left_out:
        text = _("Only the files that the reana.yaml declares were sent, because all of them are more than %(files)s or %(size)s.")
        checks.append(Check(str(NAME), "not checked", (text % {"files": grouped(MAX_FILES), "size": size_text(MAX_BYTES)},)))
    if bundle.data:
        text = _("The contents of data files were not checked; they were sent empty: %(paths)s.")
        names = ", ".join(bundle.data[:10]) + (", …" if len(bundle.data) > 10 else "")
        checks.append(Check(str(TITLES["input_path"]), "not checked", (text % {"paths": names},)))
    return checks


def _older(server: Service) -> str:
    return _("%(server)s is of a version that does not check specifications.") % {"server": server.title}


def _in_order(report: reana.Report) -> Iterable[tuple[str, reana.Finding]]:
    yield from (("error", found) for found in report.errors)
    yield from (("warning", found) for found in report.warnings)


def _check(found: reana.Finding, state: str, places: "Places", server: Service) -> Check:
    file, line = places.of(found)
    title = str(TITLES.get(found.code, NAME))
    message = found.message or _("%(server)s gives no reason (%(code)s).") % {"server": server.title, "code": found.code}
    return Check(title, state, (message,), file, line, decided_by=server.title)  # type: ignore[arg-type]


class Places:
    """Where in the files that were sent the findings of a server are: what that takes is read once for all of them."""

    def __init__(self, text: str, names: Iterable[str]) -> None:
        self._lines = text.splitlines()
        self._names = sorted(names, key=len, reverse=True)  # "rules/a.smk" before "a.smk"
        self._loaded: bounded_yaml.Loaded | None
        try:
            self._loaded = bounded_yaml.load(text)
        except bounded_yaml.BadYaml:
            self._loaded = None

    def of(self, found: reana.Finding) -> tuple[str, int | None]:
        """File and line of a finding; the file is empty for the reana.yaml, the line None where the finding does not lead to one."""
        if found.path:
            path = bounded_yaml.path_of(found.path)
            return "", self._loaded.line(path) if self._loaded and self._loaded.has(path[:1]) else None
        for name in self._names:
            if name in found.message and (match := re.search(PLACE.format(name=re.escape(name)), found.message)):
                return name, int(match[1])
        among = self._lines_of_steps if OF_STEP.search(found.message) else range(1, len(self._lines) + 1)
        for quoted in QUOTED.findall(found.message):
            if line := self._only_line("".join(quoted), among):
                return "", line
        return "", None

    @property
    def _lines_of_steps(self) -> range:
        """Where the reana.yaml has its steps; nowhere where they are in a file of their own."""
        return self._loaded.lines(("workflow", "specification", "steps")) if self._loaded else range(0)

    def _only_line(self, quoted: str, among: range) -> int | None:
        """The one of these lines of the reana.yaml that has this word; None where none or several have."""
        word = re.compile(rf"(?<![\w.-]){re.escape(quoted)}(?![\w.-])")
        lines = [number for number in among if quoted in self._lines[number - 1] and word.search(self._lines[number - 1])]
        return lines[0] if len(lines) == 1 else None
