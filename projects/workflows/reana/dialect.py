"""How a server takes tokens: as services.toml says, if an unauthenticated call agrees; until then no token is sent."""

from django.core.cache import cache
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.workflows.reana import pace
from vre_portal.http import RemoteRefused, RemoteUnavailable, Reply, request
from vre_portal.iam.oidc.tokens import is_jwt
from vre_portal.iam.stored import services as stored
from vre_portal.iam.vault import renewable_token
from vre_portal.services import Dialect, Service

TIMEOUT = (2.0, 20.0)
AGREED_SECONDS = 300  # how long an agreement counts; a disagreement is looked at again at the next call
TELLING = "/api/you"  # no server answers it without a token, and how it refuses tells the dialect
WORDS = {
    Dialect.BEARER: gettext_lazy("the IAM's token in the header (bearer)"),
    Dialect.QUERY: gettext_lazy("its own token in the address (query)"),
}


def spoken(server: Service) -> Dialect:
    """The dialect that the server itself shows; raises RemoteUnavailable where its answer shows none."""
    with pace.waited(server):
        reply = request(server, "GET", TELLING, timeout=TIMEOUT, deadline=20.0)
    if reply.status != 401:
        text = _("%(server)s answered a request without a token with the unexpected status %(status)s. Nothing was sent.")
        raise RemoteUnavailable(text % {"server": server.title, "status": reply.status}, service=server)
    return _shown(server, reply)


def _shown(server: Service, reply: Reply) -> Dialect:
    challenge = reply.headers.get("WWW-Authenticate", "")
    if not challenge:
        return Dialect.QUERY
    if challenge.split()[:1] == ["Bearer"]:
        return Dialect.BEARER
    text = _("%(server)s needs another sign-in, which the portal does not support. Nothing was sent.")
    raise RemoteUnavailable(text % {"server": server.title}, service=server)


def problem(server: Service) -> str:
    """What is wrong with the dialect in services.toml, in words; nothing where the server agrees. Raises RemoteUnavailable."""
    shown = spoken(server)
    if server.dialect is shown:
        return ""
    values = {"server": server.title, "name": server.name, "dialect": shown, "shown": WORDS[shown]}
    if server.dialect is None:
        text = _(
            "services.toml does not say how %(server)s takes tokens; the server takes %(shown)s. "
            'Set dialect = "%(dialect)s" in the options of %(name)s in services.toml.'
        )
        return text % values
    text = _(
        "services.toml says that %(server)s takes %(configured)s, but the server takes %(shown)s. "
        'Set dialect = "%(dialect)s" in the options of %(name)s in services.toml.'
    )
    return text % {**values, "configured": WORDS[server.dialect]}


def agreed(server: Service) -> Dialect:
    """The dialect that services.toml and the server agree on; raises RemoteRefused in words for the person where they do not."""
    if server.dialect is None:
        raise RemoteRefused(not_set_up(server, _("services.toml has no valid option dialect for it.")), service=server, code="dialect")
    key = f"reana-dialect:{server.dialect}:{server.url}"
    if not cache.get(key):
        if wrong := problem(server):
            raise RemoteRefused(not_set_up(server, wrong), service=server, code="dialect")
        cache.set(key, True, AGREED_SECONDS)
    return server.dialect


def not_set_up(server: Service, why: str) -> str:
    """The error for a person, who cannot correct services.toml."""
    text = _("%(server)s is not configured correctly in this portal, so nothing was sent to it. Tell the operators: %(reason)s")
    return text % {"server": server.title, "reason": why}


def identity(server: Service, token: str) -> tuple[str | None, dict[str, str]]:
    """The token for the header, or the parameters of the address that hold it: the only place where an address gets a token."""
    if agreed(server) is Dialect.BEARER:
        return renewable_token.current(token), {}
    if is_jwt(token):
        raise stored.missing(server)
    return None, {"access_token": token}
