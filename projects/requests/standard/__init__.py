"""The kinds of requests that come with the portal: one module each, registered when the application is ready."""

from projects.requests import kinds
from projects.requests.standard.join import JOIN

KINDS = (JOIN,)


def register() -> None:
    """Make them known."""
    for kind in KINDS:
        kinds.register(kind)
