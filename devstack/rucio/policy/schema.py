"""What names and values look like: as in Rucio's generic schema."""

from rucio.common.schema.generic import *  # noqa: F403
