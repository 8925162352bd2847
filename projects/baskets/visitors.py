"""What somebody collects who has not signed in: things without notes, which go into their own basket at the sign-in.

They have a row among the sessions beside that of the browser, which has only its key: a session is written as a whole when a request ends,
and two windows would lose what the other one has added. This row is written under its lock alone.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from vre_portal.iam.sessions.session_store import SessionStore

MAX_ITEMS = 200
KEY = "basket"  # in the session: the key of the row
THINGS = "things"  # in the row


def held(request: HttpRequest) -> list[str]:
    """The things, in the order in which they were added; nothing is read for those without a session."""
    session = getattr(request, "session", None)
    key = session.get(KEY) if session is not None and (session.session_key or session.modified) else None
    return _things(SessionStore(key)) if isinstance(key, str) else []


def add(request: HttpRequest, wanted: Sequence[str]) -> tuple[int, int]:
    """Add things that the visitor may see; how many were added, and how many had no room."""
    counts = (0, 0)

    def with_new(now: list[str]) -> list[str]:
        nonlocal counts
        new = [thing for thing in dict.fromkeys(wanted) if thing not in now]
        room = max(0, MAX_ITEMS - len(now))
        counts = len(new[:room]), len(new[room:])
        return [*now, *new[:room]]

    if wanted:
        _change(request, with_new)
    return counts


def remove(request: HttpRequest, wanted: Collection[str]) -> list[str]:
    """Take things out; those that were in it."""
    gone: list[str] = []

    def without(now: list[str]) -> list[str]:
        gone.extend(thing for thing in now if thing in wanted)
        return [thing for thing in now if thing not in wanted]

    if held(request):
        _change(request, without)
    return gone


def keep_for_session(request: HttpRequest) -> None:
    """Keep it as long as the session of somebody who has signed in may last, however long they do nothing with it."""
    until = timezone.now() + timedelta(seconds=settings.SESSION_SECONDS)
    Session.objects.filter(pk=request.session.get(KEY)).update(expire_date=until)


def forget(request: HttpRequest) -> None:
    """Delete the row."""
    if isinstance(key := request.session.pop(KEY, None), str):
        SessionStore(key).delete()


def mark_of(thing: str) -> str:
    """What a page calls a thing that the visitor may no longer see, to take it out: nobody reads a name in it."""
    return salted_hmac("baskets.visitors", thing, algorithm="sha256").hexdigest()


def marked(request: HttpRequest, marks: Collection[str]) -> list[str]:
    """The things with some marks."""
    sent = set(marks)
    return [thing for thing in held(request) if mark_of(thing) in sent] if sent else []


@transaction.atomic
def _change(request: HttpRequest, change: Callable[[list[str]], list[str]]) -> None:
    """Write what `change` makes of the things that there are now."""
    key = request.session.get(KEY)
    row = Session.objects.select_for_update().filter(pk=key).first() if isinstance(key, str) else None
    store = SessionStore(row.pk if row else None)
    things = _things(store)  # the key is gone afterwards where the row has expired
    store[THINGS] = change(things)
    store.save()
    request.session[KEY] = store.session_key  # written in any case: the session lasts as long as what is beside it


def _things(store: SessionStore) -> list[str]:
    things = store.get(THINGS)
    return list(things) if isinstance(things, list) else []
