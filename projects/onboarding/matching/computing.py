"""Computing: the workflow services and notebook hubs with their state, and plainly what each says about GPUs, memory and batch systems."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.needs import Match, Need, Suggestion
from vre_portal import health, states
from vre_portal.health import ServiceStatus
from vre_portal.portable_gettext import decimal
from vre_portal.services import Service, ServiceKind

UNKNOWN_STATES = ("unknown",)


def needs(answers: Answers) -> Iterator[Need]:
    """Batch computing, GPUs and notebooks, where they are needed."""
    found = health.statuses() if answers.cpu_hours or answers.memory or answers.backend or answers.gpu or answers.notebooks else []
    if answers.cpu_hours or answers.memory or answers.backend:
        yield batch(answers, [item for item in found if item.service.kind == ServiceKind.REANA])
    if answers.gpu == "yes":
        yield gpus(answers, [item for item in found if item.service.kind in (ServiceKind.REANA, ServiceKind.JUPYTERHUB)])
    if answers.notebooks == "yes" or answers.notebook_memory:
        yield notebooks(answers, [item for item in found if item.service.kind == ServiceKind.JUPYTERHUB])


def batch(answers: Answers, servers: Sequence[ServiceStatus]) -> Need:
    """Workflows on REANA."""
    wanted = [
        _("%(hours)s CPU hours") % {"hours": figure(answers.cpu_hours)} if answers.cpu_hours else "",
        _("%(memory)s GB of memory") % {"memory": figure(answers.memory)} if answers.memory else "",
        answers.backend if answers.backend not in ("", "other") else "",
    ]
    title = _("Computing: %(wanted)s") % {"wanted": ", ".join(filter(None, wanted)) or _("a batch system")}
    matches, notes = [], []
    for item in servers:
        problem = batch_problem(item.service, answers)
        if problem:
            notes.append(problem)
            continue
        limit = number(item.service.options.get("memory_gigabytes"))
        memory = (
            _("at most %(memory)s GB of memory for a job") % {"memory": figure(limit)} if limit else _("memory: not stated by the service")
        )
        hours = _("CPU hours: not stated by the service")
        matches.append(service_match(item, f"{runs_workflows()} {memory[:1].upper()}{memory[1:]}. {hours}."))
    if not servers:
        notes.append(_("No workflow service is configured."))
    if matches and (answers.cpu_hours or answers.memory):
        notes.append(_("What a service does not state is not known to be possible: ask its administrators before you plan with it."))
    details = {"reason": title, "cpu_hours": answers.cpu_hours, "service": service_name(servers)}
    suggestion = Suggestion("compute", ("service-access",), title, details)
    return Need("compute", "compute", title, tuple(matches), tuple(notes), suggestion)


def service_name(found: Sequence[ServiceStatus]) -> str:
    """The first of the services, as requests name one."""
    return f"{found[0].service.kind}:{found[0].service.name}" if found else ""


def runs_workflows() -> str:
    return _("Runs workflows in containers, in your name.")


def batch_problem(service: Service, answers: Answers) -> str:
    """Why a server does not serve; empty where nothing is known against it."""
    offered = [str(name) for name in texts(service.options.get("compute_backends"))]
    if answers.backend == "other" or (answers.backend and offered and answers.backend not in offered):
        facts = {"service": service.title, "offered": ", ".join(offered) or _("not stated by the service")}
        return _("%(service)s: batch systems: %(offered)s.") % facts
    limit = number(service.options.get("memory_gigabytes"))
    if limit and answers.memory > limit:
        return _("%(service)s: a job has at most %(memory)s GB of memory.") % {"service": service.title, "memory": figure(limit)}
    return ""


def gpus(answers: Answers, found: Sequence[ServiceStatus]) -> Need:
    """Which services have GPUs; what a service does not state is not guessed."""
    matches, notes = [], []
    for item in found:
        service = item.service
        profiles = [profile for profile in profiles_of(service) if profile.get("gpu") is True]
        if profiles:
            names = ", ".join(str(profile.get("title") or profile.get("name") or "") for profile in profiles)
            matches.append(service_match(item, _("Notebooks with a GPU: %(profiles)s.") % {"profiles": names}))
        elif service.options.get("gpu") is True:
            matches.append(service_match(item, _("It has GPUs.")))
        elif service.options.get("gpu") is False or any(profile.get("gpu") is False for profile in profiles_of(service)):
            notes.append(_("%(service)s: no GPUs.") % {"service": service.title})
        else:
            notes.append(_("%(service)s: not stated by the service.") % {"service": service.title})
    notes.append(_("Storage sites of the Data Lake keep data. They offer no computing."))
    if not matches:
        notes.append(
            _("A workflow specification of REANA has no field for GPUs: where a server has some, its administrators say how to use them.")
        )
    purpose = answers.gpu_for or _("no purpose given")
    title = _("GPUs: %(purpose)s") % {"purpose": purpose}
    suggestion = Suggestion("gpu", ("gpu",), title[:200], {"reason": title})
    return Need("gpu", "compute", _("GPUs"), tuple(matches), tuple(notes), suggestion)


def notebooks(answers: Answers, hubs: Sequence[ServiceStatus]) -> Need:
    """Hubs whose notebooks are large enough."""
    matches, notes = [], []
    for item in hubs:
        sizes = [number(profile.get("memory_gigabytes")) for profile in profiles_of(item.service)]
        largest = max(sizes, default=0)
        if largest and answers.notebook_memory > largest:
            facts = {"service": item.service.title, "memory": figure(largest)}
            notes.append(_("%(service)s: a notebook has at most %(memory)s GB of memory.") % facts)
            continue
        if largest:
            why = _("A notebook has up to %(memory)s GB of memory.") % {"memory": figure(largest)}
        else:
            why = _("Memory: not stated by the service.")
        opens = _("Opens JupyterLab with the data of your project.")
        matches.append(service_match(item, f"{opens} {why}"))
    if not hubs:
        notes.append(_("No notebook service is configured."))
    title = _("Notebooks")
    if answers.notebook_memory:
        title = _("Notebooks with %(memory)s GB of memory") % {"memory": figure(answers.notebook_memory)}
    suggestion = Suggestion("notebooks", ("service-access",), title, {"reason": title, "service": service_name(hubs)})
    return Need("notebooks", "software", title, tuple(matches), tuple(notes), suggestion)


def service_match(item: ServiceStatus, why: str) -> Match:
    """A service with its state and what to do next."""
    if item.state in UNKNOWN_STATES:
        state = _("Its state is not checked yet.")
    else:
        state = _("State: %(state)s.") % {"state": states.label(item.state)}
    return Match(item.service.title, f"{why} {state}", reverse("status"), state=item.state_word)


def profiles_of(service: Service) -> list[dict[str, Any]]:
    """The sizes of notebooks that a hub's options describe."""
    return [item for item in texts(service.options.get("profiles")) if isinstance(item, dict)]


def texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else 0


def figure(value: float) -> str:
    """A number without needless decimals."""
    return decimal(f"{value:.10g}")
