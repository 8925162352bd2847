"""How many repositories are asked at once, of all people, so that slow servers leave workers for other jobs."""

from vre_portal.slots import Slot

MAX_AT_ONCE = 4


def fetch_slot() -> Slot:
    """A place among those that fetch or look. Raises NoSlot where all are taken."""
    return Slot("repositories", MAX_AT_ONCE)
