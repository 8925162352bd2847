"""The basket of somebody who has not signed in: things in their session, which go into their own basket at the sign-in."""

from collections.abc import Sequence

from django.http import HttpRequest

MAX_ITEMS = 200
KEY = "basket"  # in the session


def held(request: HttpRequest) -> list[str]:
    """The things, in the order in which they were added; nothing is read for those without a session."""
    session = getattr(request, "session", None)
    found = session.get(KEY) if session is not None and (session.session_key or session.modified) else None
    return list(found) if isinstance(found, list) else []


def add(request: HttpRequest, wanted: Sequence[str]) -> tuple[int, int]:
    """Add things that the visitor may see; how many were added, and how many had no room."""
    now = held(request)
    new = [thing for thing in dict.fromkeys(wanted) if thing not in now]
    room = max(0, MAX_ITEMS - len(now))
    if new[:room]:
        request.session[KEY] = [*now, *new[:room]]
    return len(new[:room]), len(new[room:])


def remove(request: HttpRequest, wanted: Sequence[str]) -> list[str]:
    """Take things out; those that were in it."""
    now = held(request)
    gone = [thing for thing in now if thing in wanted]
    if gone:
        request.session[KEY] = [thing for thing in now if thing not in gone]
    return gone
