"""Checks of what an engine answered: its faults in words, then what its steps say."""

from collections.abc import Sequence

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.workflows import validation
from projects.workflows.engines.answers import Answer
from projects.workflows.engines.checks import Checker
from projects.workflows.engines.cwl_places import outside_workspace
from projects.workflows.engines.cwl_types import fits
from projects.workflows.engines.node_checks import check_backends, check_named, check_operations, unused_parameters
from projects.workflows.engines.parameters import Parameters
from projects.workflows.engines.titles import LATER, TITLES, WORKFLOW
from projects.workflows.engines.words import IN_COMMANDS, WARNINGS, nearest, sentence
from projects.workflows.validation_results import COMMANDS, FILE, PARAMETERS


def check_engine(checker: Checker, engine: str, name: str, answer: Answer, parameters: Parameters, awaited: Sequence[str] = ()) -> None:
    """All checks of a workflow of CWL, Snakemake or Yadage whose file is `name`; `awaited` are the data of a launch that were read as empty files."""
    broken = [fault for fault in answer.faults if fault.get("kind") not in (*IN_COMMANDS, *WARNINGS) and not fault.get("missing")]
    if broken and awaited:
        words = _(
            "Not checked: the workflow reads %(files)s to find its steps, and that comes with the launch. With an empty file: %(reason)s"
        )
        reason, _suggestion = sentence(broken[0], parameters.values)
        _of_parameters(checker, parameters)
        checker.not_looked_at(words % {"files": ", ".join(awaited[:5]), "reason": reason}, [WORKFLOW, *LATER])
        return
    for fault in answer.faults:
        message, suggestion = sentence(fault, parameters.values)
        title = COMMANDS if fault.get("kind") in IN_COMMANDS else WORKFLOW
        is_warning = fault.get("kind") in WARNINGS or bool(fault.get("missing"))
        checker.note(
            title, "warning" if is_warning else "error", message, file=fault["file"] or name, line=fault["line"], suggestion=suggestion
        )
    _of_parameters(checker, parameters)
    _remarks(checker, engine, answer)
    if broken and not answer.nodes:
        checker.not_looked_at(_("The workflow's file has an error."))
        return
    if not broken:
        _understood(checker, engine, answer)
    is_partial = bool(broken) or any(fault.get("kind") == "remote" for fault in answer.faults)
    {"cwl": _cwl, "yadage": _yadage, "snakemake": _snakemake}[engine](checker, answer, parameters, is_partial)
    check_operations(checker, answer)
    check_backends(checker, answer.nodes)
    _in_order(checker)


def _of_parameters(checker: Checker, parameters: Parameters) -> None:
    if parameters.fault:
        checker.note(PARAMETERS, "error", parameters.fault, file=parameters.file, line=parameters.fault_line)


def _understood(checker: Checker, engine: str, answer: Answer) -> None:
    """What was read by which version, where nothing is wrong with the file."""
    count = len(answer.nodes) + answer.left_out
    words = ngettext("Read by %(engine)s %(version)s: %(count)s step.", "Read by %(engine)s %(version)s: %(count)s steps.", count)
    reader = {"cwl": "cwl-utils"}.get(engine, TITLES[engine])
    messages = [words % {"engine": reader, "version": answer.version, "count": count}]
    if several := [node.key for node in answer.nodes if engine == "yadage" and node.resources.get("scatter")]:
        names = ", ".join([*several[:10], *(["…"] if len(several) > 10 else [])])
        messages.append(_("How many jobs these stages have is known only when they run: %(stages)s.") % {"stages": names})
    checker.settle(WORKFLOW, *messages)


def _remarks(checker: Checker, engine: str, answer: Answer) -> None:
    """What cannot be known before the run, or was left out."""
    if answer.left_out:
        words = _("The workflow has %(count)s more steps than the portal shows.") % {"count": answer.left_out}
        checker.note(WORKFLOW, "warning", words)
    if answer.not_copied:
        words = _("Files that were too large for the isolated process were empty when the workflow was read: %(files)s.")
        checker.note(WORKFLOW, "warning", words % {"files": ", ".join(answer.not_copied[:10])})
    if answer.checkpoints:
        words = _("What follows the checkpoints %(rules)s is known only when they have run.")
        checker.note(WORKFLOW, "warning", words % {"rules": ", ".join(answer.checkpoints[:10])})
    if engine == "snakemake" and answer.nodes and not answer.has_jobs:
        words = _("The order of the rules could not be found out, so they are shown without it.")
        checker.note(WORKFLOW, "warning", words)
    for node, fact in zip(answer.nodes, answer.facts, strict=True):
        if engine == "snakemake" and fact.get("kind") not in ("shell", None):
            words = _("The rule “%(rule)s” has “%(kind)s:”. REANA runs only rules with “shell:”.")
            checker.note(WORKFLOW, "warning", words % {"rule": fact.get("rule"), "kind": fact["kind"]}, file=node.file, line=node.line)


def _snakemake(checker: Checker, answer: Answer, parameters: Parameters, is_partial: bool) -> None:
    check_named(checker, "Snakemake", answer.nodes, answer.facts)
    reason = _("A Snakefile can use its parameters under any name, so whether all are used was not looked at.")
    checker.settle(PARAMETERS, "", none=reason if parameters.values else validation.NO_PARAMETERS)
    has_names = any(fact.get("used") or fact.get("given") for fact in answer.facts)
    checker.settle(COMMANDS, validation.VALID_COMMANDS, none="" if has_names else validation.NO_REFERENCES)


def _yadage(checker: Checker, answer: Answer, parameters: Parameters, is_partial: bool) -> None:
    if is_partial:
        checker.not_looked_at(_("The workflow could not be read as a whole."), [PARAMETERS, COMMANDS])
        return
    used = answer.used_parameters
    for name, stages in used.items():
        if name not in parameters.values:
            node = next((node for node in answer.nodes if node.key.partition("/")[0] in stages), None)
            words = _("The stage “%(stage)s” uses the parameter “%(name)s”, which the specification does not give.")
            checker.note(
                PARAMETERS,
                "warning",
                words % {"stage": ", ".join(stages), "name": name},
                file=node.file if node else "",
                line=node.line if node else None,
                suggestion=nearest(name, parameters.values),
            )
    unused_parameters(checker, parameters, set(used))
    check_named(checker, "Yadage", answer.nodes, answer.facts)
    checker.settle(PARAMETERS, validation.VALID_PARAMETERS, none="" if parameters.values or used else validation.NO_PARAMETERS)
    checker.settle(COMMANDS, validation.VALID_COMMANDS)


def _cwl(checker: Checker, answer: Answer, parameters: Parameters, is_partial: bool) -> None:
    if is_partial:
        checker.not_looked_at(_("The workflow could not be read as a whole."), [PARAMETERS, COMMANDS])
        return
    names = [str(item.get("name")) for item in answer.inputs]
    for name in parameters.values if not parameters.fault else ():
        if name not in names and not name.startswith(("cwl:", "$")):
            words = _("The workflow has no input “%(name)s”.") % {"name": name[:200]}
            suggestion = nearest(name, set(names) - set(parameters.values))
            checker.note(PARAMETERS, "warning", words, file=parameters.file, line=parameters.line(name), suggestion=suggestion)
    for item in answer.inputs if not parameters.fault else ():
        if item.get("required") is True and parameters.values.get(str(item.get("name"))) is None:
            words = _("The input “%(name)s” (%(type)s) needs a value, and the parameters have none.")
            values = {"name": item.get("name"), "type": item.get("type")}
            suggestion = nearest(str(item.get("name")), set(parameters.values) - set(names))
            checker.note(PARAMETERS, "error", words % values, file=item["file"], line=item["line"], suggestion=suggestion)
        elif (value := parameters.values.get(str(item.get("name")))) is not None and not fits(value, str(item.get("type"))):
            words = _("The value of the input “%(name)s” does not fit its type, which is %(type)s.")
            values = {"name": item.get("name"), "type": item.get("type")}
            place = parameters.line(str(item.get("name")))
            checker.note(PARAMETERS, "error", words % values, file=parameters.file, line=place)
    _places_outside(checker, parameters)
    checker.settle(PARAMETERS, validation.VALID_PARAMETERS, none="" if names or parameters.values else validation.NO_PARAMETERS)
    checker.settle(COMMANDS, validation.VALID_COMMANDS)


def _places_outside(checker: Checker, parameters: Parameters) -> None:
    """Files and folders in the values that the engine will not find."""
    for name, value in parameters.values.items():
        for words in outside_workspace(name, value, parameters):
            checker.note(PARAMETERS, "warning", words, file=parameters.file, line=parameters.line(name))


def _in_order(checker: Checker) -> None:
    """reana-client's order: the file, the workflow, then the others."""
    order: list[str | Promise] = [FILE, WORKFLOW, *LATER]
    checker.sort([str(name) for name in order])
