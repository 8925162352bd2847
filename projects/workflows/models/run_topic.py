"""The name under which open pages hear of a run."""


def topic_of(run: int) -> str:
    """What open pages that show the run of this key listen to."""
    return f"run-{run}"
