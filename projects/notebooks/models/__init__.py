"""What the portal stores of notebooks: sessions and how people start them, servers that it found at a hub, and logins that are to end there."""

from projects.notebooks.models.found_server import FoundServer
from projects.notebooks.models.hub_logout import HubLogout
from projects.notebooks.models.session import Session, SessionQuerySet
from projects.notebooks.models.start_settings import StartSettings

__all__ = ["FoundServer", "HubLogout", "Session", "SessionQuerySet", "StartSettings"]
