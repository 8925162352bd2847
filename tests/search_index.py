"""The index of the one search, brought up to date for a test as a worker does it."""

from vre_portal.search import worker


def index_all() -> None:
    """Index everything that changed."""
    while worker.update():
        pass
