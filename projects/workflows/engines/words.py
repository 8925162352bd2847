"""What an engine found wrong, in a sentence for people."""

import difflib
import re
from collections.abc import Iterable
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

# By the kind of fault, with the values that the child gives along.
SENTENCES: dict[str, Promise] = {
    # files
    "missing": gettext_lazy("%(name)s is not in the repository."),
    "outside": gettext_lazy("%(name)s is outside the repository. Only files of the repository are read."),
    "remote": gettext_lazy("%(name)s is elsewhere on the network. The portal does not fetch it, so what is in it was not looked at."),
    "large": gettext_lazy("The file is too large to be read."),
    "not text": gettext_lazy("This is not a text file in UTF-8."),
    "yaml": gettext_lazy("This is not valid YAML: %(message)s."),
    "many": gettext_lazy("With all aliases and references written out, the file has too many values."),
    "deep": gettext_lazy("The file is nested too deeply."),
    # CWL
    "no workflow": gettext_lazy("This is not a CWL document."),
    "no version": gettext_lazy("The version is missing: cwlVersion must be v1.0, v1.1 or v1.2."),
    "version": gettext_lazy("cwlVersion %(name)s is not supported: it must be v1.0, v1.1 or v1.2."),
    "class": gettext_lazy("“%(name)s” is not a class of CWL that can be run."),
    "no main": gettext_lazy("None of the processes in $graph has the id “main”."),
    "no steps": gettext_lazy("The workflow has no steps."),
    "no name": gettext_lazy("A step has no id."),
    "step": gettext_lazy("The step “%(name)s” must be a mapping."),
    "nested": gettext_lazy("The step “%(name)s” is nested too deeply, or its workflow contains itself."),
    "no run": gettext_lazy("The step does not say what it runs."),
    "no source": gettext_lazy("“%(port)s” takes “%(name)s”, which is neither an input nor an output of a step."),
    "not given": gettext_lazy("The step “%(step)s” does not give its tool the input “%(name)s”."),
    "no output": gettext_lazy("The step “%(step)s” has no output “%(name)s”."),
    "no input": gettext_lazy("The step “%(step)s” gives the input “%(name)s”, which its tool does not have."),
    "pack": gettext_lazy("The workflow cannot be put into one document, as REANA 0.9 needs it. %(message)s"),
    # Yadage
    "no stages": gettext_lazy("This is not a Yadage workflow: the list of stages is missing."),
    "cycle": gettext_lazy("%(name)s leads back to a file that refers to it."),
    "twice": gettext_lazy("Two stages are called “%(name)s”."),
    "no stage": gettext_lazy("The stage “%(stage)s” depends on “%(name)s”, which does not exist."),
    "names none": gettext_lazy("The stage “%(stage)s” has something else where the name of a stage should be."),
    "schema": gettext_lazy("%(message)s"),
    "parser": gettext_lazy("%(message)s"),
    "not understood": gettext_lazy("The file could not be understood: its parts are not what they should be."),
    "form": gettext_lazy("This part has a form that CWL does not allow here."),
    "duplicate": gettext_lazy("The key “%(name)s” is given twice, which CWL does not allow."),
    "repeated": gettext_lazy("The key “%(name)s” is given twice; only the last one is used."),
}
SNAKEMAKE: dict[str, Promise] = {
    "SyntaxError": gettext_lazy("This is not a valid Snakefile: %(message)s"),
    "IndentationError": gettext_lazy("This is not a valid Snakefile: %(message)s"),
    "TokenError": gettext_lazy("This is not a valid Snakefile: %(message)s"),
    "UnicodeDecodeError": gettext_lazy("A file of the workflow is not a text file in UTF-8."),
    "ModuleNotFoundError": gettext_lazy("The Snakefile needs a Python package that the portal does not have: %(message)s."),
    "FileNotFoundError": gettext_lazy("The Snakefile reads a file that is not in the repository: %(message)s."),
    "PermissionError": gettext_lazy(
        "The Snakefile tries something that the portal does not allow while it looks at a workflow: %(message)s."
    ),
    "SystemExit": gettext_lazy("The Snakefile ends the program."),
    "MemoryError": gettext_lazy("The Snakefile needs too much memory."),
    "RecursionError": gettext_lazy("The Snakefile calls itself without end."),
    "CyclicGraphException": gettext_lazy("The rules depend on each other in a circle: %(message)s"),
    "MissingRuleException": gettext_lazy("No rule makes a file that is needed: %(message)s"),
    "AmbiguousRuleException": gettext_lazy("Several rules make the same file: %(message)s"),
}
REFUSED_BY_SYSTEM = re.compile("not permitted|ermission denied|not implemented|ead-only file system")
SIMILAR = 0.65  # from 0 to 1
WARNINGS = ("remote", "no input", "pack", "repeated")
UNREAD = ("large", "not text", "yaml", "many", "deep", "outside")  # of a file that is not read on
IN_COMMANDS = ("no source", "not given", "no output", "no input")


def sentence(fault: dict[str, Any], parameters: Iterable[str]) -> tuple[str, str]:
    """The fault in words, and what was perhaps meant."""
    if "stage" in fault and "type" in fault:
        return _of_snakemake(fault, list(parameters))
    values = {key: str(value) for key, value in fault.items() if isinstance(value, str)}
    kind = str(fault.get("kind"))
    known = fault.get("known")
    suggestion = nearest(values.get("name", ""), known if isinstance(known, tuple) else ())
    try:
        words = str(SENTENCES[kind]) % values
    except KeyError:
        words = _("The workflow could not be understood.")
    return one_line(words).strip(), suggestion


def is_stop(fault: dict[str, Any]) -> bool:
    """Whether nobody knows what stands behind the fault: a Snakefile ends at it, a document of CWL or Yadage was not read."""
    return fault.get("stage") == "rules" if "type" in fault and "stage" in fault else fault.get("kind") in UNREAD


def _of_snakemake(fault: dict[str, Any], parameters: list[str]) -> tuple[str, str]:
    kind, message = str(fault.get("type")), one_line(str(fault.get("message") or ""))
    if kind == "KeyError" and fault.get("key"):
        words = _("The Snakefile uses “%(name)s”, which is not among the parameters.") % {"name": fault["key"]}
        return words, nearest(str(fault["key"]), parameters)
    if fault.get("missing"):
        names = ", ".join(list(dict.fromkeys(fault["missing"]))[:10])
        if not fault.get("rule"):
            return _("Input files are not in the repository, and no rule makes them: %(files)s.") % {"files": names}, ""
        words = _("Input files of the rule “%(rule)s” are not in the repository, and no rule makes them: %(files)s.")
        return words % {"rule": fault["rule"], "files": names}, ""
    if REFUSED_BY_SYSTEM.search(message):
        kind = "PermissionError"
    if "Exception: " in message or "Error: " in message:  # several of Snakemake's own, one after the other
        pieces = [piece.strip() for piece in re.split(r"\w+(?:Exception|Error): ", message)]
        message = " ".join(piece for piece in dict.fromkeys(pieces) if piece)
    if message.startswith("Cyclic dependency"):  # untranslated: Snakemake's
        kind = "CyclicGraphException"
    if kind in SNAKEMAKE:
        return str(SNAKEMAKE[kind]) % {"message": message.rstrip(".") if kind.endswith("NotFoundError") else message}, ""
    if kind.endswith(("Exception", "WorkflowError", "WildcardError")):
        return message or _("The workflow could not be understood."), ""
    words = _("The Snakefile stops with an error: %(message)s (%(type)s)")
    return words % {"message": message, "type": kind}, ""


def nearest(name: str, known: Iterable[str]) -> str:
    """A suggestion of the most similar of the known names, where one is similar."""
    found = difflib.get_close_matches(name[:200], [item[:200] for item in list(known)[:2_000]], 1, SIMILAR) if name else []
    return _("Did you mean “%(name)s”?") % {"name": found[0]} if found else ""


def one_line(text: str) -> str:
    """A message of several lines as one sentence of bounded length."""
    joined = " ".join(text.split())
    return joined if len(joined) <= 500 else f"{joined[:499]}…"
