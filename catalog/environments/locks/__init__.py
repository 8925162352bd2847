"""Lists of packages as tools write them, read with limits: nothing in them is run, and what cannot be read is counted."""

from catalog.environments.locks.detection import read
from catalog.environments.locks.values import MAX_BYTES, BadLock, Lock, Locked

__all__ = ["MAX_BYTES", "BadLock", "Lock", "Locked", "read"]
