"""Where a worker is killed in the tests, in the order of a launch."""

POINTS = (
    "after it is claimed",
    "before it is created",
    "after it is created, before its id is written down",
    "after its id is written down",
    "in the middle of the uploads",
    "before it is started",
    "after it is started, before that is written down",
    "after that is written down, before the claim is given back",
)
