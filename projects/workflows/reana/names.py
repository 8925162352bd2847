"""Names of files as REANA takes them in a path: it decodes the path twice and reads what comes out as a pattern of names."""

import re
from urllib.parse import quote

from django.utils.translation import gettext as _

from vre_portal.http import RemoteRefused
from vre_portal.services import Service
from vre_portal.text import plain

# What means something in a pattern, is decoded a second time, or ends a path inside the server. Names without it are sent as they are.
SPECIAL = re.compile(r"[*?\[\]\\%#]")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # REANA puts the name into a header of its answer, which cannot hold them
PATTERN = re.compile(r"[*?\[]")
SHOWN = 120  # characters of a name in a message


def in_path(server: Service, name: str) -> str:
    """The name, quoted so that the server understands exactly this file; raises RemoteRefused("not-fetchable") where no way is known."""
    if reason := unspeakable(name):
        raise not_fetchable(server, name, reason)
    if not SPECIAL.search(name):
        return quote(name, safe="/")
    literal = PATTERN.sub(lambda sign: f"[{sign[0]}]", name.replace("\\", "\\\\"))
    return quote(quote(literal, safe="/"), safe="/")


def unspeakable(name: str) -> str:
    """Why no path of REANA's API can name this file, in a sentence; empty where one can."""
    if not name:
        return _("It has no name.")
    if "\n" in name or "\r" in name:
        return _("Its name contains a line break.")
    if CONTROL.search(name) or any("\ud800" <= sign <= "\udfff" for sign in name):
        return _("Its name contains characters that cannot be sent.")
    if any(part in ("", ".", "..") for part in name.split("/")):
        return _("Its name is not a path inside the workspace.")
    return ""


def shown(name: str) -> str:
    """A name in a message, on one line."""
    return plain(name).replace("\n", "\ufffd")[:SHOWN]


def is_special(name: str) -> bool:
    """Whether REANA may fail to find the file though it lists it."""
    return bool(SPECIAL.search(name))


def not_fetchable(server: Service, name: str, why: str, status: int = 0) -> RemoteRefused:
    """The refusal, in words for the person whose file it is; `why` is a sentence."""
    text = _("%(server)s cannot send “%(file)s”. %(reason)s Give the file another name in the workflow and run it again.")
    return RemoteRefused(
        text % {"server": server.title, "file": shown(name), "reason": why},
        service=server,
        status=status,
        code="not-fetchable",
    )
