"""The person's quota at a REANA: asked as them where somebody wants to know, and known for a minute."""

from collections.abc import Callable
from dataclasses import asdict

from django.core.cache import cache
from django.utils.translation import gettext as _

from projects.workflows import reana
from projects.workflows.preflight.items import Item, Remedy
from projects.workflows.reana.answers import Usage
from vre_portal import deadlines
from vre_portal.allowances.views import request_page
from vre_portal.iam.models import User
from vre_portal.services import Service, ServiceKind
from vre_portal.text import lasting, size

KEPT_SECONDS = 60
ASK_SECONDS = 3.0
KEYS = frozenset({"quota-cpu", "quota-disk"})  # of its lines
NEARLY = 0.9  # of the limit, from which it is a warning


def known(person: User, server: Service) -> dict[str, Usage] | None:
    """What REANA said within the last minute; None where it was not asked."""
    found = cache.get(_key(person, server))
    return {name: Usage(**part) for name, part in found.items()} if found else None


def ask(person: User, server: Service, token: str) -> dict[str, Usage]:
    """Ask now, and keep the answer. Raises RemoteError, of which nothing is kept."""
    with deadlines.within(ASK_SECONDS, ServiceKind.REANA):
        said = reana.you(server, token)
    found = {"cpu": said.cpu, "disk": said.disk}
    cache.set(_key(person, server), {name: asdict(part) for name, part in found.items()}, KEPT_SECONDS)
    return found


def _key(person: User, server: Service) -> str:
    return f"reana-quota:{server.name}:{server.url}:{person.pk}"


def where_to_ask(server: Service) -> str:
    """The page on which a person asks for more computing there; empty where the portal has none."""
    return request_page("limit", {"what": "computing", "service": f"{server.kind}:{server.name}"}) or ""


def items(server: Service, found: dict[str, Usage]) -> list[Item]:
    """A line for each kind of quota: which limit, how much of it is used, and what to do."""
    more = where_to_ask(server)
    cpu, disk = found["cpu"], found["disk"]
    ask_more = Remedy(_("Request more"), more) if more else Remedy(_("Ask the operators of %(server)s") % {"server": server.title})
    delete = Remedy(_("Delete runs or their files on %(server)s") % {"server": server.title})
    return [
        _item("quota-cpu", _("CPU quota"), cpu, server, _time, (ask_more,)),
        _item("quota-disk", _("Storage quota"), disk, server, size, (delete, ask_more)),
    ]


def _item(key: str, name: str, usage: Usage, server: Service, spelt: Callable[[float], str], remedies: tuple[Remedy, ...]) -> Item:
    values = {"server": server.title, "used": spelt(usage.used), "limit": spelt(usage.limit or 0)}
    if usage.limit is None:
        return Item(key, name, "ok", (_("%(used)s used; %(server)s sets no limit.") % values,))
    if usage.used >= usage.limit:
        text = _("Your quota on %(server)s is used up: %(used)s of %(limit)s. REANA starts no run.") % values
        return Item(key, name, "error", (text,), remedies)
    text = _("%(used)s of %(limit)s used.") % values
    if usage.used >= usage.limit * NEARLY:
        return Item(key, name, "warning", (text, _("Less than a tenth is left.")), remedies)
    return Item(key, name, "ok", (text,))


def _time(milliseconds: float) -> str:
    return lasting(milliseconds / 1000) or "—"
