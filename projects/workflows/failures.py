"""Why a run failed, in the words of the step that failed; the engine's report of its own work is no reason."""

import re

from django.utils.translation import gettext as _

from projects.workflows import reana
from projects.workflows.inputs import own_step
from vre_portal.terminal_text import text_lines
from vre_portal.text import storable

LINES = 15
LONGEST = 2000  # characters
READ = 64_000  # characters at the end of a log that are looked at: a line may be as long as the log
CAUSE_LINES, LONGEST_CAUSE = 50, 300
LOOKED_AT = 1000  # characters of a line in which words of an error are looked for: each pattern costs the square of a line of letters alone
# What a program, a shell or the machine says of what went wrong ...
CAUSE = re.compile(
    r"^(?:\w+\.)*\w*(?:Error|Exception|Exit|Interrupt|NotFound)\b|\b(?:error|fatal|failed|killed|segmentation fault)\b|\bwhat\(\):|^Exception Message:"
    r"|command not found|no such file|permission denied|no space left|out of memory|\boom(?:[-_ ]?kill\w*)?\b",
    re.IGNORECASE,
)
# ... what follows it, or sums it up ...
AFTERWARDS = re.compile(
    r"\babort(?:ed|ing)\b|core dumped|error termination|backtrace|end fatal exception|^=+ .*\bfailed\b|exit(?:ed)? (?:code|status)|non-zero exit"
    r"|^exiting because|^shutting down|complete log",
    re.IGNORECASE,
)
# ... what says no more than that it failed: above 125 a status names a signal, or a command that cannot be run ...
ONLY_STATUS = re.compile(
    r"(?:the )?(?:command|process|program|job|script|step)? ?(?:ended|exited|failed|finished|terminated|returned)? ?(?:with )?"
    r"(?:an? )?(?:non-zero )?(?:exit )?(?:status|code):? (?:[1-9][0-9]?|1[01][0-9]|12[0-5])\.?",
    re.IGNORECASE,
)
# ... and what only has the words of an error.
HARMLESS = re.compile(
    r"\b(?:0|no) (?:errors?|failed|failures?)\b|\b(?:INFO|DEBUG|NOTICE|WARNING)\b|Warning\b|\berrors?[-_ ](?:bars?|bands?|propagation|estimates?|summary|matrix)\b"
)
# Says that the next line says what.
ANNOUNCES = re.compile(r":$|\bBegin Fatal Exception\b", re.IGNORECASE)
# "2026-11-28 14:16:59,253 | root | MainThread | INFO | Publishing step:0" or "INFO:root:..."
LEVEL = re.compile(r"^(?:[^|\n]{10,40}\|[^|\n]*\|[^|\n]*\| *(?P<long>[A-Z]+) *\||(?P<short>[A-Z]+):)")
PROGRESS = frozenset({"INFO", "DEBUG"})


def reason_of(logs: reana.Logs) -> str:
    """The first failed step with the end of its log; else what the engine says besides its progress; else nothing.

    One without a name is counted as its author does: without the jobs of the portal's own step.
    """
    own = sum(job.name.startswith(own_step.STEP) for job in logs.jobs)  # they come first
    for number, job in enumerate(logs.jobs, start=1 - own):
        if job.state == "failed":
            name = f"“{job.name}”" if job.name else f"{number} ({job.command[:100]})" if job.command else str(number)
            return storable(f"{_('Step %(step)s failed.') % {'step': name}}\n{end_of(job.log)}").strip()
    return storable(end_of("\n".join(_complaints(logs.engine))))


def end_of(log: str) -> str:
    """The last lines of a log, as far as they fit on a page."""
    return "\n".join(text_lines("\n".join(log[-READ:].strip().split("\n")[-LINES:])))[-LONGEST:]


def cause_of(log: str) -> str:
    """The line of a log that says best why its program failed: the last one that names an error, else what follows one, else the last one.

    A line at the end that has only a status is that line where there is no other.
    """
    lines = [line.strip()[:LOOKED_AT] for line in text_lines(log) if line.strip()][-CAUSE_LINES:]
    if len(lines) > 1 and ONLY_STATUS.fullmatch(lines[-1]):
        lines.pop()
    named = [number for number, line in enumerate(lines) if CAUSE.search(line) and not HARMLESS.search(line)]
    after = [number for number, line in enumerate(lines) if AFTERWARDS.search(line)]
    best = [number for number in named if number not in after] or after or range(len(lines))
    found = _with_next(lines, best[-1]) if lines else ""
    return found if len(found) <= LONGEST_CAUSE else f"{found[: LONGEST_CAUSE - 1]}…"


def _with_next(lines: list[str], number: int) -> str:
    """A line, with the one after it where it says only that something follows."""
    line, following = lines[number], lines[number + 1 : number + 2]
    return f"{line} {following[0]}" if following and ANNOUNCES.search(line) and not AFTERWARDS.search(following[0]) else line


def _complaints(engine: str) -> list[str]:
    """The lines of the engine that are no report of progress; a line without a level belongs to the one before."""
    kept, keep = [], True
    for line in engine.splitlines():
        if level := LEVEL.match(line):
            keep = (level["long"] or level["short"]) not in PROGRESS
        if keep:
            kept.append(line)
    return kept
