"""One call that the hub does not have by itself: end all of a person's logins here, as their sign-out elsewhere wants it.

The hub knows a browser by a cookie that names the person (`cookie_id`), and a Lab by a token that its own cookie holds. With a new
`cookie_id` and without those tokens no browser is signed in any more, whatever cookies it has. Servers run on: their own tokens stay.
"""

from typing import Any

from jupyterhub import orm
from jupyterhub.apihandlers.base import APIHandler
from jupyterhub.utils import new_token
from tornado.web import HTTPError

SCOPE = "custom:portal:end-logins"
SCOPES = {SCOPE: {"description": "End the logins of people, but not their servers"}}


class EndLogins(APIHandler):  # type: ignore[misc]
    """DELETE /hub/api/users/<name>/logins, for services that hold the scope."""

    async def delete(self, name: str) -> None:
        """204, also for somebody who was never here."""
        if SCOPE not in self.expanded_scopes:
            raise HTTPError(403)
        person = self.db.query(orm.User).filter(orm.User.name == name).first()
        if person is not None:
            person.cookie_id = new_token()
            for kind in (orm.APIToken, orm.OAuthCode):  # what a browser's login made has that login's number
                for row in self.db.query(kind).filter(kind.user_id == person.id, kind.session_id.isnot(None), kind.session_id != ""):
                    self.db.delete(row)
            self.db.commit()
            self.log.info("All logins of %s were ended by %s", name, self.current_user.name)
        self.set_status(204)


def handlers() -> list[tuple[str, Any]]:
    return [(r"/api/users/([^/]+)/logins", EndLogins)]
