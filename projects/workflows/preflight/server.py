"""What is known of the chosen REANA: whether it answers, whether runs are stopped there, and whether it has what the workflow needs."""

from collections.abc import Iterable

from django.utils.translation import gettext as _

from projects.workflows.launching.offers import Offer
from projects.workflows.preflight.items import Item, Remedy
from projects.workflows.preflight.plan import Plan
from projects.workflows.reana_yaml import ENGINE_TITLES
from vre_portal.models import ServiceState
from vre_portal.services import Service, ServiceKind
from vre_portal.stop_switches.present import stop_of

WORDS = ENGINE_TITLES | {"serial": "serial"}  # in a sentence


def answers(server: Service, state: ServiceState | None) -> Item:
    """How it was when the portal last looked; nothing is asked."""
    name, values = _("Service"), {"server": server.title}
    if state is None:
        return Item("service", name, "not checked", (_("The portal has not checked %(server)s yet.") % values,))
    if state.state == ServiceState.State.UP:
        return Item("service", name, "ok", (_("%(server)s works normally.") % values,))
    detail = filter(None, [state.detail])
    if state.state == ServiceState.State.DOWN:
        text = _("%(server)s is down. A run waits until it is back, and then starts.")
        return Item("service", name, "warning", (text % values, *detail))
    return Item("service", name, "warning", (_("%(server)s does not work normally.") % values, *detail))


def stopped(server: Service) -> Item:
    """Whether staff have stopped new runs there."""
    name = _("New runs")
    if switch := stop_of(ServiceKind.REANA, server.name, "runs"):
        return Item("stopped", name, "error", (switch.sentence,), (Remedy(_("Launch the workflow when runs are possible again")),))
    return Item("stopped", name, "ok", (_("New runs are possible on %(server)s.") % {"server": server.title},))


def needs(plan: Plan, offer: Offer) -> Item:
    """Whether it has the engine, the backends and the images of the workflow, as far as it said what it has."""
    name = _("Engine and backends")
    if offer.info is None:
        return Item("engine", name, "not checked", (_("What %(server)s offers is not known yet.") % {"server": offer.title},))
    wrong: list[str] = []
    ok: list[str] = []
    for wanted, has, missing, there in (
        ([plan.engine] if plan.engine else [], offer.info.engines, _("%(server)s does not run %(names)s workflows. It runs: %(known)s."), _("%(server)s runs %(names)s workflows.")),
        (plan.backends, offer.backends, _("%(server)s does not have the backend %(names)s. It has: %(known)s."), _("%(server)s has the backend %(names)s.")),
    ):  # fmt: skip
        lacking = [item for item in wanted if item not in has]
        values = {"server": offer.title, "known": _named(has)}
        if wanted and has:
            text = missing if lacking else there
            (wrong if lacking else ok).append(text % {**values, "names": _named(lacking or wanted)})
    if offer.vetted is not None and (others := [image for image in plan.images if image not in offer.vetted]):
        text = _("%(server)s runs only images of its own list, and these are not on it: %(names)s.")
        wrong.append(text % {"server": offer.title, "names": _named(others)})
    if wrong:
        words = _("Choose another server or other settings of the steps, or ask the workflow’s author")
        # What it said days ago may have changed: that is worth a warning, and stops nobody.
        return Item("engine", name, "warning" if offer.is_old else "error", tuple(wrong), (Remedy(words),))
    if ok:
        return Item("engine", name, "ok", tuple(ok))
    text = _("%(server)s does not say which engines and backends it has.") % {"server": offer.title}
    return Item("engine", name, "not checked", (text,))


def gpu(plan: Plan, offer: Offer) -> Item | None:
    """What becomes of the wish for a GPU; None where nothing asks for one."""
    if not plan.gpu:
        return None
    asks = _("The workflow seems to need a GPU: %(names)s.") % {"names": _named(plan.gpu)}
    if offer.has_gpu is False:
        without = _("Steps that cannot do without one fail.")
        return Item("gpu", _("GPU"), "warning", (asks, f"{offer.gpu} {without}"))
    return Item("gpu", _("GPU"), "not checked", (asks, offer.gpu))


def _named(names: Iterable[str]) -> str:
    found = list(names)
    shown = [WORDS.get(name, name)[:200] for name in found[:10]]
    return ", ".join(shown) + (", …" if len(found) > len(shown) else "")
