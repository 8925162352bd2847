"""The only module that calls JupyterHub: it starts, follows and stops sessions as the portal's service, which cannot look into them."""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from projects.notebooks.hub_answers import QUIET, Progress, Server, part_of, read_progress, read_server, read_token_owner
from vre_portal import http
from vre_portal.http import RemoteError, RemoteRefused, RemoteUnavailable
from vre_portal.services import Service

logger = logging.getLogger(__name__)
START_TIMEOUT = (1.0, 15.0)  # the hub first asks the IAM about the person, then waits a second for the server
KEEPALIVE = 30.0  # the hub says something at least every eight seconds while a server starts
PAGE = 200
ANSWER_TIMEOUT = (1.0, 2.0)
AT_LIMIT = re.compile(r"maximum of ([0-9]{1,9}) named servers")  # the hub's own words; nothing else tells this refusal from others
TOO_MANY = 429  # the hub starts as many as it can, or has as many people as it takes
NOT_GRANTED, PORTAL_AWAY = 409, 424  # what the hub's hook says where the portal did not grant a start, or did not answer it


class SignInNeeded(RemoteRefused):
    """The hub does not know the person, or needs them to sign in anew."""


class ServerLimit(RemoteRefused):
    """The hub keeps as many named servers for the person as it allows, `limit`; those that are stopped count as well."""

    def __init__(self, hub: Service, limit: int) -> None:
        words = ngettext(
            "%(hub)s allows %(limit)s notebook server per person, and you have %(limit)s.",
            "%(hub)s allows %(limit)s notebook servers per person, and you have %(limit)s.",
            limit,
        )
        super().__init__(words % {"hub": hub.title, "limit": limit}, service=hub)
        self.limit = limit


def server_state(hub: Service, user: str, name: str) -> Server | None:
    """One server, None where it does not run; raises SignInNeeded where the hub does not know the person."""
    reply = _call(hub, "GET", f"/users/{quote(user, safe='')}", known=(200, 404))
    if reply.status == 404:
        raise SignInNeeded(_("You have not signed in to %(hub)s yet.") % {"hub": hub.title}, service=hub, status=404)
    facts = part_of(reply.json(), "servers", dict).get(name)
    return read_server(user, name, facts) if isinstance(facts, dict) else None


def named_servers(hub: Service, user: str) -> list[Server]:
    """All named servers that the hub keeps for a person, stopped ones included; raises SignInNeeded where it does not know the person."""
    path = f"/users/{quote(user, safe='')}"
    reply = _call(hub, "GET", path, params={"include_stopped_servers": "1"}, known=(200, 404))
    if reply.status == 404:
        raise SignInNeeded(_("You have not signed in to %(hub)s yet.") % {"hub": hub.title}, service=hub, status=404)
    servers = part_of(reply.json(), "servers", dict)
    return [read_server(user, name, facts) for name, facts in servers.items() if name and isinstance(facts, dict)]


@dataclass(frozen=True)
class Running:
    """The servers of a listing by person and name. Where a part of it could not be read, a server that is not in it may be there all the same."""

    servers: dict[tuple[str, str], Server]
    is_whole: bool
    pages: int = 1  # more than one were told at different moments, and a server may have slipped between them


def running(hub: Service) -> Running:
    """All servers that run or are about to, in as few calls as there are pages; entries of another shape cost only themselves."""
    active: dict[tuple[str, str], Server] = {}
    is_whole, pages = True, 0
    headers = {"Accept": "application/jupyterhub-pagination+json"}
    offset: int | None = 0
    while offset is not None:
        params = {"state": "active", "offset": offset, "limit": PAGE}
        page = _call(hub, "GET", "/users", params=params, headers=headers).json()
        pages += 1
        is_whole = is_whole and isinstance(page, dict) and isinstance(page.get("items"), list)
        for person in part_of(page, "items", list):
            user, servers = part_of(person, "name", str), part_of(person, "servers", dict)
            if not user or not isinstance(person.get("servers"), dict):
                logger.warning("%s lists somebody in a form that is not JupyterHub's: %r", hub.title, str(person)[:200])
                is_whole = False
                continue
            active |= {(user, name): read_server(user, name, facts if isinstance(facts, dict) else {}) for name, facts in servers.items()}
        following = part_of(part_of(page, "_pagination", dict), "next", dict).get("offset")
        offset = following if isinstance(following, int) and following > offset else None
    return Running(active, is_whole, pages)


def start_server(hub: Service, user: str, name: str, options: dict[str, Any]) -> bool:
    """Ask for a server, which then starts in the background; False if there already is one, which does not have these options.

    Raises ServerLimit where one has to be removed first.
    """
    known = (201, 202, 400, 403, 404, NOT_GRANTED, PORTAL_AWAY, TOO_MANY, 500)
    reply = _call(hub, "POST", _path(user, name), json=options, timeout=START_TIMEOUT, known=known)
    if reply.status in (403, 404):
        raise SignInNeeded(_("%(hub)s asks you to sign in.") % {"hub": hub.title}, service=hub, status=reply.status)
    refusal = _("%(hub)s did not start the session: %(reason)s") % {"hub": hub.title, "reason": _reason(reply)}
    if reply.status in (PORTAL_AWAY, TOO_MANY):
        raise RemoteUnavailable(refusal, service=hub)
    if reply.status < 400:
        return True
    if reply.status in (400, 500) and server_state(hub, user, name):
        return False
    if limit := AT_LIMIT.search(_reason(reply)):
        raise ServerLimit(hub, int(limit[1]))
    raise RemoteRefused(refusal, service=hub, status=reply.status)


def progress(hub: Service, user: str, name: str, seconds: float = 90) -> Iterator[Progress]:
    """Yield the hub's progress messages of a starting server until it is ready or has failed; empty ones show that the hub still answers."""
    path = f"/hub/api{_path(user, name)}/progress"
    timeout = (START_TIMEOUT[0], KEEPALIVE)
    with http.stream(hub, "GET", path, token=_token(hub), timeout=timeout, deadline=seconds) as answer:
        if answer.status != 200:  # it has stopped meanwhile, or was never asked for
            return
        for line in answer.lines(max_line=64 * 1024):
            news = read_progress(line.removeprefix("data:")) if line.startswith("data:") else QUIET
            yield news
            if news.ready or news.failed:
                return


def stop_server(hub: Service, user: str, name: str) -> bool:
    """Ask for the end of a server; True once it is gone, False while it is ending."""
    reply = _call(hub, "DELETE", _path(user, name), timeout=START_TIMEOUT, known=(202, 204, 400, 404))
    return reply.status in (204, 404)


def note_activity(hub: Service, user: str, name: str, at: datetime) -> None:
    """Tell the hub that a server is in use, so that its culler counts from then on. Raises RemoteRefused without the scope `users:activity`."""
    moment = at.isoformat()
    body = {"servers": {name: {"last_activity": moment}}, "last_activity": moment}
    reply = _call(hub, "POST", f"/users/{quote(user, safe='')}/activity", json=body, known=(200, 400, 404))
    if reply.status != 200:
        raise RemoteRefused(_("%(hub)s no longer runs this session.") % {"hub": hub.title}, service=hub, status=reply.status)


def remove_server(hub: Service, user: str, name: str) -> bool:
    """Remove a stopped server, which then no longer counts; True once it is removed. A running one would be stopped."""
    reply = _call(hub, "DELETE", _path(user, name), json={"remove": True}, timeout=START_TIMEOUT, known=(202, 204, 400, 404))
    return reply.status in (204, 404)


def end_logins(hub: Service, user: str) -> None:
    """End the person's logins at the hub in all browsers; servers run on. Raises RemoteRefused where the hub has no such call."""
    if _call(hub, "DELETE", f"/users/{quote(user, safe='')}/logins", known=(204, 404)).status == 404:
        raise RemoteRefused(_("%(hub)s cannot end logins for the portal.") % {"hub": hub.title}, service=hub, status=404)


def server_of_token(hub: Service, token: str) -> tuple[str, str] | None:
    """The person at the hub and the server whose own token it is; None for every other token. Raises RemoteUnavailable.

    Tokens that people make at the hub, and those of their visits to a server, are not the server's: what they allow is another set of scopes,
    or they belong to a browser's session.
    """
    reply = http.request(hub, "GET", "/hub/api/user", token=token, timeout=ANSWER_TIMEOUT)
    if "X-JupyterHub-Version" not in reply.headers:
        raise RemoteUnavailable(_("%(hub)s is not available.") % {"hub": hub.title}, service=hub)
    if reply.status in (401, 403, 404):
        return None
    if reply.status != 200:
        words = _("%(hub)s has an error (status %(status)s).") % {"hub": hub.title, "status": reply.status}
        raise RemoteUnavailable(words, service=hub)
    return read_token_owner(reply.json())


def answers(hub: Service) -> bool:
    """Whether the hub answers, so that a browser can be sent to it."""
    try:
        reply = http.request(hub, "GET", "/hub/api/", timeout=ANSWER_TIMEOUT)
    except RemoteError:
        return False
    return "X-JupyterHub-Version" in reply.headers


def sign_out_url(hub: Service) -> str:
    """Where the browser goes to be signed out there; the hub sends it back to the portal."""
    return f"{hub.url}/hub/logout"


def open_url(hub: Service, path: str) -> str:
    """Where the browser goes to work in a server. It passes the IAM first, so that it arrives as the person who is signed in there now."""
    return f"{hub.url}/hub/oauth_login?{urlencode({'next': path})}"


def git_pull_path(path: str, repository: str, branch: str, folder: str) -> str:
    """The address in a server that fetches a repository and then shows its folder in JupyterLab."""
    query = {"repo": repository, "branch": branch, "urlpath": f"lab/tree/{quote(folder)}", "targetPath": folder}
    return f"{path}git-pull?{urlencode({name: value for name, value in query.items() if value})}"


def sign_in_url(hub: Service, back_to: str, state: str) -> str:
    """Where the browser goes to become known at the hub, which then sends it back to the portal."""
    query = {
        "client_id": hub.options.get("client_id", "service-portal"),
        "response_type": "code",
        "redirect_uri": back_to,
        "state": state,
    }
    return open_url(hub, f"/hub/api/oauth2/authorize?{urlencode(query)}")


def _path(user: str, name: str) -> str:
    """Where the hub's API has a server; the default one has no name."""
    person = quote(user, safe="")
    return f"/users/{person}/servers/{quote(name, safe='')}" if name else f"/users/{person}/server"


def _token(hub: Service) -> str:
    return str(hub.options["token"])


def _call(hub: Service, method: str, path: str, known: tuple[int, ...] = (200,), **options: Any) -> http.Reply:
    """One call of the hub's API; a status that is not among the known ones is an error."""
    reply = http.request(hub, method, f"/hub/api{path}", token=_token(hub), raise_5xx=500 not in known, **options)
    if "X-JupyterHub-Version" not in reply.headers:  # the proxy in front of it answered in its place
        raise RemoteUnavailable(_("%(hub)s is not available.") % {"hub": hub.title}, service=hub)
    if reply.status in known:
        return reply
    if reply.status >= 500:
        words = _("%(hub)s has an error (status %(status)s).") % {"hub": hub.title, "status": reply.status}
        raise RemoteUnavailable(words, service=hub)
    if reply.status in (401, 403):
        words = _("%(hub)s does not accept the portal's token. Its operators need to fix this.") % {"hub": hub.title}
        raise RemoteRefused(words, service=hub, status=reply.status)
    words = _("%(hub)s refused the request: %(reason)s") % {"hub": hub.title, "reason": _reason(reply)}
    raise RemoteRefused(words, service=hub, status=reply.status)


def _reason(reply: http.Reply) -> str:
    try:
        message = reply.json().get("message", "")
    except (RemoteUnavailable, AttributeError):
        message = ""
    return str(message)[:200] or _("status %(status)s") % {"status": reply.status}
