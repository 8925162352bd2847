"""The names that a lake allows for new datasets and containers; Rucio itself decides, this check only warns early."""

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from vre_portal.services import Service

MAX_NAME_CHARS = 250
PLAIN = r"[/A-Za-z0-9][/A-Za-z0-9._-]*"  # Rucio's own generic schema


def fault(lake: Service, scope: str, name: str) -> str:
    """Why a name is not allowed for something new; empty where it is.

    services.toml may say `naming = [{ scope = "EXPERIMENT_*", pattern = "...", example = "...", text = "..." }]`; the first that fits counts.
    """
    if len(name) > MAX_NAME_CHARS:
        return _("A name can have at most %(limit)s characters; this one has %(count)s.") % {"limit": MAX_NAME_CHARS, "count": len(name)}
    schema = of_scope(lake, scope)
    pattern = str(schema.get("pattern") or PLAIN)
    if re.fullmatch(pattern, name) and re.fullmatch(PLAIN, name):
        return ""
    if not schema:
        text = _("Names in %(scope)s can contain letters, digits, dots, dashes, underscores and slashes, and begin with a letter or digit.")
    elif schema.get("text"):
        text = _("Names in %(scope)s: %(rule)s.")
    else:
        text = _("Names in %(scope)s must match the pattern %(pattern)s.")
    sentences = [text % {"scope": scope, "rule": schema.get("text"), "pattern": pattern}]
    if schema.get("example"):
        sentences.append(_("Example: %(example)s") % {"example": schema["example"]})
    return " ".join(sentences)


def of_scope(lake: Service, scope: str) -> Mapping[str, Any]:
    """The lake's own schema for a scope, if it has one."""
    for item in lake.options.get("naming") or ():
        if re.fullmatch(re.escape(str(item.get("scope") or "*")).replace(r"\*", ".*"), scope):
            rule: Mapping[str, Any] = item
            return rule
    return {}
