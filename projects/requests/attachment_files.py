"""Where the files of requests are stored: under a name of the portal's own, never under the one that the person chose."""

import uuid

FOLDER = "requests"


def path_of(_attachment: object, _name: str) -> str:
    """A new place below MEDIA_ROOT, which says nothing of the file."""
    name = uuid.uuid4().hex
    return f"{FOLDER}/{name[:2]}/{name}"
