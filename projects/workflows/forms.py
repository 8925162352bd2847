"""The launch form, made from a specification: types from the defaults, words and limits from what is known of the parameters."""

import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from projects.workflows.input_checks import stored_files
from projects.workflows.inputs.readiness import Readiness
from projects.workflows.inputs.sources import DID
from projects.workflows.launching.input_part import InputPart
from projects.workflows.launching.offers import Offer, chosen
from projects.workflows.launching.parameter_part import Group, ParameterRow
from projects.workflows.launching.step_part import StepPart
from projects.workflows.models import LaunchTemplate, Run, Specification
from projects.workflows.validation_results import Check
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service, services
from vre_portal.stop_switches.models import StopSwitch
from vre_portal.stop_switches.present import stop_of
from vre_portal.text import plain

__all__ = ["DID", "Group", "LaunchForm", "ParameterRow"]


class LaunchForm(StepPart, InputPart, forms.Form):
    """Parameters as `p-<name>`, what each input is bound to as `i-<number>`, settings of steps, and the form's own id against double launches.

    `notes` says which values of the address, a template or an earlier run could not be taken over; `filled` which came from the address.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        specification: Specification,
        previous: Run | None = None,
        template: LaunchTemplate | None = None,
        offered: tuple[str, str] = ("", ""),
        address: Mapping[str, str] | None = None,
        reader: User | AnonymousUser | None = None,
        file: str | None = None,
        offers: Mapping[str, Offer] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.specification = specification
        self._reader = reader or AnonymousUser()
        self.previous, self.template = previous, template
        self.notes: list[str] = []
        self.field_notes: dict[str, str] = {}
        self.has_stopped_server = False  # whether the launch was refused because runs are stopped there
        self.filled: list[str] = []  # before the servers, of which one may be in the address
        self.looked_up: dict[str, Readiness] = {}  # what was asked of the inputs, by path
        self.paths = sorted(specification.data)
        self.fields["key"].initial = uuid.uuid4
        self._add_servers((address or {}).get("server", ""))
        self.offers = offers or {}
        self.offer = chosen(self.offers, self.chosen_server)
        self.add_parameters()
        self._take_over()
        self.add_inputs(offered)
        self.add_steps(template.overrides if template else previous.overrides if previous else {})
        self.take_address(address or {})
        self.add_left_out()
        self.take_yaml()
        if file is not None:
            self.take_file(file)

    def _add_servers(self, in_address: str) -> None:
        """A choice of REANA servers, where there is one; the one that the address, the template or the run names is chosen."""
        choices = [(item.name, item.title) for item in services(ServiceKind.REANA)]
        names = [name for name, _title in choices]
        earlier = self.template.server if self.template else self.previous.server if self.previous else ""
        self.first_server = next((name for name in (in_address, earlier) if name in names), next(iter(names), ""))
        for name, text in (
            (in_address, _("server=%(name)s in the link is not used. There is no such REANA server here.")),
            (earlier, _("The REANA server “%(name)s” is not chosen: this portal does not have it any more.")),
        ):
            if name and name not in names:
                self.field_notes["server"] = text % {"name": plain(name)[:60]}
                self.notes.append(self.field_notes["server"])
        if in_address in names and len(choices) > 1:
            self.filled.append(str(_("REANA server")))
        if len(choices) > 1:
            required = not self.is_bound or "server" in self.data  # a program that sends none gets the first
            self.fields["server"] = forms.ChoiceField(
                label=_("REANA server"), choices=choices, initial=self.first_server, required=required
            )

    def _take_over(self) -> None:
        if self.previous:
            self.take_over(
                self.previous.parameters,
                gone=_("%(name)s = %(value)s of run %(number)s is not used: it is no longer a parameter."),
                unfit=_("%(name)s = %(value)s of run %(number)s is not used: it does not fit the current specification."),
                number=self.previous.number,
            )
        if self.template:
            self.take_over(
                self.template.parameters,
                gone=_("%(name)s = %(value)s of the template “%(template)s” is not used: it is no longer a parameter."),
                unfit=_("%(name)s = %(value)s of the template “%(template)s” is not used: it does not fit the current specification."),
                template=plain(self.template.name),
            )

    def clean(self) -> dict[str, Any]:
        """What REANA's own checks refuse is not launched."""
        values = super().clean() or {}
        self.add_yaml_errors()
        self.clean_steps()
        errors = [message for check in self.checks if check.state == "error" for message in check.messages]
        if errors:
            text = _("The specification of the workflow has an error: %(message)s")
            raise forms.ValidationError([text % {"message": message} for message in errors])
        return values

    @cached_property
    def checks(self) -> list[Check]:
        """The lines that `reana-client validate` prints, and whether its files are here. They do not depend on the values of parameters."""
        from projects.workflows.validation import checks_of  # here: its library is large, and few pages need it

        return [*checks_of(self.specification.text, self._backends()), stored_files(self.specification)]

    def _backends(self) -> tuple[str, ...] | None:
        """The compute backends of the server: as it said itself, else as the operator says in services.toml; None where nobody did."""
        return self.offer.backends or known_backends(self.chosen_server)

    def take_another_key(self) -> None:
        """What is typed now can be launched as a run of its own."""
        self.data = {**dict(self.data.items()), "key": str(uuid.uuid4())}

    @property
    def what_to_do(self) -> str:
        """What to do about the errors; nothing where they say it themselves above the fields."""
        return _("Fix the highlighted fields.") if any(name in self.fields for name in self.errors) else ""

    @property
    def stops(self) -> list[StopSwitch]:
        """The switches by which new runs are stopped now, for the servers that can be chosen."""
        choices = services(ServiceKind.REANA)
        names = [item.name for item in (choices if self.server_field else choices[:1])]
        return [stop for name in names if (stop := stop_of(ServiceKind.REANA, name, "runs"))]

    @property
    def can_launch(self) -> bool:
        """Whether new runs are possible on one of the servers."""
        return len(self.stops) < max(len(self.fields["server"].choices) if "server" in self.fields else 1, 1)  # type: ignore[attr-defined]

    @property
    def server_field(self) -> forms.BoundField | None:
        """The choice of a REANA, where there is one."""
        return self["server"] if "server" in self.fields else None

    @property
    def chosen_server(self) -> str:
        """The name of the REANA that is chosen on the page, before anything is checked."""
        names = [item.name for item in services(ServiceKind.REANA)]
        wanted = self.data.get("server", "") if self.is_bound else self.first_server
        return wanted if wanted in names else next(iter(names), "")

    @property
    def server_note(self) -> str:
        """Why a server that was asked for is not chosen, and on which one the earlier run was; empty where there is nothing to say."""
        if "server" in self.field_notes or self.previous is None or self.previous.server == self.chosen_server:
            return self.field_notes.get("server", "")
        titles = {item.name: item.title for item in services(ServiceKind.REANA)}
        values = {"number": self.previous.number, "server": titles.get(self.previous.server, plain(self.previous.server))}
        return _("Run %(number)s was on %(server)s.") % values

    @property
    def server(self) -> str:
        """The name of the REANA that was chosen, or of the only one."""
        return self.cleaned_data.get("server") or service(ServiceKind.REANA).name

    @property
    def planned_inputs(self) -> dict[str, dict[str, str]]:
        """The data of lakes in a form that may not be sent yet: those that are filled in and can be read."""
        return {path: source for path, source in self.shown_sources().items() if "did" in source}


def known_backends(name: str) -> tuple[str, ...] | None:
    """The compute backends that the operator names for a REANA server (`options.compute_backends`); None where nobody said."""
    try:
        named = service(ServiceKind.REANA, name).options.get("compute_backends")
    except UnknownService:
        return None
    return tuple(str(name) for name in named) if isinstance(named, list | tuple) else None
