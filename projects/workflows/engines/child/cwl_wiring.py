"""How the steps of a CWL workflow are joined: what each takes and gives exists."""

from collections.abc import Callable

from cwl_parts import Part, inputs
from documents import Fault

MAX_NAMES = 200  # of which the portal suggests one


def source_of(place: Part, source: str, port: str, known: set[str], note: Callable[[Fault], None]) -> str:
    """The source as `input` or `step/output`; one that does not exist is noted."""
    short = source.rpartition("#")[2]  # packed documents write #main/input and #main/step/output
    for candidate in (short, short.partition("/")[2]):
        if candidate in known:
            return candidate
    note(place.fault("no source", name=source[:200], port=port[:200], known=sorted(known)[:MAX_NAMES]))
    return short


def wiring(step: Part, key: str, process: Part, note: Callable[[Fault], None]) -> None:
    """Note what the step does not give its process, or gives in vain, and what it takes that the process does not make."""
    given, wanted, made = step.listed("in"), inputs(process), process.names("outputs")
    known = [item["name"] for item in wanted]
    names = {name for name, _part in given}
    for item in wanted:
        if item["required"] and item["name"] not in names:
            note(step.fault("not given", step=key[:200], name=item["name"]))
    for name in step.names("out"):
        if name not in made:
            note(step.fault("no output", "out", step=key[:200], name=name[:200], known=made[:MAX_NAMES]))
    # What only an expression of the step reads may have any name.
    if not step.get("when") and not any(part.get("valueFrom") for _name, part in given):
        for name, part in given:
            if name not in known:
                note(part.fault("no input", step=key[:200], name=name[:200], known=known[:MAX_NAMES]))
