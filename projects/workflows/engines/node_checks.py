"""Checks of the steps themselves: the parameters that their commands use, dangerous operations, compute backends."""

from collections.abc import Sequence
from itertools import islice
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows import dollars, validation
from projects.workflows.engines.answers import Answer
from projects.workflows.engines.checks import Checker
from projects.workflows.engines.parameters import Parameters
from projects.workflows.engines.reading import Node
from projects.workflows.engines.words import nearest
from projects.workflows.validation import USUAL_BACKEND, references
from projects.workflows.validation_results import BACKENDS, COMMANDS, DOLLARS, OPERATIONS, PARAMETERS

NOT_DEFINED = gettext_lazy('%(type)s parameter "%(parameter)s" found on step "%(step)s" is not defined in input parameters.')
NOT_USED = gettext_lazy('REANA input parameter "%(parameter)s" does not seem to be used.')
NOT_USED_IN_STEP = gettext_lazy('%(type)s input parameter "%(parameter)s" found on step "%(step)s" does not seem to be used.')


def check_serial(checker: Checker, nodes: Sequence[Node], parameters: Parameters) -> None:
    """The commands of a serial workflow against its parameters, as reana-client compares them."""
    used = set()
    for number, node in enumerate(nodes):
        for position, command in enumerate(node.commands):
            line = checker.at("workflow", "specification", "steps", number, "commands", position)
            for name in dict.fromkeys(references(command)):
                used.add(name)
                if name not in parameters.values:
                    words = str(NOT_DEFINED) % {"type": "Serial", "parameter": name[:200], "step": node.name}
                    checker.note(COMMANDS, "warning", words, line=line, suggestion=nearest(name, parameters.values))
            for words in islice(dollars.sentences(command, node.name, parameters.values), dollars.MOST):
                checker.note(DOLLARS, "error", words, line=line)
            _dangerous(checker, node, command, line)
    unused_parameters(checker, parameters, used)
    has_commands = any(node.commands for node in nodes)
    checker.settle(PARAMETERS, validation.VALID_PARAMETERS, none="" if parameters.values else validation.NO_PARAMETERS)
    checker.settle(COMMANDS, validation.VALID_COMMANDS, none="" if used else validation.NO_REFERENCES)
    checker.settle(OPERATIONS, validation.VALID_OPERATIONS, none="" if has_commands else validation.NO_COMMANDS)
    check_backends(checker, nodes)


def unused_parameters(checker: Checker, parameters: Parameters, used: set[str]) -> None:
    """Each parameter that nothing uses."""
    for name in parameters.values:
        if name not in used:
            words = str(NOT_USED) % {"parameter": name[:200]}
            suggestion = nearest(name, used - set(parameters.values))
            checker.note(PARAMETERS, "warning", words, file=parameters.file, line=parameters.line(name), suggestion=suggestion)


def check_named(checker: Checker, title: str, nodes: Sequence[Node], facts: Sequence[dict[str, Any]]) -> None:
    """What the commands of a rule or stage name, against what it has; each rule once, however many jobs it has."""
    for node, fact in {fact.get("rule") or node.key: (node, fact) for node, fact in zip(nodes, facts, strict=True)}.values():
        given, used = (set(fact.get(key) or ()) for key in ("given", "used"))
        for name in sorted(used - given):
            words = str(NOT_DEFINED) % {"type": title, "parameter": name, "step": fact.get("rule") or node.name}
            checker.note(COMMANDS, "warning", words, file=node.file, line=node.line, suggestion=nearest(name, given))
        for name in sorted(given - used):
            words = str(NOT_USED_IN_STEP) % {"type": title, "parameter": name, "step": fact.get("rule") or node.name}
            checker.note(COMMANDS, "warning", words, file=node.file, line=node.line, suggestion=nearest(name, used - given))


def check_operations(checker: Checker, answer: Answer) -> None:
    """Dangerous operations in the commands of all nodes."""
    for node in answer.nodes:
        for command in node.commands:
            _dangerous(checker, node, command, node.line)
    has_commands = any(node.commands for node in answer.nodes)
    checker.settle(OPERATIONS, validation.VALID_OPERATIONS, none="" if has_commands else validation.NO_COMMANDS)


def _dangerous(checker: Checker, node: Node, command: str, line: int | None) -> None:
    for operation in validation.DANGEROUS_OPERATIONS:
        if operation in command:
            words = _('Operation "%(operation)s" found in step "%(step)s" might be dangerous.')
            values = {"operation": operation.strip(), "step": node.name}
            checker.note(OPERATIONS, "warning", words % values, file=node.file, line=line)


def check_backends(checker: Checker, nodes: Sequence[Node]) -> None:
    """The backends that steps name, against those of the server where they are known."""
    for node in nodes:
        backend = str(node.resources.get("compute_backend") or "")
        if not backend or backend in (checker.backends if checker.backends is not None else (USUAL_BACKEND,)):
            continue
        values = {"backend": backend[:100], "backends": ", ".join(checker.backends or ()), "step": node.name}
        if checker.backends is None:
            words = _("The portal does not know whether this REANA server has %(backends)s.") % {"backends": values["backend"]}
            checker.note(BACKENDS, "not checked", words, file=node.file, line=node.line)
            continue
        words = _(
            'Compute backend "%(backend)s" found in step "%(step)s" is not supported. List of supported compute backends: "%(backends)s"'
        )
        suggestion = nearest(backend, checker.backends)
        checker.note(BACKENDS, "error", words % values, file=node.file, line=node.line, suggestion=suggestion)
    checker.settle(BACKENDS, validation.VALID_BACKENDS, none="" if nodes else _("There are no steps."))
