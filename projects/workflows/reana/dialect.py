"""How a server takes tokens: as services.toml says, if an unauthenticated call agrees; until then no token is sent."""

from django.core.cache import cache

from projects.workflows.reana import pace
from vre_portal.http import RemoteRefused, RemoteUnavailable, Reply, request
from vre_portal.iam.stored import services as stored
from vre_portal.iam.tokens import is_jwt
from vre_portal.services import Dialect, Service

TIMEOUT = (2.0, 20.0)
AGREED_SECONDS = 300  # how long an agreement counts; a disagreement is looked at again at the next call
TELLING = "/api/you"  # no server answers it without a token, and how it refuses tells the dialect
WORDS = {
    Dialect.BEARER: "the IAM's token in the header (bearer)",
    Dialect.QUERY: "its own token in the address (query)",
}


def spoken(server: Service) -> Dialect:
    """The dialect that the server itself shows; raises RemoteUnavailable where its answer shows none."""
    with pace.waited(server):
        reply = request(server, "GET", TELLING, timeout=TIMEOUT, deadline=20.0)
    if reply.status != 401:
        raise RemoteUnavailable(
            f"{server.title} answered a call without a token with status {reply.status}, which no REANA does. Nothing was sent.",
            service=server,
        )
    return _shown(server, reply)


def _shown(server: Service, reply: Reply) -> Dialect:
    challenge = reply.headers.get("WWW-Authenticate", "")
    if not challenge:
        return Dialect.QUERY
    if challenge.split()[:1] == ["Bearer"]:
        return Dialect.BEARER
    raise RemoteUnavailable(f"{server.title} is behind another sign-in, which this portal cannot pass. Nothing was sent.", service=server)


def problem(server: Service) -> str:
    """What is wrong with the dialect in services.toml, in words; nothing where the server agrees. Raises RemoteUnavailable."""
    shown = spoken(server)
    if server.dialect is shown:
        return ""
    remedy = f'Set dialect = "{shown}" among the options of {server.name} in services.toml.'
    if server.dialect is None:
        return f"services.toml does not say how {server.title} takes tokens; the server takes {WORDS[shown]}. {remedy}"
    return f"services.toml says that {server.title} takes {WORDS[server.dialect]}, but the server takes {WORDS[shown]}. {remedy}"


def agreed(server: Service) -> Dialect:
    """The dialect that services.toml and the server agree on; raises RemoteRefused in words for the person where they do not."""
    if server.dialect is None:
        raise RemoteRefused(not_set_up(server, "services.toml has no valid option dialect for it."), service=server, code="dialect")
    key = f"reana-dialect:{server.dialect}:{server.url}"
    if not cache.get(key):
        if wrong := problem(server):
            raise RemoteRefused(not_set_up(server, wrong), service=server, code="dialect")
        cache.set(key, True, AGREED_SECONDS)
    return server.dialect


def not_set_up(server: Service, why: str) -> str:
    """Words for a person, who cannot mend it."""
    return f"{server.title} is not set up correctly in this portal, so nothing was sent to it. Tell the operators: {why}"


def identity(server: Service, token: str) -> tuple[str | None, dict[str, str]]:
    """The token for the header, or the parameters of the address that hold it: the only place where an address gets a token."""
    if agreed(server) is Dialect.BEARER:
        return token, {}
    if is_jwt(token):
        raise stored.missing(server)
    return None, {"access_token": token}
