"""Values as the launch form sends them."""

import re
import uuid
from html import unescape

VALUES = {"p-years": "5", "p-count": "4", "p-source": "PKS", "p-kind": "two", "p-bins": "[3]", "p-when": "2027-02-01", "p-code": "008"}
SENT = {"years": 5.0, "count": 4, "source": "PKS", "quick": False, "kind": "two", "bins": [3], "when": "2027-02-01", "code": "008"}


def filled(**more: str) -> dict[str, str]:
    return {"specification": "fit", "key": str(uuid.uuid4()), **VALUES, **{name.replace("__", "-"): value for name, value in more.items()}}


def values_in(page: str) -> dict[str, str]:
    """What the fields of the form show."""
    found = {}
    for tag in re.findall(r'<input[^>]*name="p-[^>]*>', page):
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag:
            found[name[1]] = unescape(value[1]) if value else ""  # type: ignore[index]
    return found
