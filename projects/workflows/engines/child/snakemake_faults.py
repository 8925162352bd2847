"""What went wrong while a Snakefile was read, and where, in values."""

import re
import traceback
from pathlib import Path
from typing import Any

from snakemake.exceptions import MissingInputException
from snakemake_values import cut

WRAPPERS = ("WorkflowError", "RuleException", "InputFunctionException")  # of Snakemake, around what a function of the Snakefile raises
DETECTED = re.compile(r" \(detected at line \d+\)?| on line \d+")  # a line of the program that Snakemake makes of the file


def fault_of(stage: str, error: BaseException, workflow: Any, base: Path) -> dict[str, Any]:
    """The error with its file and line, and what it is about."""
    inner = error
    while isinstance(inner.__cause__, BaseException) and type(inner).__name__ in WRAPPERS:
        inner = inner.__cause__
    file, line = _place(error, inner, workflow, base)
    words = DETECTED.sub("", error.msg) if isinstance(error, SyntaxError) else str(inner) or str(error)
    found = {
        "stage": stage,
        "type": type(inner).__name__,
        "message": cut(words.replace(f"{base}/", "")),
        "file": name_below(base, file),
        "line": line if isinstance(line, int) else None,
        "rule": str(getattr(error, "rule", "") or ""),
    }
    if isinstance(inner, KeyError) and inner.args:
        found["key"] = str(inner.args[0])[:200]
    if isinstance(error, MissingInputException) or "Missing input files for rule" in words:  # untranslated: Snakemake's
        found["missing"] = missing_files(words)
        named = re.search(r"Missing input files for rule (\w+)", words)  # untranslated: Snakemake's
        rule = next((rule for rule in workflow.rules if named and rule.name == named[1]), None)
        if rule is not None:
            found |= {"rule": rule.name, "line": line_of(workflow, rule.snakefile, rule.lineno), "file": name_below(base, rule.snakefile)}
    return found


def _place(error: BaseException, inner: BaseException, workflow: Any, base: Path) -> tuple[Any, Any]:
    """The file and line: of a Snakefile where one was being executed, else what Snakemake says."""
    if isinstance(error, SyntaxError):
        # Python counts lines in what Snakemake made of the file, Snakemake itself in the file.
        last = traceback.extract_tb(error.__traceback__)[-1].filename
        is_pythons = last.endswith("snakemake/workflow.py")
        return error.filename, line_of(workflow, error.filename, error.lineno) if is_pythons else error.lineno
    for origin in (inner, error):
        for frame in reversed(traceback.extract_tb(origin.__traceback__)):
            if frame.filename in workflow.linemaps or frame.filename.startswith(f"{base}/"):
                return frame.filename, line_of(workflow, frame.filename, frame.lineno)
    file = getattr(error, "snakefile", None) or getattr(error, "filename", None)
    return file, line_of(workflow, file, getattr(error, "lineno", None))


def line_of(workflow: Any, file: Any, line: Any) -> int | None:
    """The line in the Snakefile of one in the program that Snakemake makes of it."""
    found = workflow.linemaps.get(str(file), {}).get(line, line)
    return found if isinstance(found, int) else None


def name_below(base: Path, path: Any) -> str:
    """The path in the repository; empty where it is none of its files."""
    text = "" if path is None else str(path)
    return text.removeprefix(f"{base}/") if text.startswith(f"{base}/") else ""


def missing_files(words: str) -> list[str]:
    """The file names in Snakemake's message, which has them on lines of their own."""
    return [name.strip()[:300] for name in re.findall(r"(?m)^ {8,}(\S.*)$", words)][:50]
