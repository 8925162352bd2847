"""Checks before anything is sent: names, ids and texts that Rucio cannot store are refused."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from vre_portal.http import RemoteRefused
from vre_portal.portable_gettext import grouped
from vre_portal.services import Service

MAX_NAME_CHARS, MAX_TEXT_CHARS = 500, 3000  # that Rucio's columns hold; the generic schema has names of 250, CMS and LSST of 500
UNSENDABLE = "Unsendable"  # the code of what the portal refused to send
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def validate_token(lake: Service, *tokens: str) -> None:
    """Raises RemoteRefused for what is no scope, account, storage or id: rucio-clients puts these into addresses as they are."""
    for token in tokens:
        if not re.fullmatch(r"[A-Za-z0-9_.-]{1,255}", token) or not token.strip("."):
            raise RemoteRefused(_("Not found in the Data Lake."), service=lake, status=404, code="NotFound")


def validate_did(lake: Service, scope: str, name: str) -> None:
    """Raises RemoteRefused for what cannot be the name of a DID, and for what an address would read as "one folder up"."""
    validate_token(lake, scope)
    if not name or not name.strip(".") or len(name) > MAX_NAME_CHARS or UNSTORABLE.search(name):
        raise RemoteRefused(
            _("This cannot be the name of a DID: names have 1 to %(limit)s valid characters, and NUL is not allowed.")
            % {"limit": MAX_NAME_CHARS},
            service=lake,
            status=404,
            code="DataIdentifierNotFound",
        )


def validate_rule_id(lake: Service, rule_id: str) -> None:
    """Raises RemoteRefused for a malformed id, which Rucio would answer with "internal error"."""
    validate_token(lake, rule_id)
    if len(rule_id) != 32 or set(rule_id.lower()) - set("0123456789abcdef"):
        raise RemoteRefused(_("There is no such rule."), service=lake, status=404, code="RuleNotFound")


def validate_text(lake: Service, label: str, *values: Any, max_chars: int = MAX_TEXT_CHARS) -> None:
    """Raises RemoteRefused for texts that Rucio's database cannot store, also within lists and mappings; `label` is the field in the message."""
    for value in values:
        if isinstance(value, str):
            if len(value) > max_chars:
                text = _("%(field)s: at most %(limit)s characters are allowed; this text has %(count)s.")
                raise unsendable(lake, text % {"field": label, "limit": grouped(max_chars), "count": grouped(len(value))})
            if CONTROLS.search(value):
                text = _("%(field)s: Rucio cannot store some of these characters, such as NUL. Remove them and try again.")
                raise unsendable(lake, text % {"field": label})
        elif isinstance(value, Mapping):
            validate_text(lake, label, *value.keys(), *value.values(), max_chars=max_chars)
        elif isinstance(value, list | tuple):
            validate_text(lake, label, *value, max_chars=max_chars)


def unsendable(lake: Service, words: str) -> RemoteRefused:
    """The refusal of something that was not sent."""
    return RemoteRefused(words, service=lake, status=400, code=UNSENDABLE)
