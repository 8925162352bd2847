"""Dollar signs in the commands of serial steps: REANA puts parameters in their place (string.Template), before any shell sees them."""

from collections.abc import Collection, Iterable, Iterator
from string import Template

from django.utils.translation import gettext as _

from projects.workflows.reana_yaml import Step
from vre_portal.text import plain

SHOWN = 60  # characters of a command or a name


def sentences(command: str, step: str, parameters: Collection[str] | None) -> Iterator[str]:
    """Why REANA cannot start a step with this command. `${name}` of an unknown name is told elsewhere, as reana-client does; without
    `parameters` no names are compared.

    REANA's `serial_load` expands all commands of a workflow at its start, and fails where one of them does not fit
    (reana-commons, reana_commons/serial.py).
    """
    template = Template(command)
    values = {"step": plain(step)[:SHOWN]}
    if not template.is_valid():
        sign = next(match for match in template.pattern.finditer(command) if match["invalid"] is not None).start()
        text = _("Step “%(step)s”: “%(command)s” is no parameter, so the run would fail. For a dollar sign of the shell, write $$.")
        yield text % {**values, "command": plain(command[sign : sign + SHOWN].split("\n")[0])}
        return
    for name in set(template.get_identifiers()).difference(parameters) if parameters is not None else ():
        if f"${{{name}}}" not in command:
            text = _("Step “%(step)s”: $%(name)s is no parameter, so the run would fail. For a variable of the shell, write $$%(name)s.")
            yield text % {**values, "name": plain(name)[:SHOWN]}


def of_steps(steps: Iterable[Step], parameters: Collection[str] | None) -> list[str]:
    """The sentences of all steps."""
    return [words for step in steps for command in step.commands for words in sentences(command, step.name, parameters)]
