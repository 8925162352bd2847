"""Dollar signs in the commands of serial steps: REANA puts parameters in their place (string.Template), before any shell sees them."""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from string import Template

from django.utils.translation import gettext as _

from projects.workflows.reana_yaml import Step
from vre_portal.text import plain

SHOWN, MOST = 60, 20  # characters of a command or a name, and sentences


def sentences(command: str, step: str, parameters: Collection[str] | None, *, with_braces: bool = False) -> Iterator[str]:
    """Why REANA cannot start a step with this command. Without `parameters` no names are compared.

    `${name}` of an unknown name is told elsewhere before a launch, as reana-client does; `with_braces` tells of it, too.
    REANA's `serial_load` expands all commands of a workflow at its start, and fails where one of them does not fit
    (reana-commons, reana_commons/serial.py).
    """
    values = {"step": plain(step)[:SHOWN]}
    signs = [match for match in Template.pattern.finditer(command) if match["escaped"] is None]
    if wrong := next((match for match in signs if match["invalid"] is not None), None):
        text = _("Step “%(step)s”: “%(command)s” is no parameter, so the run would fail. For a dollar sign of the shell, write $$.")
        yield text % {**values, "command": plain(command[wrong.start() : wrong.start() + SHOWN].split("\n")[0])}
        return
    if parameters is None:
        return
    for name in dict.fromkeys(match["named"] or (match["braced"] if with_braces else None) for match in signs):
        if name and name not in parameters:
            text = _("Step “%(step)s”: $%(name)s is no parameter, so the run would fail. For a variable of the shell, write $$%(name)s.")
            yield text % {**values, "name": plain(name)[:SHOWN]}


def of_steps(steps: Iterable[Step], parameters: Collection[str] | None, *, with_braces: bool = False) -> Iterator[str]:
    """The sentences of all steps, up to MOST."""
    found = (
        words
        for step in steps
        for command in step.commands
        for words in islice(sentences(command, step.name, parameters, with_braces=with_braces), MOST)
    )
    return islice(found, MOST)
