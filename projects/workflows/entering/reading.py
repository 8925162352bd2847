"""What the engine of a specification understood of it, as a row keeps it."""

import json
from typing import Any

from projects.workflows.engines import stored
from projects.workflows.engines.reading import Reading
from vre_portal.text import storable_json


def as_json(reading: Reading) -> dict[str, Any]:
    """As a row keeps it: with texts for numbers that JSON has not, and for what is no JSON at all."""
    return storable_json(json.loads(json.dumps(stored.to_json(reading), default=str), parse_constant=str))  # type: ignore[no-any-return]
