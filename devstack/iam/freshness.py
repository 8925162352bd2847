"""When somebody last typed a password here, kept with the session and told in identity tokens (`auth_time`)."""

import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib.auth.signals import user_logged_in
from django.core.cache import cache
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse

TYPED_AT = "auth_time"  # in the session
CODE_SECONDS = 600


@receiver(user_logged_in)
def note(request: HttpRequest, **_: Any) -> None:
    request.session[TYPED_AT] = int(time.time())


def is_too_old(request: HttpRequest) -> bool:
    """Whether the client wants a younger sign-in than the one at hand; a number that is none wants nothing."""
    wanted = request.GET.get("max_age", "")
    return wanted.isdecimal() and time.time() - request.session.get(TYPED_AT, 0) > int(wanted)


def remember(request: HttpRequest, answer: HttpResponse) -> None:
    """Tie the time to the code that goes to the client."""
    for code in parse_qs(urlsplit(answer.get("Location", "")).query).get("code", []):
        cache.set(f"auth_time-{code}", request.session.get(TYPED_AT), CODE_SECONDS)


def told_for(code: str) -> dict[str, int]:
    """The claim for a code; nothing where it is not known, as after a refresh."""
    found = cache.get(f"auth_time-{code}")
    return {"auth_time": found} if found else {}
