"""People, their identities, tokens and sessions."""

from vre_portal.iam.models.people import Identity, User, UserManager
from vre_portal.iam.models.sessions import UsedLogout, UserSession, UserSessionQuerySet
from vre_portal.iam.models.tokens import Token

__all__ = ["Identity", "Token", "UsedLogout", "User", "UserManager", "UserSession", "UserSessionQuerySet"]
