"""A whole log as its page shows it: one page of it, the lines with a word, or the file."""

from dataclasses import dataclass
from itertools import islice

from django.http import FileResponse, HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from projects.workflows.job_logs import MAX_MATCHES, marked, numbered_html
from projects.workflows.models import Run, WholeLog
from projects.workflows.whole_logs.pages import SearchTooLong, matching_lines, page_of_line, read_page, style_of
from vre_portal.portable_gettext import grouped
from vre_portal.terminal_text import text_lines
from vre_portal.text import number_of


@dataclass(frozen=True)
class LogPage:
    """One page of a whole log."""

    number: int
    total: int
    first_line: int
    html: SafeString

    @property
    def previous(self) -> int:
        return self.number - 1

    @property
    def next(self) -> int:
        """The number of the next page; 0 on the last one."""
        return self.number + 1 if self.number < self.total else 0


@dataclass(frozen=True)
class Match:
    """A line with the words that were searched for, and its page."""

    line: int
    html: SafeString
    page: int


@dataclass(frozen=True)
class Search:
    """What was found in a whole log; `note` says where not all of it was searched."""

    matches: list[Match]
    note: str = ""


def is_here(log: WholeLog | None) -> bool:
    """Whether the log can be read."""
    return log is not None and log.is_ready and bool(log.file)


def page_of(request: HttpRequest, log: WholeLog | None) -> LogPage | None:
    """The page, or the page of the line, that the address names; None where it names none, or the log is not here."""
    wanted, line = number_of(request.GET.get("page", "")), number_of(request.GET.get("line", ""))
    if log is None or not is_here(log) or not log.pages or not (wanted or line):
        return None
    number = min(wanted or page_of_line(log.pages, line), len(log.pages))
    try:
        with log.file.open("rb") as file:
            text = read_page(file, log.pages, number)
    except FileNotFoundError:
        return None
    first = log.pages[number - 1][1]
    return LogPage(number, len(log.pages), first, numbered_html(text, first, style_of(log.pages, number)))


def searched(log: WholeLog | None, query: str) -> Search:
    """The first lines with the words."""
    if log is None:
        return Search([])
    found: list[Match] = []
    try:
        with log.file.open("rb") as file:
            for number, line in islice(matching_lines(file, query), MAX_MATCHES):
                text = "".join(text_lines(line)[:1])
                found.append(Match(number, marked(text, query), page_of_line(log.pages, number)))
    except FileNotFoundError:
        return Search([], _("The portal no longer has this log."))
    except SearchTooLong as ended:
        text = _("The search took too long: the first %(n)s lines were searched. Download the log to search all of it.")
        return Search(found, text % {"n": grouped(ended.lines)})
    return Search(found)


def downloaded(run: Run, log: WholeLog | None) -> FileResponse | None:
    """The whole log as a file; None where it is not here."""
    if log is None or not is_here(log):
        return None
    try:
        content = log.file.open("rb")
    except FileNotFoundError:
        return None
    response = FileResponse(content, as_attachment=True, filename=f"run-{run.number}-job-{log.number}.log")
    response["Content-Type"] = "text/plain; charset=utf-8"
    response["X-Content-Type-Options"] = "nosniff"
    return response
