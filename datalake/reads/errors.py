"""Errors of reading a lake."""

from django.utils.translation import gettext as _

from datalake import rucio
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service


class NoAccount(RemoteRefused):
    """The Data Lake does not know this person."""


def no_account_words() -> str:
    """Why, and how one gets an account."""
    return _("You don't have a Data Lake account yet. One is created automatically, within a minute, once you join an experiment's group.")


class Damaged(RemoteUnavailable):
    """The bytes of a file are not those that were registered."""

    def __init__(self, lake: Service, file: rucio.Did) -> None:
        text = _("The contents of %(name)s do not match its checksum.")
        super().__init__(text % {"name": file.name}, service=lake)
