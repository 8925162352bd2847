"""The launch form, made from a specification: types from the defaults, words and limits from its facts."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from projects import audience
from projects.audience import Origin
from projects.workflows.input_checks import stored_files
from projects.workflows.models import Run, Specification
from projects.workflows.parameter_fields import carries, parameter_field
from projects.workflows.suggestions import place_for
from projects.workflows.validation_results import Check
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service, services
from vre_portal.stop_switches.models import StopSwitch
from vre_portal.stop_switches.present import stop_of
from vre_portal.text import plain

DID = re.compile(r"(?P<scope>[^\s:]{1,30}):(?P<name>[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,499})")
SHOWN = 80  # characters of a value that a note quotes


class LaunchForm(forms.Form):
    """Parameters as `p-<name>`, the DID of each data file as `i-<number>`, and the form's own id against double launches.

    `notes` says which values of the address or of an earlier run could not be taken over; `filled` which came from the address.
    """

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        specification: Specification,
        previous: Run | None = None,
        offered: tuple[str, str] = ("", ""),
        address: Mapping[str, str] | None = None,
        reader: User | AnonymousUser | None = None,
        **options: Any,
    ) -> None:
        super().__init__(*args, **options)
        self.specification = specification
        self._reader = reader or AnonymousUser()
        self.previous = previous
        self.notes: list[str] = []
        self.has_stopped_server = False  # whether the launch was refused because runs are stopped there
        self.filled: list[str] = []
        self.paths = sorted(specification.data)
        self.fields["key"].initial = uuid.uuid4
        self._add_servers()
        self._add_parameters()
        self._add_inputs(offered)
        self._fill_in(address or {})

    def _add_servers(self) -> None:
        """A choice of REANA servers, where there is one."""
        choices = [(item.name, item.title) for item in services(ServiceKind.REANA)]
        if len(choices) > 1:
            first = self.previous.server if self.previous else choices[0][0]
            required = not self.is_bound or "server" in self.data  # a program that sends none gets the first
            self.fields["server"] = forms.ChoiceField(label=_("REANA server"), choices=choices, initial=first, required=required)

    def _add_parameters(self) -> None:
        earlier = self.previous.parameters if self.previous else {}
        for name, default in self.specification.default_parameters.items():
            field = parameter_field(default, self.specification.facts_of(name))
            field.label = field.label or name
            if name in earlier and carries(field, earlier[name]):
                field.initial = earlier[name]
            elif name in earlier:
                text = _("%(name)s = %(value)s of run %(number)s is not used: it does not fit the current specification.")
                self._note_unused(text, name, earlier[name])
            self.fields[f"p-{name}"] = field
        for name in earlier:
            if name not in self.specification.default_parameters:
                text = _("%(name)s = %(value)s of run %(number)s is not used: it is no longer a parameter.")
                self._note_unused(text, name, earlier[name])

    def _note_unused(self, text: str, name: str, value: Any) -> None:
        number = self.previous.number if self.previous else ""
        self.notes.append(text % {"name": plain(name)[:SHOWN], "value": plain(value)[:SHOWN], "number": number})

    def _add_inputs(self, offered: tuple[str, str]) -> None:
        bound: dict[str, str] = {}
        for path, source in (self.previous.inputs if self.previous else {}).items():
            if path in self.specification.data and source["lake"] == self.specification.data[path]["lake"]:
                bound[path] = source["did"]
            else:
                text = _("%(name)s = %(value)s of run %(number)s is not used: it is no longer an input from that Data Lake.")
                self._note_unused(text, path, source["did"])
        lake, did = offered  # a file of the Data Lake that somebody wants to use
        if DID.fullmatch(did) and (place := place_for(self.specification, lake, did)):
            bound[place] = did
        elif did:
            text = _("%(did)s is not filled in: no input of this workflow accepts this type of file.")
            self.notes.append(text % {"did": plain(did)[:SHOWN]})
        bound |= {path: self._default_did(path) for path in self.paths if path not in bound}
        for number, path in enumerate(self.paths):
            self.fields[f"i-{number}"] = forms.RegexField(
                rf"^{DID.pattern}$",
                label=path,
                initial=bound[path],
                max_length=600,
                strip=False,
                error_messages={"invalid": _("Enter a DID as scope:name, for example scope.name:file.fits.")},
            )

    def _default_did(self, path: str) -> str:
        """The DID that the specification names for an input; nothing, with a note, where its name is not for the reader."""
        source = self.specification.data[path]
        if audience.can_read(self._reader, Origin.of_did(source["lake"], source["did"])):
            return str(source["did"])
        text = _("You do not have access to the default file of %(path)s, which is restricted. Enter a file to which you have access.")
        self.notes.append(text % {"path": plain(path)[:SHOWN]})
        return ""

    def _fill_in(self, address: Mapping[str, str]) -> None:
        """Take `?p-<name>=` and `?i-<number>=` as what the form opens with; what does not fit is noted."""
        for name, value in address.items():
            if not name.startswith(("p-", "i-")):
                continue
            field = self.fields.get(name)
            shown = f"{plain(name)[:SHOWN]}={plain(value)[:SHOWN]}"
            if field is None or field.disabled:
                self.notes.append(_("%(value)s in the link is not used: there is no such field.") % {"value": shown})
                continue
            try:
                field.initial = field.clean(value)
            except ValidationError as error:
                text = _("%(value)s in the link is not used: %(reason)s")
                self.notes.append(text % {"value": shown, "reason": " ".join(error.messages)})
            else:
                self.filled.append(str(field.label))

    def clean(self) -> dict[str, Any]:
        """What REANA's own checks refuse is not launched; they see the values that were typed."""
        values = super().clean() or {}
        errors = [message for check in self.checks if check.state == "error" for message in check.messages]
        if errors:
            text = _("The specification of the workflow has an error: %(message)s")
            raise forms.ValidationError([text % {"message": message} for message in errors])
        return values

    @cached_property
    def checks(self) -> list[Check]:
        """The lines that `reana-client validate` prints, for the typed values where there are any, and whether its files are here."""
        from projects.workflows.validation import validate  # here: its library is large, and few pages need it

        content = self.specification.content
        typed = getattr(self, "cleaned_data", {})
        parameters = {name: typed.get(f"p-{name}", value) for name, value in self.specification.default_parameters.items()}
        if parameters:
            content = {**content, "inputs": {**content["inputs"], "parameters": parameters}}
        return [*validate(content, known_backends()), stored_files(self.specification)]

    def parameter_rows(self) -> list[tuple[forms.BoundField, str]]:
        """Each parameter's field with its unit."""
        return [
            (self[f"p-{name}"], str(self.specification.facts_of(name).get("unit") or "")) for name in self.specification.default_parameters
        ]

    def input_rows(self) -> list[forms.BoundField]:
        """The data files' fields."""
        return [self[f"i-{number}"] for number in range(len(self.paths))]

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
    def server(self) -> str:
        """The name of the REANA that was chosen, or of the only one."""
        return self.cleaned_data.get("server") or service(ServiceKind.REANA).name

    @property
    def parameters(self) -> dict[str, Any]:
        """Typed values by parameter name."""
        return {name: self.cleaned_data[f"p-{name}"] for name in self.specification.default_parameters}

    @property
    def inputs(self) -> dict[str, dict[str, str]]:
        """Lake and DID by path in the workspace."""
        return {
            path: {"lake": self.specification.data[path]["lake"], "did": self.cleaned_data[f"i-{number}"]}
            for number, path in enumerate(self.paths)
        }


def known_backends() -> list[str] | None:
    """The compute backends that the operator names for the REANA server (`options.compute_backends`); None where nobody said."""
    try:
        named = service(ServiceKind.REANA).options.get("compute_backends")
    except UnknownService:
        return None
    return [str(name) for name in named] if isinstance(named, list | tuple) else None
