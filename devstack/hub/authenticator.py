"""The hub's authenticator on the local stack: the Data Lake's token is a file that the person's sessions read."""

import json
import time
from typing import Any

import jwt

from deploy.hub.authenticator import PortalAuthenticator
from deploy.hub.token_exchange import Obtained
from devstack.hub.folders import PersonalFolder, write_private


class IamAuthenticator(PortalAuthenticator):
    """Keeps tokens in the people's own folders."""

    async def keep_token(self, name: str, obtained: Obtained, user_info: dict[str, Any]) -> None:
        """Replace the file."""
        folder = PersonalFolder(name)
        write_private(folder.token_file, obtained.token)
        write_status(folder, shortfall=obtained.shortfall)
        until = jwt.decode(obtained.token, options={"verify_signature": False}).get("exp", 0)
        self.log.info("Data Lake token of %s renewed, good for %d s. %s", name, until - time.time(), obtained.shortfall)

    async def note_problem(self, name: str, problem: str) -> None:
        """Only for those who have had a session here: nobody gets a folder by being refused."""
        folder = PersonalFolder(name)
        if folder.exists:
            write_status(folder, problem=problem)


def write_status(folder: PersonalFolder, *, problem: str = "", shortfall: str = "") -> None:
    """What a session tells its person: when this was, why there is no new token, what the token lacks."""
    checked = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime())
    write_private(folder.token_status, json.dumps({"checked": checked, "problem": problem, "shortfall": shortfall}))
