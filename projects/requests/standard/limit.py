"""A higher limit than everybody has: for runs, computing, notebooks, uploads or something else; set by hand."""

import shlex
from datetime import date
from typing import Any, override

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from projects.requests.approvers import Curators
from projects.requests.kinds import PresentFacts, RequestKind, Scope, Values
from projects.requests.models import Request
from projects.requests.standard.by_hand import ACCESS, who
from projects.requests.values import RequestValuesForm
from vre_portal.allowances.parts import Allowance, Unit, parts_for
from vre_portal.allowances.views import read
from vre_portal.iam.models import User
from vre_portal.portable_gettext import grouped
from vre_portal.services import ServiceKind, services
from vre_portal.text import lasting, size
from vre_portal.validators import validate_visible_line

WHAT = (
    ("runs", gettext_lazy("Active runs")),
    ("computing", gettext_lazy("Computing: CPU time and space of runs")),
    ("notebooks", gettext_lazy("Notebook sessions")),
    ("uploads", gettext_lazy("Uploads")),
    ("other", gettext_lazy("Something else")),
)
# Whose services a limit can be about; what is counted by the portal itself has none.
SERVICES = {"computing": ServiceKind.REANA, "notebooks": ServiceKind.JUPYTERHUB}


def service_choices() -> list[tuple[str, str]]:
    """The services that have limits of their own."""
    found = [(f"{item.kind}:{item.name}", item.title) for kind in SERVICES.values() for item in services(kind)]
    return [("", _("not at one service")), *found]


class LimitForm(RequestValuesForm):
    """Which limit, how high, and for how long."""

    what = forms.ChoiceField(label=gettext_lazy("Limit"), choices=WHAT)
    service = forms.ChoiceField(label=gettext_lazy("Service"), choices=service_choices, required=False)
    amount = forms.CharField(
        label=gettext_lazy("How much you need"),
        max_length=100,
        validators=[validate_visible_line],
        help_text=gettext_lazy("The total with its unit, for example 40 runs, 500 CPU hours or 200 GB."),
    )
    until = forms.DateField(
        label=gettext_lazy("Needed until"),
        required=False,
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=gettext_lazy("Leave empty if you need it for longer than a year."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        now = "; ".join(f"{label}: {text}" for label, text in limits_of(self.user))
        page = format_html(_('<a href="{}">What I may use</a>'), reverse("allowances:index"))
        self.fields["amount"].help_text = format_html("{} {} {}", self.fields["amount"].help_text, _("Now: %s.") % now if now else "", page)

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("This day is in the past. Choose today or a later day."))
        return day

    @override
    def clean(self) -> dict[str, Any]:
        """Keep a service only where the limit is one of that kind of service."""
        values = super().clean() or {}
        kind, service = SERVICES.get(values.get("what", "")), values.get("service") or ""
        if kind and service and not service.startswith(f"{kind}:"):
            self.add_error("service", _("This service has no such limit. Choose another service."))
        elif not kind and values.get("what") != "other":
            values["service"] = ""
        return values


def limits_of(person: User) -> PresentFacts:
    """What the portal itself limits, and how much of it the person uses; no service is asked."""
    rows = [row for part in parts_for(person)[0] if not part.is_remote for row in read(part, person).rows]
    return [(row.what, _use_of(row)) for row in rows if row.request is not None and row.request[0] == "limit"]


def _use_of(row: Allowance) -> str:
    """20 (3 used)"""
    limit = row.limit_text or _("no limit") if row.limit is None else _amount(row.limit, row.unit)
    return limit if row.used is None else _("%(limit)s (%(used)s used)") % {"limit": limit, "used": _amount(row.used, row.unit)}


def _amount(value: float, unit: Unit) -> str:
    """With the unit in which people read it."""
    match unit:
        case Unit.BYTES:
            return size(value)
        case Unit.SECONDS:
            return lasting(value) or ""
        case _:
            return grouped(int(value))


def present_facts(_reader: User, request: Request) -> PresentFacts:
    """The same for those who decide."""
    return limits_of(request.by)


def title(values: Values, _project: Project | None) -> str:
    """With what the limit is about, and how much."""
    what = str(dict(WHAT).get(values.get("what", ""), values.get("what", "")))
    return _("Higher limit: %(what)s, %(amount)s") % {"what": what, "amount": values.get("amount", "")}


def subject(values: Values, _project: Project | None) -> str:
    """One unfinished request of a person for a limit at a time; other things can be several."""
    return "" if values.get("what") == "other" else f"limit:{values.get('what', '')}:{values.get('service', '')}"


def instructions(request: Request) -> str:
    """Which setting or command changes the limit, and for whom."""
    own = {"runs": _runs, "computing": _computing, "notebooks": _notebooks, "uploads": _uploads}
    values = request.values if isinstance(request.values, dict) else {}
    steps = own.get(str(values.get("what")), _other)(request)
    return "\n\n".join((steps, _("The person:"), who(request), _("When the new limit is in force, mark this request as done.")))


def _runs(_request: Request) -> str:
    return _("Set `ACTIVE_RUNS` in the portal's environment and restart the portal. The limit holds for everybody.")


def _uploads(_request: Request) -> str:
    return _(
        "Set `UPLOAD_PERSON_BYTES` (files on their way) or `UPLOAD_FILE_BYTES` (size of one file) in the portal's environment "
        "and restart the portal. The limits hold for everybody."
    )


def _computing(request: Request) -> str:
    email = shlex.quote(" ".join((request.by.email or "EMAIL").split()))
    lines = [f"    flask reana-admin quota-set -e {email} -r {kind} -l LIMIT" for kind in ("cpu", "disk")]
    text = _("In the pod of the REANA server, with the limit for CPU time in milliseconds or for space in bytes:")
    return text + "\n\n" + "\n".join(lines)


def _notebooks(_request: Request) -> str:
    return _(
        "Set `c.JupyterHub.named_server_limit_per_user` in the configuration of the hub and restart the hub. "
        "Then set the same number as the option `servers_per_person` of the hub in `services.toml`, so that the portal shows it."
    )


def _other(_request: Request) -> str:
    return _("Find out in the thread which limit is meant, and change it at the service.")


LIMIT = RequestKind(
    key="limit",
    title=gettext_lazy("A higher limit"),
    description=gettext_lazy("More active runs, computing time, notebook sessions or uploads than you may use now."),
    icon="arrow-up",
    section=ACCESS,
    scope=Scope.OPTIONAL,
    form=LimitForm,
    approvers=Curators("limit"),
    title_of=title,
    subject_of=subject,
    instructions=instructions,
    present_facts=present_facts,
)
