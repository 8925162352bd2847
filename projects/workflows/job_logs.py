"""The log of one job as it is stored: its lines as pages show them, those with a word, and how much of its beginning is missing."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from projects.workflows.models import Run
from projects.workflows.placing import StoredJob
from vre_portal.terminal_text import SCREEN, Style, end_of, html_lines, style_after, text_lines

TAIL_LINES, TAIL_CHARACTERS = 60, 8_000  # of a log on the page of its run
MAX_MATCHES = 500


@dataclass(frozen=True)
class JobLog:
    """A job of a run and what is stored of its log."""

    number: int
    job: StoredJob

    @cached_property
    def text(self) -> str:
        return str(self.job.get("log") or "")

    @property
    def missing(self) -> int:
        """How many characters of the beginning are not stored, as far as that was noted."""
        length = self.job.get("log_length")
        return max(length - len(self.text), 0) if isinstance(length, int) else 0

    @property
    def name(self) -> str:
        return str(self.job.get("name") or "")

    @property
    def line_count(self) -> int:
        return len(text_lines(self.text)) if self.text else 0

    @property
    def tail(self) -> SafeString:
        """The last lines, for a page that shows more than this log, in the colours that were begun before them."""
        return joined(list(html_lines(self._tail, style=style_after(self.text[: self._tail_begin]))))

    @property
    def is_tail_all(self) -> bool:
        return not self._tail_begin and not self.missing

    @property
    def _tail(self) -> str:
        return self.text.removesuffix("\n")[self._tail_begin :]

    @cached_property
    def _tail_begin(self) -> int:
        """Behind the line before the last lines; where these are too long, behind a character of them and no part of a sequence."""
        text = self.text.removesuffix("\n")
        end = end_of(text, TAIL_CHARACTERS)
        return len(text) - len("\n".join(end.split("\n")[-TAIL_LINES:]))

    @property
    def html(self) -> SafeString:
        """All lines that are stored, each with a place that links lead to."""
        return numbered_html(self.text)

    def matches(self, query: str) -> list[tuple[int, SafeString]]:
        """The numbers of the lines that hold the words, upper and lower case alike, and the lines with the words marked."""
        wanted = query.casefold()
        lines = enumerate(text_lines(self.text), start=1) if self.text and wanted else ()
        found = [(number, line) for number, line in lines if wanted in line.casefold()]
        return [(number, marked(line, query)) for number, line in found[:MAX_MATCHES]]


def log_of(run: Run, number: int) -> JobLog | None:
    """The log of a job by its number; None where the run has no such job."""
    return next((log for log in logs_of(run.steps) if log.number == number), None)


def logs_of(jobs: Sequence[dict[str, Any]]) -> list[JobLog]:
    """The jobs with their numbers; rows of earlier versions have none, and count by their places."""
    return [JobLog(job["number"] if isinstance(job.get("number"), int) else place, job) for place, job in enumerate(jobs, start=1)]


def numbered_html(text: str, first: int = 0, style: Style | None = None) -> SafeString:
    """Lines of a log as HTML, each with a place that links lead to.

    Of a part of a log, which keeps all its lines, `first` is the number of the first, and `style` what was begun before it.
    """
    lines = html_lines(text, style=style, screen=1 if first else SCREEN) if text else ()
    return format_html_join("", '<span id="line-{}">{}\n</span>', ((number, line) for number, line in enumerate(lines, start=first or 1)))


def joined(lines: Sequence[SafeString]) -> SafeString:
    """Lines of HTML as one text."""
    return format_html_join("\n", "{}", ((line,) for line in lines))


def marked(line: str, query: str) -> SafeString:
    """The line with what was searched for marked; where letters change their length with their case, the line is left as it is."""
    low, wanted, parts, end = line.lower(), query.lower(), [], 0
    if len(low) != len(line) or not wanted:
        return format_html("{}", line)
    while (start := low.find(wanted, end)) >= 0:
        parts.append((line[end:start], line[start : start + len(wanted)]))
        end = start + len(wanted)
    return format_html("{}{}", format_html_join("", "{}<mark>{}</mark>", parts), line[end:])
