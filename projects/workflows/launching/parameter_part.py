"""The parameters of the launch form: their fields, what they are filled in with, and the same values as YAML."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from projects.workflows.launching import sent_otherwise, yaml_values
from projects.workflows.launching.field_values import Typed, sent, sent_untouched, typed, unknown
from projects.workflows.launching.plain_values import same
from projects.workflows.launching.version_part import VersionPart
from projects.workflows.models import Specification
from projects.workflows.parameter_fields import ExactBooleanField, YAMLParameterField, carries, parameter_field
from vre_portal.text import plain

SHOWN = 80  # characters of a value that a note quotes
MAX_YAML = 200_000  # characters


class ParameterRow(NamedTuple):
    """A field with its unit, what could not be filled in there, and the earlier value where the form has one."""

    field: forms.BoundField
    unit: str
    note: str
    was: str | None
    is_changed: bool


@dataclass(frozen=True)
class Group:
    """Fields that belong together; those of the advanced ones are folded."""

    title: str
    rows: list[ParameterRow]
    is_advanced: bool

    @property
    def is_open(self) -> bool:
        """Whether something in it needs to be seen."""
        return any(row.field.errors or row.note or row.is_changed for row in self.rows)


class ParameterPart(VersionPart):
    """Each parameter as `p-<name>`, or all of them as one YAML text in `yaml` where `as` says so."""

    specification: Specification
    notes: list[str]  # what could not be filled in, for the head of the form
    field_notes: dict[str, str]  # the same beside its field, by the parameter's name or the field's
    filled: list[str]  # labels of what came from the address
    left_out: list[str]  # parameters that a form without YAML did not send

    def add_parameters(self) -> None:
        """A field for each parameter; what somebody typed as YAML becomes what a browser would have sent."""
        self.earlier: dict[str, Any] = {}
        self.typed = Typed()
        self.uploaded: Typed | None = None
        hints = self.specification.hints
        for name, default in self.specification.default_parameters.items():
            field = parameter_field(default, hints.of(name))
            field.label = field.label or name
            self.fields[f"p-{name}"] = field

    @property
    def is_yaml(self) -> bool:
        """Whether the parameters are one text."""
        return self.is_bound and self.data.get("as") == "yaml"

    @property
    def parameter_fields(self) -> dict[str, forms.Field]:
        """The fields by parameter."""
        return {name: self.fields[f"p-{name}"] for name in self.specification.default_parameters}

    def _boxes(self) -> list[str]:
        """The boxes on the page that was filled in: a browser leaves them out while they are empty. A program names no page."""
        if not self.data.get("version"):
            return []
        shown = self.specification
        old = shown.versions.filter(number=self.old_version).first() if self.old_version is not None else shown
        defaults = old.default_parameters if old else {}
        return [name for name, field in self.parameter_fields.items() if isinstance(field, ExactBooleanField) and name in defaults]

    def add_left_out(self) -> None:
        """Let a parameter that was not sent have the value that the form opens with, never an empty one."""
        fields = self.parameter_fields if self.is_bound and not self.is_yaml else {}
        missing = [name for name, field in fields.items() if f"p-{name}" not in self.data and not field.disabled]
        boxes = self._boxes() if missing else []
        self.left_out = [name for name in missing if name not in boxes]
        if self.left_out:
            given = {f"p-{name}": sent_untouched(fields[name]) for name in self.left_out}
            self.data = {**dict(self.data.items()), **given}

    def take_yaml(self) -> None:
        """Let the fields have what stands in the YAML text; a parameter that is not named there has its default."""
        if not self.is_yaml:
            return
        fields = self.parameter_fields
        self.typed = typed(str(self.data.get("yaml", ""))[:MAX_YAML], fields)
        defaults = {name: sent_untouched(field) for name, field in fields.items() if not field.disabled}
        given = {f"p-{name}": value for name, value in (defaults | self.typed.sent).items()}
        self.data = {**{name: value for name, value in self.data.items() if not name.startswith("p-")}, **given}

    def take_file(self, text: str) -> None:
        """Put the values of a file of parameters over what is in the form; wrong ones are named and change nothing."""
        fields = self.parameter_fields
        found = typed(text, fields)
        for name in found.sent:
            try:
                if name not in found.wrong and not fields[name].disabled:
                    fields[name].clean(found.sent[name])
            except ValidationError as error:
                found.wrong[name] = " ".join(error.messages)
        good = {f"p-{name}": value for name, value in found.sent.items() if name not in found.wrong and not fields[name].disabled}
        self.data = {**dict(self.data.items()), **good}
        self.uploaded = found

    def take_over(self, values: Mapping[str, Any], *, gone: str, unfit: str, **words: Any) -> None:
        """Open with the values of an earlier run or a template; the texts say of which value it is not used, and why."""
        for name, value in values.items():
            field = self.fields.get(f"p-{name}")
            if field is None or not carries(field, value):
                text = gone if field is None else unfit
                note = text % {"name": plain(name)[:SHOWN], "value": plain(yaml_values.as_shown(value))[:SHOWN], **words}
                self.notes.append(note)
                if field is not None:
                    self.field_notes[name] = note
            else:
                self.earlier[name] = value
                field.initial = yaml_values.dump(value) if isinstance(field, YAMLParameterField) and isinstance(value, str) else value

    def take_address(self, address: Mapping[str, str]) -> None:
        """Take what the address says of a field as what the form opens with: a parameter (`p-<name>`), an input (`i-<number>`), its lake (`l-<number>`).

        What does not fit is noted, beside its field too.
        """
        for name, value in address.items():
            if name.startswith(("p-", "i-")) or (name.startswith("l-") and name in self.fields):
                self.take_field(name, value)

    def take_field(self, name: str, value: str) -> Any:
        """Let a field open with a value of the address, as it is understood; None with a note where it does not fit."""
        field = self.fields.get(name)
        shown = f"{plain(name)[:SHOWN]}={plain(value)[:SHOWN]}"
        if field is None or field.disabled:
            is_parameter = field is None and name[0] == "p"
            known = list(self.specification.default_parameters)
            reason = unknown(name[2:], known) if is_parameter else self.why_no_field(name)
            self.notes.append(_("%(value)s in the link is not used. %(reason)s") % {"value": shown, "reason": reason})
            return None
        try:
            understood = field.clean(value)
        except ValidationError as error:
            note = _("%(value)s in the link is not used: %(reason)s") % {"value": shown, "reason": " ".join(error.messages)}
            self.notes.append(note)
            self.field_notes[name.removeprefix("p-") if name[0] == "p" else name] = note
            return None
        field.initial = understood
        if isinstance(field, YAMLParameterField) and isinstance(understood, str):
            field.initial = yaml_values.dump(understood)
        self.filled.append(str(field.label))
        return understood

    def why_no_field(self, name: str) -> str:
        """Why the form has no field of this name."""
        return _("There is no such field.")

    @property
    def uploaded_names(self) -> list[str]:
        """The parameters that a file gave."""
        found = self.uploaded
        return [name for name in found.sent if name not in found.wrong] if found else []

    @property
    def uploaded_faults(self) -> list[str]:
        """What of the file is not used."""
        found = self.uploaded
        return [*found.faults, *(f"{name}: {words}" for name, words in found.wrong.items())] if found else []

    def add_yaml_errors(self) -> None:
        """What is wrong with the YAML, at the fields that it concerns."""
        for name, words in self.typed.wrong.items():
            self.add_error(f"p-{name}", words)
        for words in self.typed.faults:
            self.add_error(None, words)

    def value_of(self, name: str) -> Any:
        """The value in the form: as it was understood, else as it was typed."""
        key = f"p-{name}"
        field = self.fields[key]
        if self.is_bound and not field.disabled:
            return self.cleaned_data[key] if key in getattr(self, "cleaned_data", {}) else str(self.data.get(key, ""))
        initial = self.get_initial_for_field(field, key)
        if isinstance(field, YAMLParameterField) and isinstance(initial, str):
            return field.clean(initial)
        return initial

    @property
    def planned_parameters(self) -> dict[str, Any]:
        """The values in a form that may not be sent yet; what is wrong is left out."""
        wrong = {name for name in self.specification.default_parameters if self.is_bound and self.errors.get(f"p-{name}")}
        return {name: self.value_of(name) for name in self.specification.default_parameters if name not in wrong}

    @property
    def yaml_text(self) -> str:
        """All parameters as YAML: what was typed while it has faults, so that nothing is lost."""
        if self.is_yaml and not self.uploaded:
            return str(self.data.get("yaml", ""))
        return self.as_yaml()

    def as_yaml(self) -> str:
        """The values in the form as YAML."""
        values = {name: self.value_of(name) for name in self.specification.default_parameters}
        return yaml_values.dump(values) if values else ""

    @property
    def yaml_faults(self) -> list[str]:
        """What is wrong with the parameters, each with its name, for the page that shows them as one text."""
        named = [
            _("%(name)s: %(reason)s") % {"name": name, "reason": reason}
            for name in self.specification.default_parameters
            for reason in self.errors.get(f"p-{name}", ())
        ]
        return [*self.typed.faults, *named]

    def parameter_rows(self) -> list[ParameterRow]:
        """Each parameter's field with what stands beside it."""
        return [self._row(name) for name in self.specification.default_parameters]

    def _row(self, name: str) -> ParameterRow:
        field = self.fields[f"p-{name}"]
        was = sent(field, self.earlier[name]) if name in self.earlier else None
        is_changed = was is not None and not self._is_same(self.value_of(name), self.earlier[name])
        note = " ".join(filter(None, [self.field_notes.get(name, ""), *self.sent_otherwise(name)]))
        return ParameterRow(self[f"p-{name}"], self.specification.hints.of(name).unit, note, was, is_changed)

    def sent_otherwise(self, name: str) -> list[str]:
        """What is said of numbers of a parameter that are not sent as they were typed."""
        key = f"p-{name}"
        if not self.is_bound or key not in getattr(self, "cleaned_data", {}):
            return []
        node = (self.uploaded or self.typed).nodes.get(name)
        label = self.specification.hints.of(name).label or name
        return sent_otherwise.sentences(label, self.fields[key], str(self.data.get(key, "")), self.cleaned_data[key], node)

    def _is_same(self, value: Any, earlier: Any) -> bool:
        are_numbers = all(isinstance(item, int | float) and not isinstance(item, bool) for item in (value, earlier))
        return bool(value == earlier) if are_numbers else same(value, earlier)

    def groups(self) -> list[Group]:
        """The rows by group in the order of the file, those for everybody first, and of them those without a group: a heading would take them in."""
        found: dict[tuple[bool, str], list[ParameterRow]] = {}
        for name, row in zip(self.specification.default_parameters, self.parameter_rows(), strict=True):
            hint = self.specification.hints.of(name)
            found.setdefault((bool(hint.advanced), hint.group), []).append(row)
        in_order = sorted(found.items(), key=lambda item: (item[0][0], bool(item[0][1])))
        return [Group(title, rows, advanced) for (advanced, title), rows in in_order]

    @property
    def parameters(self) -> dict[str, Any]:
        """Typed values by parameter name."""
        return {name: self.cleaned_data[f"p-{name}"] for name in self.specification.default_parameters}
