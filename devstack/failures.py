"""Why a process of the stack would not start: the last line of its log that says something, and whether forgetting the data helps."""

import re
from pathlib import Path

TAIL_BYTES = 64_000
LINE_CHARACTERS = 300
# What the servers write where their data are damaged, or were made by a version that does not fit.
BAD_DATA = re.compile(
    r"database files are incompatible|could not locate a valid checkpoint|invalid (primary )?checkpoint|is not a (valid|database cluster)"
    r"|incorrect checksum in control file|could not read file \"global/pg_control\"|The database of this stack is gone"
    r"|InconsistentMigrationHistory|Can't locate revision|Found database schema version|database disk image is malformed|file is not a database"
    r"|Bad file format reading the append only file|Can't handle RDB format|Unknown RDB format|Unexpected end of file reading the append only file"
    r"|cryptography.fernet.InvalidToken",
    re.IGNORECASE,
)
# Frames of a traceback, the lines that point into them, and what is written around a failure.
EXCEPTION = re.compile(r"^\s*[\w.]*(Error|Exception|Exit|NotFound|Refused|Failed|Timeout)\b: \S")
TELLING = re.compile(r"\b(FATAL|PANIC|ERROR|[A-Za-z]*Error|[A-Za-z]*Exception|error|cannot|could not|denied|not found|No such|gone)\b")
NOISE = re.compile(r"^(\s|Traceback \(most recent|During handling of|The above exception|\[[^\]]*\] \[\d+\] \[INFO\])|^\W*$")


def tail(path: Path, since: int = 0) -> list[str]:
    """The last lines of a log, of those after its first `since` bytes; none where there is no log."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            file.seek(max(0, size - TAIL_BYTES, since if since <= size else 0))
            return file.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def last_words(lines: list[str]) -> str:
    """The last line that tells of a failure, or else the last that says anything, fit for a terminal; empty where there is none."""
    saying = [line for line in lines if EXCEPTION.match(line) or not NOISE.match(line)]
    line = next((line for line in reversed(saying) if EXCEPTION.match(line) or TELLING.search(line)), saying[-1] if saying else "")
    text = "".join(sign if sign.isprintable() else " " for sign in line).strip()
    return text if len(text) <= LINE_CHARACTERS else text[:LINE_CHARACTERS] + "…"


def sentence(name: str, what: str, path: Path, *, since: int = 0, reason: str = "") -> str:
    """What happened, why as far as the log says it, where the log is, and `make clean` only where that helps."""
    lines = tail(path, since)
    words = last_words(lines) or reason
    log = f" (log: {path})" if lines else ""
    has_bad_data = BAD_DATA.search("\n".join(lines)) is not None
    advice = (
        "\nThe data are damaged or do not fit this version. `make clean` deletes them; the next start makes new ones."
        if has_bad_data
        else ""
    )
    return f"{name} {what}{f': {words}' if words else ''}{log}{advice}"
