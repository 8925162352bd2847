"""What opens a project is done on the page that lists what it opens, as a browser does it."""

import re
from typing import Any

from django.test import Client


def confirm(client: Client, path: str, sent: dict[str, str] | None = None, **options: Any) -> Any:
    """Send a form; where it answers with the list of what becomes public, press the button there."""
    reply = client.post(path, sent or {}, **options)
    found = re.search(r'name="version"\s+value="(\w+)"', reply.content.decode())
    if reply.status_code != 200 or found is None or "Becomes public" not in reply.content.decode():
        return reply
    return client.post(path, {**(sent or {}), "version": found[1]}, **options)
