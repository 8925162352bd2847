"""Keeping a form that came when its sender had to sign in again: its ordinary fields, for the same person alone, for an hour."""

import logging
import re
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.http.request import RawPostDataException, UnreadablePostError

from vre_portal.encryption import CannotDecrypt, decrypt, encrypt
from vre_portal.form_drafts.models import Fields, FormDraft
from vre_portal.iam.models import User

logger = logging.getLogger(__name__)
KEY = "kept"  # in the address of the page, and in the form when it is sent again
MAX_BYTES = 256 * 1024
MAX_FIELDS = 200
MAX_DRAFTS = 5  # of one person; the oldest gives way
# Never kept: what is secret, what proves that a page of ours was open, and what has to be typed anew on purpose.
EXCLUDED_FIELDS = re.compile(
    r"csrfmiddlewaretoken|token|secret|passw|passphrase|credential|(api|access|private).?key|confirmation", re.IGNORECASE
)
EXCLUDED_PATHS = ("/accounts/", "/theme/")
NO_TEXT = re.compile(r"on|[\d\s.:,T-]*|[0-9a-f-]{32,64}")  # ticks, numbers, dates and keys: nothing that somebody would miss
COOKIE = f"{settings.COOKIE_PREFIX}vre_last"  # who was signed in in this browser last, sealed


def save_draft(request: HttpRequest) -> str:
    """Save the form of this request where a page of ours sent it and its sender is known. Returns the key of the draft, or an empty text."""
    if request.method != "POST" or request.path.startswith(EXCLUDED_PATHS) or request.GET.get("format") == "json":
        return ""
    user = sender(request)
    if user is None:
        return ""
    fields = typed_fields(request)
    if not fields or sum(len(name) + sum(map(len, values)) for name, values in fields.items()) > MAX_BYTES:
        return ""
    draft = FormDraft(user=user, path=request.path[:500])
    draft.set_fields(fields)
    draft.save()
    FormDraft.objects.expired().delete()
    FormDraft.objects.filter(pk__in=list(FormDraft.objects.filter(user=user).values_list("pk", flat=True)[MAX_DRAFTS:])).delete()
    logger.info("a form of user %s for %s is kept", user.pk, request.path)
    return str(draft.key)


def typed_fields(request: HttpRequest) -> Fields:
    """What was typed, without files and secrets; nothing where it is too much."""
    try:
        sent = {name: [str(value) for value in values] for name, values in request.POST.lists()}
    except (RawPostDataException, UnreadablePostError):
        return {}
    fields = {name: values for name, values in sent.items() if name != KEY and not EXCLUDED_FIELDS.search(name)}
    return fields if len(fields) <= MAX_FIELDS else {}


def typed_text(request: HttpRequest) -> list[tuple[str, str]]:
    """The fields with text that somebody would have to type again, by name."""
    texts = [(name, "\n".join(values).strip()) for name, values in typed_fields(request).items()]
    return [(name, text) for name, text in texts if name != "do" and not NO_TEXT.fullmatch(text)]


def sender(request: HttpRequest) -> User | None:
    """Who sent it: the person who is signed in, else the last person in this browser."""
    if isinstance(user := getattr(request, "user", None), User):
        return user
    try:
        handle = decrypt(request.COOKIES.get(COOKIE, ""), owner=COOKIE)
    except (CannotDecrypt, UnicodeError):
        return None
    return User.objects.filter(handle=handle, is_active=True).first() if handle else None


def browser_mark(user: User) -> str:
    """The cookie's value that names the person to nobody but this portal."""
    return encrypt(str(user.handle), owner=COOKIE)


def is_marked(request: HttpRequest, user: User) -> bool:
    """Whether the browser carries this person's mark."""
    try:
        return decrypt(request.COOKIES.get(COOKIE, ""), owner=COOKIE) == str(user.handle)
    except (CannotDecrypt, UnicodeError):
        return False


def with_key(page: str, key: str) -> str:
    """The page's address with the key of what was typed there."""
    if not key:
        return page
    parts = urlsplit(page)
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name != KEY]
    return f"{parts.path}?{urlencode([*query, (KEY, key)])}"
