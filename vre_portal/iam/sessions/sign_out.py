"""Signing out: what features say of it before, and where else the browser is to be signed out. They register themselves."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from vre_portal.iam.models import User

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Waiting:
    """Something of a person's that is under way and needs their sign-in to go on."""

    title: str
    address: str
    what_happens: str  # while nobody is signed in, in a sentence


@dataclass(frozen=True)
class OpenServer:
    """Something that runs for a person by itself, such as a notebook."""

    title: str
    address: str
    stays: str  # for how long, in a sentence


@dataclass(frozen=True)
class Departure:
    """How a person leaves another site: the address that the browser passes by, or what to say where that cannot be."""

    address: str = ""
    words: str = ""


class Site(Protocol):
    """A site beside the portal at which the portal's people are signed in, too."""

    def servers(self, user: User) -> list[OpenServer]:
        """What runs there for the person."""

    def stop(self, user: User) -> None:
        """Ask for the end of all that."""

    def leave(self, user: User) -> list[Departure]:
        """Sign this browser out there."""


_waiting: list[Callable[[User], list[Waiting]]] = []
_sites: list[Site] = []


def add_waiting(find: Callable[[User], list[Waiting]]) -> None:
    """An application has work that needs its person's sign-in."""
    _waiting.append(find)


def add_site(site: Site) -> None:
    """An application signs people in at another site."""
    _sites.append(site)


def waiting(user: User) -> list[Waiting]:
    """What would wait while the person is signed in nowhere."""
    return _of_each(_waiting, user)


def servers(user: User) -> list[OpenServer]:
    """What runs for the person elsewhere."""
    return _of_each([site.servers for site in _sites], user)


def stop_servers(user: User) -> None:
    """Ask for the end of all of them."""
    for site in _sites:
        with _alone(user):
            site.stop(user)


def departures(user: User) -> list[Departure]:
    """How this browser leaves the other sites, one after the other."""
    return _of_each([site.leave for site in _sites], user)


def _of_each[T](asked: Sequence[Callable[[User], list[T]]], user: User) -> list[T]:
    """What all of them say."""
    found: list[T] = []
    for ask in asked:
        with _alone(user):
            found += ask(user)
    return found


@contextmanager
def _alone(user: User) -> Iterator[None]:
    """An application that fails costs only itself: a person who wants to sign out must be able to."""
    try:
        yield
    except Exception:
        logger.exception("an application could not be asked about a sign-out of user %s", user.pk)
