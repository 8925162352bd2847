"""Computing: the workflow services and notebook hubs with their state, and plainly what each says about GPUs, memory and batch systems.

One rule for all of it: what a service states decides; what it does not state is neither possible nor impossible, and has to be clarified.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from projects.onboarding.matching.answers import Answers
from projects.onboarding.matching.index import IndexLookup
from projects.onboarding.matching.needs import Certainty, Match, Need, NeedState, Suggestion
from vre_portal import health, states
from vre_portal.health import ServiceStatus
from vre_portal.pages import SharedValue
from vre_portal.services import Service, ServiceKind
from vre_portal.text import amount

UNKNOWN_STATES = ("unknown",)
statuses = SharedValue(health.statuses, "services")


def batch_needs(answers: Answers, _index: IndexLookup) -> Iterator[Need]:
    """Workflows, where the answers say how much they compute."""
    if answers.cpu_hours or answers.memory or answers.backend:
        yield batch(answers, of_kinds(ServiceKind.REANA))


def gpu_needs(answers: Answers, _index: IndexLookup) -> Iterator[Need]:
    """GPUs, where they are needed."""
    if answers.gpu == "yes":
        yield gpus(answers, of_kinds(ServiceKind.REANA, ServiceKind.JUPYTERHUB))


def notebook_needs(answers: Answers, _index: IndexLookup) -> Iterator[Need]:
    """Notebooks, where they are needed."""
    if answers.notebooks == "yes" or answers.notebook_memory:
        yield notebooks(answers, of_kinds(ServiceKind.JUPYTERHUB))


def of_kinds(*kinds: ServiceKind) -> list[ServiceStatus]:
    """The configured services of these kinds with their state."""
    return [item for item in statuses() if item.service.kind in kinds]


def batch(answers: Answers, servers: Sequence[ServiceStatus]) -> Need:
    """Workflows on REANA."""
    wanted = [
        _("%(hours)s CPU hours") % {"hours": amount(answers.cpu_hours)} if answers.cpu_hours else "",
        _("%(memory)s GB of memory") % {"memory": amount(answers.memory)} if answers.memory else "",
        answers.backend if answers.backend not in ("", "other") else "",
    ]
    title = _("Computing: %(wanted)s") % {"wanted": ", ".join(filter(None, wanted)) or _("another batch system")}
    matches, notes = [], []
    for item in servers:
        if problem := batch_problem(item.service, answers):
            notes.append(problem)
            continue
        stated, unstated = batch_facts(item.service, answers)
        why = " ".join([_("Runs workflows in containers, in your name."), *stated, *unstated])
        reading = _("Read how to run a workflow")
        matches.append(service_match(item, why, reading, help_address("run-an-analysis"), is_certain=not unstated))
    if not servers:
        notes.append(_("No workflow service is configured."))
    if matches and all(match.certainty is Certainty.UNSTATED for match in matches):
        notes.append(ask_operators())
    details = {"reason": title, "cpu_hours": amount(answers.cpu_hours) if answers.cpu_hours else ""}
    return Need("compute", "compute", title, tuple(matches), tuple(notes), Suggestion("compute", ("computing",), title, details))


def batch_problem(service: Service, answers: Answers) -> str:
    """Why a server does not serve, by what it states; empty where nothing is known against it."""
    offered, facts = backends_of(service), {"service": service.title}
    if answers.backend and offered and answers.backend not in offered:
        return _("%(service)s: batch systems: %(offered)s.") % {**facts, "offered": ", ".join(offered)}
    memory, hours = (number(service.options.get(name)) for name in ("memory_gigabytes", "cpu_hours"))
    if memory and answers.memory > memory:
        return _("%(service)s: a job has at most %(memory)s GB of memory.") % {**facts, "memory": amount(memory)}
    if hours and answers.cpu_hours > hours:
        return _("%(service)s: a project has at most %(hours)s CPU hours.") % {**facts, "hours": amount(hours)}
    return ""


def batch_facts(service: Service, answers: Answers) -> tuple[list[str], list[str]]:
    """Of all that is needed: what a server states, and what it does not."""
    offered = backends_of(service)
    memory, hours = (number(service.options.get(name)) for name in ("memory_gigabytes", "cpu_hours"))
    facts = [
        (answers.backend, offered, _("Batch systems: %(offered)s.") % {"offered": ", ".join(offered)}, _("Batch systems: not stated by the service.")),
        (answers.memory, memory, _("At most %(memory)s GB of memory for a job.") % {"memory": amount(memory)}, _("Memory: not stated by the service.")),
        (answers.cpu_hours, hours, _("At most %(hours)s CPU hours for a project.") % {"hours": amount(hours)}, _("CPU hours: not stated by the service.")),
    ]  # fmt: skip
    needed = [row[1:] for row in facts if row[0]]
    return [yes for stated, yes, _no in needed if stated], [no for stated, _yes, no in needed if not stated]


def backends_of(service: Service) -> list[str]:
    return [str(name) for name in texts(service.options.get("compute_backends"))]


def ask_operators() -> str:
    return _("What a service does not state is not known to be possible. Ask its operators before you plan with it.")


def gpus(answers: Answers, found: Sequence[ServiceStatus]) -> Need:
    """Which services have GPUs; what a service does not state is not guessed."""
    matches, notes, is_unstated = [], [], False
    for item in found:
        service = item.service
        profiles = [profile for profile in profiles_of(service) if profile.get("gpu") is True]
        if profiles:
            names = ", ".join(str(profile.get("title") or profile.get("name") or "") for profile in profiles)
            why = _("Notebooks with a GPU: %(profiles)s.") % {"profiles": names}
            matches.append(service_match(item, why, _("Read how to open a notebook"), help_address("open-a-notebook")))
        elif service.options.get("gpu") is True:
            matches.append(service_match(item, _("It has GPUs."), _("Read how to run a workflow"), help_address("run-an-analysis")))
        elif service.options.get("gpu") is False or any(profile.get("gpu") is False for profile in profiles_of(service)):
            notes.append(_("%(service)s: no GPUs.") % {"service": service.title})
        else:
            is_unstated = True
            notes.append(_("%(service)s: not stated by the service.") % {"service": service.title})
    notes.append(_("Storage sites of the Data Lake keep data. They offer no computing."))
    if not matches:
        notes.append(
            _("A workflow specification of REANA has no field for GPUs: where a server has some, its administrators say how to use them.")
        )
    purpose = answers.gpu_for or _("no purpose given")
    title = _("GPUs: %(purpose)s") % {"purpose": purpose}
    suggestion = Suggestion("gpu", ("gpu",), title[:200], {"reason": title})
    given = NeedState.UNCLEAR if is_unstated and not matches else None
    return Need("gpu", "compute", _("GPUs"), tuple(matches), tuple(notes), suggestion, given=given)


def notebooks(answers: Answers, hubs: Sequence[ServiceStatus]) -> Need:
    """Hubs whose notebooks are large enough."""
    matches, notes = [], []
    for item in hubs:
        largest = max((number(profile.get("memory_gigabytes")) for profile in profiles_of(item.service)), default=0)
        facts = {"service": item.service.title, "memory": amount(largest)}
        if largest and answers.notebook_memory > largest:
            notes.append(_("%(service)s: a notebook has at most %(memory)s GB of memory.") % facts)
            continue
        why = [_("Opens JupyterLab with the data of your project.")]
        if largest:
            why.append(_("A notebook has up to %(memory)s GB of memory.") % facts)
        elif answers.notebook_memory:
            why.append(_("Memory: not stated by the service."))
        is_certain = bool(largest) or not answers.notebook_memory
        reading = _("Read how to open a notebook")
        matches.append(service_match(item, " ".join(why), reading, help_address("open-a-notebook"), is_certain=is_certain))
    if not hubs:
        notes.append(_("No notebook service is configured."))
    if matches and all(match.certainty is Certainty.UNSTATED for match in matches):
        notes.append(ask_operators())
    title, kinds = _("Notebooks"), ("service-access",)
    if answers.notebook_memory:
        title, kinds = _("Notebooks with %(memory)s GB of memory") % {"memory": amount(answers.notebook_memory)}, ("computing",)
    service = f"{hubs[0].service.kind}:{hubs[0].service.name}" if hubs else ""
    suggestion = Suggestion("notebooks", kinds, title, {"reason": title, "service": service})
    return Need("notebooks", "software", title, tuple(matches), tuple(notes), suggestion)


def service_match(item: ServiceStatus, why: str, next_text: str, next_url: str, *, is_certain: bool = True) -> Match:
    """A service with its state and what to do next."""
    if item.state in UNKNOWN_STATES:
        state = _("Its state is not checked yet.")
    else:
        state = _("State: %(state)s.") % {"state": states.label(item.state)}
    certainty = Certainty.CONFIRMED if is_certain else Certainty.UNSTATED
    return Match(item.service.title, f"{why} {state}", reverse("status"), next_text, next_url, certainty)


def help_address(heading: str) -> str:
    """A part of the page of first steps."""
    return f"{reverse('documentation:page', args=['help'])}#{heading}"


def profiles_of(service: Service) -> list[dict[str, Any]]:
    """The sizes of notebooks that a hub's options describe."""
    return [item for item in texts(service.options.get("profiles")) if isinstance(item, dict)]


def texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def number(value: Any) -> float:
    """A stated limit; 0 where none is stated, or no number that can be compared."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if is_number else 0
