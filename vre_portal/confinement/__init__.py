"""Programs that read what strangers wrote, in a process that can do nothing else: no network, no secrets, no other programs, little memory.

A program is one Python file that defines `answer(wish: dict, folder: Path, scratch: Path) -> dict`. It is run by the Python of any
environment and imports that environment's packages and the modules in its own folder, nothing of the portal. What it prints is dropped.
"""

from vre_portal.confinement.failures import ChildFailed, Limits
from vre_portal.confinement.probing import Isolation, isolation
from vre_portal.confinement.running import run

__all__ = ["ChildFailed", "Isolation", "Limits", "isolation", "run"]
