"""What an input is bound to, as a field of the launch form, its address and its links carry it: a DID, a file of a run, or an upload."""

import re
from collections.abc import Mapping
from typing import Any

DID = re.compile(r"(?P<scope>[^\s:]{1,30}):(?P<name>[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,499})")
# No DID: these have no colon.
ATTACHED = re.compile(r"file/(?P<file>[0-9]{1,18})|upload/(?P<stored>[0-9a-f]{64})")
VALUE = rf"\A(?:{DID.pattern}|{ATTACHED.pattern})\Z"  # "$" would let a line end through


def attached_of(value: str) -> dict[str, Any] | None:
    """What `Run.attached` has for a value; None for a DID."""
    found = ATTACHED.fullmatch(value)
    if found is None:
        return None
    return {"stored": found["stored"]} if found["stored"] else {"file": int(found["file"])}


def value_of(source: Mapping[str, Any]) -> str:
    """The field's value for an entry of `Run.inputs` or `Run.attached`."""
    if "did" in source:
        return str(source["did"])
    return f"upload/{source['stored']}" if "stored" in source else f"file/{source['file']}"
