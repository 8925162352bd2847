"""Keeping a form that came when its sender had to sign in again: its ordinary fields, for the same person alone, for an hour."""

import logging
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from vre_portal.iam.models import User
from vre_portal.iam.sealing import Unreadable, seal, unseal
from vre_portal.kept.models import Fields, Kept

logger = logging.getLogger(__name__)
KEY = "kept"  # in the address of the page, and in the form when it is sent again
MOST_BYTES = 256 * 1024
MOST_FIELDS = 200
MOST_FORMS = 5  # of one person; the oldest gives way
# Never kept: what is secret, what proves that a page of ours was open, and what has to be typed anew on purpose.
LEFT_OUT = re.compile(r"csrfmiddlewaretoken|token|secret|passw|passphrase|credential|(api|access|private).?key|confirmation", re.IGNORECASE)
UNKEPT = ("/accounts/", "/theme/")
COOKIE = f"{settings.COOKIE_PREFIX}vre_last"  # who was signed in in this browser last, sealed


def keep(request: HttpRequest) -> str:
    """Keep the form of this request, if a page of ours sent one and it is known whose it is; the key, or nothing."""
    if request.method != "POST" or request.path.startswith(UNKEPT) or request.GET.get("format") == "json":
        return ""
    user = sender(request)
    if user is None:
        return ""
    fields = ordinary(request)
    if not fields or sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > MOST_BYTES:
        return ""
    form = Kept(user=user, path=request.path[:500])
    form.close(fields)
    form.save()
    Kept.objects.over().delete()
    Kept.objects.filter(pk__in=list(Kept.objects.filter(user=user).values_list("pk", flat=True)[MOST_FORMS:])).delete()
    logger.info("a form of user %s for %s is kept", user.pk, request.path)
    return str(form.key)


def ordinary(request: HttpRequest) -> Fields:
    """What was typed, without files and secrets; nothing where it is too much."""
    try:
        sent = {name: [str(value) for value in values] for name, values in request.POST.lists()}
    except (RawPostDataException, UnreadablePostError):
        return {}
    fields = {name: values for name, values in sent.items() if name != KEY and not LEFT_OUT.search(name)}
    return fields if len(fields) <= MOST_FIELDS else {}


def sender(request: HttpRequest) -> User | None:
    """Who sent it: whoever is signed in, else whoever was in this browser last."""
    if isinstance(user := getattr(request, "user", None), User):
        return user
    try:
        handle = unseal(request.COOKIES.get(COOKIE, ""), owner=COOKIE)
    except (Unreadable, UnicodeError):
        return None
    return User.objects.filter(handle=handle, is_active=True).first() if handle else None


def mark(user: User) -> str:
    """The cookie's value that names the person to nobody but this portal."""
    return seal(str(user.handle), owner=COOKIE)


def is_marked(request: HttpRequest, user: User) -> bool:
    """Whether the browser carries this person's mark."""
    try:
        return unseal(request.COOKIES.get(COOKIE, ""), owner=COOKIE) == str(user.handle)
    except (Unreadable, UnicodeError):
        return False


def with_key(page: str, key: str) -> str:
    """The page's address with the key of what was typed there."""
    if not key:
        return page
    parts = urlsplit(page)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != KEY]
    return f"{parts.path}?{urlencode([*query, (KEY, key)])}"
