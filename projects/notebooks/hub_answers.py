"""JupyterHub's answers as values: servers, and the progress of one that starts."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from vre_portal.text import moment


@dataclass(frozen=True)
class Server:
    """A notebook server as the hub reports it."""

    user: str
    name: str
    ready: bool
    pending: str  # "spawn", "stop" or nothing
    path: str
    started_at: datetime | None
    active_at: datetime | None
    is_stopped: bool = False


@dataclass(frozen=True)
class Progress:
    """One piece of news while a server starts."""

    percent: int
    message: str
    ready: bool = False
    failed: bool = False
    path: str = ""


QUIET = Progress(percent=0, message="")  # the hub still answers and has nothing new


def part_of(value: Any, key: str, kind: type) -> Any:
    """A part of an answer, empty where it is missing or something else."""
    part = value.get(key) if isinstance(value, dict) else None
    return part if isinstance(part, kind) else kind()


def read_server(user: str, name: str, facts: dict[str, Any]) -> Server:
    """A server from the hub's JSON; what is missing there is empty."""
    return Server(
        user=user,
        name=name,
        ready=bool(facts.get("ready")),
        pending=str(facts.get("pending") or ""),
        path=str(facts.get("url") or ""),
        started_at=_time(facts.get("started")),
        active_at=_time(facts.get("last_activity")),
        is_stopped=facts.get("stopped") is True,
    )


def read_progress(text: str) -> Progress:
    """A line of the hub's event stream; QUIET where it is of another form."""
    try:
        news = json.loads(text)
        return Progress(
            percent=int(news.get("progress") or 0),
            message=str(news.get("message") or "")[:300],
            ready=bool(news.get("ready")),
            failed=bool(news.get("failed")),
            path=str(news.get("url") or ""),
        )
    except (ValueError, TypeError, AttributeError):
        return QUIET


def read_token_owner(facts: Any) -> tuple[str, str] | None:
    """The person and the server whose own token the hub describes; None where it is another token, or is not described well.

    A server's token may report the person's activity and open that one server. A token that somebody made at the hub opens all of theirs,
    or less; one of a visit to the server belongs to the session of a browser.
    """
    user, scopes = part_of(facts, "name", str), part_of(facts, "scopes", list)
    if not user or part_of(facts, "kind", str) != "user" or "session_id" not in facts or facts["session_id"] is not None:
        return None
    opening = f"access:servers!server={user}/"
    own = [scope.removeprefix(opening) for scope in scopes if isinstance(scope, str) and scope.startswith(opening)]
    return (user, own[0]) if len(own) == 1 and own[0] and f"users:activity!user={user}" in scopes else None


def _time(value: Any) -> datetime | None:
    """A time that a row can hold: what lies at the ends of the calendar could be stored and never be read again."""
    time = moment(value)
    return time if time and 1970 < time.year < 9000 else None
