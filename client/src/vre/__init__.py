"""Your baskets of a VRE portal in Python, and the data in them.

    import vre

    for item in vre.basket():
        print(item.title, item.path())

In a notebook session of the portal this works at once. Elsewhere call `vre.login("https://portal.example.org")` once.
"""

from vre.baskets import Basket, BasketSummary
from vre.errors import (
    AccessDenied,
    ChecksumMismatch,
    DatasetIncomplete,
    DownloadFailed,
    MissingPackage,
    NotFound,
    NotPossible,
    NotSignedIn,
    PortalUnavailable,
    VreError,
)
from vre.items import Item
from vre.portal import Person, Portal

__version__ = "0.1.0"
__all__ = [
    "AccessDenied",
    "Basket",
    "BasketSummary",
    "ChecksumMismatch",
    "DatasetIncomplete",
    "DownloadFailed",
    "Item",
    "MissingPackage",
    "NotFound",
    "NotPossible",
    "NotSignedIn",
    "Person",
    "Portal",
    "PortalUnavailable",
    "VreError",
    "basket",
    "baskets",
    "login",
    "logout",
    "me",
]


def basket(name_or_number: str | int | None = None) -> Basket:
    """Your current basket, or the one of that name or number."""
    return Portal().basket(name_or_number)


def baskets() -> list[BasketSummary]:
    """All your baskets, without their items."""
    return Portal().baskets()


def me() -> Person:
    """Who you are at the portal, and what this access may do."""
    return Portal().me()


def login(url: str | None = None) -> Person:
    """Sign in with a code that you type in a browser; the portal is remembered for the next time."""
    return Portal(url).login()


def logout(url: str | None = None) -> None:
    """Revoke and delete the saved login of this portal."""
    Portal(url).logout()
