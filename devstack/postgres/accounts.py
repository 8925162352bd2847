"""As whom PostgreSQL runs: as the user who starts the stack, but never as root, which its server refuses."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Numbers that systemd's table of users leaves unused: no account of the machine has one, so that nobody else reads the data.
# `nobody` itself would not do: whatever else runs as nobody could read and change the database.
FIRST, COUNT = 60706, 478


class AccountError(Exception):
    """There is no account that PostgreSQL can run as; the text says what to do."""


@dataclass(frozen=True)
class Account:
    """A user and its group, without any other group."""

    uid: int
    gid: int

    def as_options(self) -> dict[str, Any]:
        """How subprocess gives up everything that root is: the user, the group and the supplementary groups."""
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Give a folder and all that is in it to the account; links are not followed."""
        if folder.stat().st_uid == self.uid:
            return
        try:
            for _path, folders, files, handle in os.fwalk(folder):
                for name in folders + files:
                    os.chown(name, self.uid, self.gid, dir_fd=handle, follow_symlinks=False)
            os.chown(folder, self.uid, self.gid, follow_symlinks=False)  # last: the mark that all is done
        except OSError as error:
            raise AccountError(
                f"PostgreSQL does not run as root, and this system gives no other user ({folder}: {error.strerror}). "
                "Start the stack as an ordinary user."
            ) from None


def server() -> Account | None:
    """The account of the server: None is the user who starts it, for root a number that nobody else has."""
    if os.geteuid():
        return None
    number = next((number for number in range(FIRST, FIRST + COUNT) if not _has_name(number)), None)
    if number is None:
        raise AccountError("PostgreSQL does not run as root, and no user number is free for it. Start the stack as an ordinary user.")
    return Account(number, number)


def _has_name(number: int) -> bool:
    try:
        pwd.getpwuid(number)
    except KeyError:
        return False
    return True


def initial() -> Account | None:
    """The account that makes the data folder: for root nobody, because initdb asks for a user with a name."""
    if os.geteuid():
        return None
    try:
        found = pwd.getpwnam("nobody")
    except KeyError:
        raise AccountError("PostgreSQL does not run as root, and there is no user `nobody`. Start the stack as an ordinary user.") from None
    return Account(found.pw_uid, found.pw_gid)
