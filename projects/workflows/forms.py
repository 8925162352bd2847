"""The launch form, made from a specification: types from the defaults, words and limits from its facts."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property

from projects import audience
from projects.audience import Origin
from projects.workflows.input_checks import stored_files
from projects.workflows.models import Run, RunFile, Specification
from projects.workflows.offering import place_for
from projects.workflows.parameter_fields import carries, parameter_field
from projects.workflows.reana.names import unspeakable
from projects.workflows.validation import Check, validate
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, UnknownService, service, services
from vre_portal.text import plain

DID = re.compile(r"(?P<scope>[^\s:]{1,30}):(?P<name>[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]{0,499})")
SHOWN = 80  # characters of a value that a note quotes
MAX_CHOICES = 200  # files that are offered with a box of their own


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
            self.fields["server"] = forms.ChoiceField(label="Run on", choices=choices, initial=first, required=required)

    def _add_parameters(self) -> None:
        earlier = self.previous.parameters if self.previous else {}
        for name, default in self.specification.default_parameters.items():
            field = parameter_field(default, self.specification.facts_of(name))
            field.label = field.label or name
            if name in earlier and carries(field, earlier[name]):
                field.initial = earlier[name]
            elif name in earlier:
                self._note_unused(name, earlier[name], "does not fit the specification as it is now")
            self.fields[f"p-{name}"] = field
        for name in earlier:
            if name not in self.specification.default_parameters:
                self._note_unused(name, earlier[name], "is no longer a parameter")

    def _note_unused(self, name: str, value: Any, why: str) -> None:
        number = self.previous.number if self.previous else ""
        self.notes.append(f"{plain(name)[:SHOWN]} = {plain(value)[:SHOWN]} of run {number} is not used: it {why}.")

    def _add_inputs(self, offered: tuple[str, str]) -> None:
        bound: dict[str, str] = {}
        for path, source in (self.previous.inputs if self.previous else {}).items():
            if path in self.specification.data and source["lake"] == self.specification.data[path]["lake"]:
                bound[path] = source["did"]
            else:
                self._note_unused(path, source["did"], "is no longer an input from that Data Lake")
        lake, did = offered  # a file of the Data Lake that somebody wants to use
        if DID.fullmatch(did) and (place := place_for(self.specification, lake, did)):
            bound[place] = did
        elif did:
            self.notes.append(f"{plain(did)[:SHOWN]} is not filled in: no input of this workflow takes such a file.")
        bound |= {path: self._default_did(path) for path in self.paths if path not in bound}
        for number, path in enumerate(self.paths):
            self.fields[f"i-{number}"] = forms.RegexField(
                rf"^{DID.pattern}$",
                label=path,
                initial=bound[path],
                max_length=600,
                strip=False,
                error_messages={"invalid": "Enter a DID as scope:name, for example KM3NET_ECAP_SP:aeff.fits."},
            )

    def _default_did(self, path: str) -> str:
        """The DID that the specification names for an input; nothing, with a note, where its name is not for the reader."""
        source = self.specification.data[path]
        if audience.can_read(self._reader, Origin.of_did(source["lake"], source["did"])):
            return str(source["did"])
        self.notes.append(f"The usual file of {plain(path)[:SHOWN]} is restricted data that you may not read. Enter one that you may read.")
        return ""

    def _fill_in(self, address: Mapping[str, str]) -> None:
        """Take `?p-<name>=` and `?i-<number>=` as what the form opens with; what does not fit is noted."""
        for name, value in address.items():
            if not name.startswith(("p-", "i-")):
                continue
            field = self.fields.get(name)
            shown = f"{plain(name)[:SHOWN]}={plain(value)[:SHOWN]}"
            if field is None or field.disabled:
                self.notes.append(f"{shown} in the address is not used: there is no such field.")
                continue
            try:
                field.initial = field.clean(value)
            except ValidationError as error:
                self.notes.append(f"{shown} in the address is not used: {' '.join(error.messages)}")
            else:
                self.filled.append(str(field.label))

    def clean(self) -> dict[str, Any]:
        """What REANA's own checks refuse is not launched; they see the values that were typed."""
        values = super().clean() or {}
        errors = [message for check in self.checks if check.state == "error" for message in check.messages]
        if errors:
            raise forms.ValidationError([f"The workflow's specification does not pass: {message}" for message in errors])
        return values

    @cached_property
    def checks(self) -> list[Check]:
        """The lines that `reana-client validate` prints, for the typed values where there are any, and whether its files are here."""
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
        return "Fix the highlighted fields." if any(name in self.fields for name in self.errors) else ""

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


class KeepForm(forms.Form):
    """Which files of a run go into the Data Lake, under which name, with a second copy where."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    dataset = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{2,190}$",
        label="Dataset name",
        help_text="ProjectType.Description.DataType, for example DM.Sensitivity.run12",
        error_messages={"invalid": "Use letters, digits, dots, hyphens and underscores; begin with a letter or digit."},
    )
    chosen = forms.MultipleChoiceField(
        label="Files", widget=forms.CheckboxSelectMultiple, required=False, error_messages={"required": "Choose at least one file."}
    )
    others = forms.CharField(
        label="Other files",
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        strip=False,
        help_text="One path per line, as in the list of all files of this run.",
    )
    copy_rse = forms.ChoiceField(label="Second copy at")
    public = forms.BooleanField(
        label="Make these files public",
        help_text="Their names, contents and metadata can be read by everybody at once, and copies that others make cannot be taken back.",
        error_messages={"required": "Confirm that these files become public."},
    )

    def __init__(self, *args: Any, run: Run, may_copy: bool, copy_rses: list[str], becomes_public: bool, **options: Any) -> None:
        super().__init__(*args, **options)
        # Files at REANA only are fetched from there in the name of whoever launched the run.
        known = run.outputs.exclude(state=RunFile.State.MISSING) if may_copy else run.outputs.copied()
        known = known.exclude(path__in=list(run.inputs))  # they are in a Data Lake already, perhaps for fewer people
        self._known = known
        first = known.order_by("-is_declared", "pk")[: MAX_CHOICES + 1]
        offered = [file for file in first if file.is_copied or not unspeakable(file.path)]
        self.fields["key"].initial = uuid.uuid4
        self.fields["chosen"].choices = [(str(file.pk), file.choice_label) for file in offered[:MAX_CHOICES]]  # type: ignore[attr-defined]
        self.fields["chosen"].initial = [str(file.pk) for file in offered[:MAX_CHOICES] if file.is_copied]
        if len(first) <= MAX_CHOICES:
            del self.fields["others"]
            self.fields["chosen"].required = True
        self.fields["copy_rse"].choices = [(rse, rse) for rse in copy_rses]  # type: ignore[attr-defined]
        if not becomes_public:
            del self.fields["public"]
        self.paths: list[str] = []

    def clean(self) -> dict[str, Any]:
        """Sets `paths`, the files that were chosen."""
        values = super().clean() or {}
        chosen = self._known.filter(pk__in=values.get("chosen", [])).order_by("pk").values_list("path", flat=True)
        typed = [line for line in (part.rstrip("\r") for part in values.get("others", "").split("\n")) if line.strip()]
        found = set(self._known.filter(path__in=typed).values_list("path", flat=True))
        if unknown := [line for line in typed if line not in found]:
            self.add_error("others", f"This run has no file {', '.join(unknown[:5])}.")
        self.paths = list(dict.fromkeys([*chosen, *typed]))
        if not self.paths and "chosen" not in self.errors:
            self.add_error("chosen", "Choose at least one file.")
        return values
