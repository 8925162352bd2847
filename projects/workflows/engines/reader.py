"""Read one specification of a repository: its reana.yaml in the portal, the workflow's own files in a confined process."""

import logging
import posixpath
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext as _

from projects.workflows import reana_yaml
from projects.workflows.engines import asking, serial
from projects.workflows.engines.checks import Checker
from projects.workflows.engines.engine_checks import check_engine
from projects.workflows.engines.node_checks import check_serial
from projects.workflows.engines.parameters import Parameters, read_parameters
from projects.workflows.engines.reading import Reading
from projects.workflows.engines.texts import BadText, text_of
from projects.workflows.engines.titles import LATER, WORKFLOW
from projects.workflows.engines.words import is_stop, nearest
from projects.workflows.validation_results import FILE, Check
from vre_portal import bounded_yaml

logger = logging.getLogger(__name__)


def read(
    files: Mapping[str, bytes],
    path: str,
    *,
    root: str = "",
    placeholders: Collection[str] = (),
    parameters: dict[str, Any] | None = None,
    backends: Sequence[str] | None = None,
    no_workflow: str = "",
) -> Reading:
    """What is understood of the reana.yaml at `path`; never raises. Nothing of it is run in this process.

    `files` are the repository's by their paths from its root; `root` is the folder that names in the specification count from.
    `placeholders` are names of data that come later, `parameters` values that replace those of the specification, `backends` what the
    REANA server has, where it is known. `no_workflow` says why the workflow's own file is not among the files.
    """
    try:
        return _read(files, path, root.strip("/"), list(placeholders), parameters or {}, backends, no_workflow)
    except Exception:
        logger.exception("A specification could not be read")
        fault = Check(str(FILE), "error", (_("The portal could not read this specification."),), path, decided_by="portal")
        return Reading(checks=(fault, *_not_looked_at(_("The specification could not be read."))))


def checks_of_text(text: str, path: str) -> tuple[Check, ...]:
    """The checks of a reana.yaml alone, fast enough for a page: no other file is looked into, and no engine is asked."""
    checked = reana_yaml.read(text)
    if checked.engine in ("", "serial") or checked.faults:
        return read({path: text.encode(errors="replace")}, path).checks
    checker = Checker(path, _lines(text), None)
    checker.specification(checked)
    checker.not_looked_at(_("The files of the workflow are read when you review it."), [WORKFLOW, *LATER])
    return tuple(checker.checks)


def _read(
    files: Mapping[str, bytes],
    path: str,
    root: str,
    placeholders: list[str],
    values: dict[str, Any],
    backends: Sequence[str] | None,
    no_workflow: str,
) -> Reading:
    try:
        text = text_of(files, path)
    except BadText as error:
        fault = Check(str(FILE), "error", (str(error),), path, error.line, decided_by="portal")
        return Reading(checks=(fault, *_not_looked_at(_("The specification file has an error."))))
    checked = reana_yaml.read(text)
    checker = Checker(path, _lines(text), backends)
    checker.specification(checked)
    if checker.has_errors or not checked.engine:
        return Reading(
            engine=checked.engine,
            parameters=checked.parameters,
            checks=(*checker.checks, *_not_looked_at(_("The specification file has an error."))),
        )
    parameters = replace(read_parameters(files, path, checked, root, values), root=root)
    if checked.engine == "serial":
        nodes = serial.nodes(checked, checker.loaded, path)
        check_serial(checker, nodes, parameters)
        return Reading(engine="serial", nodes=nodes, parameters=parameters.values, checks=tuple(checker.checks))
    return _by_engine(files, checked, checker, root, placeholders, parameters, no_workflow)


def _by_engine(
    files: Mapping[str, bytes],
    checked: reana_yaml.ReanaYaml,
    checker: Checker,
    root: str,
    placeholders: list[str],
    parameters: Parameters,
    no_workflow: str,
) -> Reading:
    engine, file = checked.engine, str((checked.content.get("workflow") or {}).get("file") or "")
    name = posixpath.normpath(posixpath.join(root, file))
    if not file:
        return _without(checker, engine, parameters, _("The steps are not in a file of their own, and the portal reads files only."))
    if name not in files:
        words = no_workflow or _("%(file)s is not in the repository.") % {"file": name[:300]}
        suggestion = "" if no_workflow else nearest(name, files)
        checker.note(WORKFLOW, "error", words, line=checker.at("workflow", "file"), suggestion=suggestion)
        return _without(checker, engine, parameters, _("The workflow's file is missing."))
    try:
        text_of(files, name)
    except BadText as error:
        checker.note(WORKFLOW, "error", str(error), file=name, line=error.line)
        return _without(checker, engine, parameters, _("The workflow's file has an error."))
    wish = {"root": root, "file": file, "placeholders": placeholders, "parameters": parameters.values}
    answer = asking.ask(engine, files, wish)
    if answer.why_not:
        return replace(_without(checker, engine, parameters, answer.why_not, isolated_by=answer.isolated_by), by_clock=answer.by_clock)
    awaited = [item for item in placeholders if posixpath.normpath(posixpath.join(root, item)) in answer.opened]
    check_engine(checker, engine, name, answer, parameters, awaited)
    return Reading(
        engine=engine,
        engine_version=answer.version,
        nodes=answer.nodes,
        left_out=answer.left_out,
        parameters=parameters.values,
        submission=answer.submission,
        checks=tuple(checker.checks),
        includes=answer.includes,
        opened=answer.opened,
        is_partial=any(is_stop(fault) for fault in answer.faults),
        isolated_by=answer.isolated_by,
    )


def _without(checker: Checker, engine: str, parameters: Parameters, why_not: str, *, isolated_by: tuple[str, ...] = ()) -> Reading:
    """The reading where the engine was not asked, or gave no answer."""
    checker.not_looked_at(why_not, [WORKFLOW, *LATER])
    return Reading(engine=engine, parameters=parameters.values, checks=tuple(checker.checks), isolated_by=isolated_by, why_not=why_not)


def _not_looked_at(reason: str) -> list[Check]:
    return [Check(str(name), "not checked", (reason,)) for name in LATER]


def _lines(text: str) -> bounded_yaml.Loaded | None:
    try:
        return bounded_yaml.load(text)
    except bounded_yaml.BadYaml:
        return None
