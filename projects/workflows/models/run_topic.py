"""The names under which open pages hear of a run: its own page, and lists, which show only its state."""

from vre_portal import events


def topic_of(run: int) -> str:
    """What open pages that show the run of this key listen to."""
    return f"run-{run}"


def list_topic_of(run: int) -> str:
    """What open lists with the run of this key listen to."""
    return f"listed-{run}"


def tell_of_deletion(run: int) -> None:
    """Tell both that a deletion of the run, or of its files at REANA, began, failed or is done."""
    for topic in (topic_of(run), list_topic_of(run)):
        events.publish(topic, "deletion")
