"""Which names a lake allows for new datasets and containers: a check before the press, not a law of the portal's."""

import re
from collections.abc import Mapping
from typing import Any

from vre_portal.services import Service

LONGEST = 250
PLAIN = r"[/A-Za-z0-9][/A-Za-z0-9._-]*"  # Rucio's own generic schema
RULE = "letters, digits, dots, dashes, underscores and slashes, beginning with a letter or digit"


def fault(lake: Service, scope: str, name: str) -> str:
    """Why a name is not allowed for something new; empty where it is.

    services.toml may say `naming = [{ scope = "KM3NET_*", pattern = "...", example = "...", text = "..." }]`; the first that fits counts.
    """
    if len(name) > LONGEST:
        return f"A name has at most {LONGEST} characters; this one has {len(name)}."
    schema = of_scope(lake, scope)
    pattern = str(schema.get("pattern") or PLAIN)
    if re.fullmatch(pattern, name) and re.fullmatch(PLAIN, name):
        return ""
    text = str(schema.get("text") or (RULE if not schema else f"as {pattern}"))
    example = f" For instance: {schema['example']}" if schema.get("example") else ""
    return f"Names in {scope} are written with {text}.{example}" if not schema else f"Names in {scope}: {text}.{example}"


def of_scope(lake: Service, scope: str) -> Mapping[str, Any]:
    """The lake's own schema for a scope, if it has one."""
    for item in lake.options.get("naming") or ():
        if re.fullmatch(re.escape(str(item.get("scope") or "*")).replace(r"\*", ".*"), scope):
            found: Mapping[str, Any] = item
            return found
    return {}
