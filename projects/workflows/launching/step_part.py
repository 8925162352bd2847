"""What a launch changes in single steps: a field for each setting that the server offers, or one YAML text where there are many steps."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, override

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from projects.workflows.launching.offers import Offer
from projects.workflows.launching.overrides import (
    KEYS,
    KUBERNETES,
    LABELS,
    Overrides,
    bytes_of,
    carried,
    cpus_of,
    of_step,
    seconds_of,
    steps_in,
)  # fmt: skip
from projects.workflows.launching.parameter_part import ParameterPart
from projects.workflows.launching.step_fields import SettingField, StepsField, as_yaml
from projects.workflows.models import Run

MAX_ROWS = 12  # steps with a field for each setting; more are one text
OF_KUBERNETES = ("memory", "cpu", "time")
SETTING = re.compile(r"o-(?:yaml|([0-9]{1,6})-([a-z]+))")
AMOUNTS: dict[str, Callable[[str], Any]] = {"memory": bytes_of, "cpu": cpus_of, "time": seconds_of}  # which can be written in several ways


@dataclass(frozen=True)
class SettingRow:
    """A setting's field with what the earlier run had there, where the form has one, and with what an empty field means."""

    field: forms.BoundField
    was: str | None = None
    is_changed: bool = False
    empty: str = ""
    note: str = ""  # what could not be filled in there


@dataclass(frozen=True)
class StepRow:
    """A step with its settings."""

    name: str
    settings: list[SettingRow]

    @property
    def is_open(self) -> bool:
        """Whether something in it needs to be seen."""
        return any(row.field.errors or row.field.value() or row.is_changed or row.note for row in self.settings)


class StepPart(ParameterPart):
    """Settings of steps as `o-<number>-<setting>`, or all of them as YAML in `o-yaml`."""

    offer: Offer
    previous: Run | None
    opened_with: Overrides  # what an earlier run or a template changed

    @cached_property
    def steps(self) -> list[dict[str, Any]]:
        """The steps as the specification has them; empty where they cannot be changed."""
        return steps_in(self.specification.content)

    @property
    def step_names(self) -> list[str]:
        """Their names, as pages show them."""
        return [step["name"] for step in self.specification.step_specifications]

    def add_steps(self, overrides: Overrides) -> None:
        """Fields that open with what an earlier run or a template changed, as far as the steps are still there."""
        kept, lost = carried(overrides, self.step_names)
        self.opened_with = kept
        if lost:
            text = _("Settings of these steps are not filled in, because the workflow has changed: %(steps)s.")
            self.notes.append(text % {"steps": ", ".join(lost[:10])})
        if not self.steps:
            return
        if len(self.steps) > MAX_ROWS:
            self.fields["o-yaml"] = StepsField(self.steps, self.step_names, self.offer, initial=as_yaml(kept))
            return
        for number, step in enumerate(self.steps):
            for name in KEYS:
                value = kept.get(str(number), {}).get(name, "")
                if self.offer.has(name) or value:
                    self.fields[f"o-{number}-{name}"] = SettingField(name=name, offer=self.offer, was=of_step(step, name), initial=value)

    @property
    def setting_names(self) -> list[str]:
        """The names of the fields for settings of steps."""
        return [name for name in self.fields if name.startswith("o-")]

    @override
    def take_address(self, address: Mapping[str, str]) -> None:
        """Take settings of steps (`o-<number>-<setting>`, `o-yaml`) from the address, too."""
        super().take_address(address)
        for name, value in address.items():
            if SETTING.fullmatch(name):
                self._take_setting(name, value)

    def _take_setting(self, name: str, value: str) -> None:
        understood = self.take_field(name, value)
        if understood is None:
            return
        if name == "o-yaml":
            self.opened_with, self.fields[name].initial = understood, value
            return
        _o, number, setting = name.split("-")
        changed = {**self.opened_with.get(number, {"step": self.step_names[int(number)]}), setting: understood}
        if understood == "" or str(understood) == of_step(self.steps[int(number)], setting):
            del changed[setting]
        self.opened_with = {key: item for key, item in {**self.opened_with, number: changed}.items() if len(item) > 1}
        self.filled[-1] = f"{self.step_names[int(number)]}: {LABELS[setting]}"

    @override
    def why_no_field(self, name: str) -> str:
        match = SETTING.fullmatch(name)
        if match is None or match[2] not in KEYS or str(int(match[1])) != match[1]:  # o-00-memory is none
            return super().why_no_field(name)
        if int(match[1]) >= len(self.steps):
            return _("There is no such step, or its settings cannot be changed here.")
        if "o-yaml" in self.fields:
            return _("Settings of workflows with many steps are one text: use o-yaml.")
        return _("%(server)s does not offer this.") % {"server": self.offer.title}

    def step_rows(self) -> list[StepRow]:
        """Each step with its fields; empty where all of them are one text."""
        if "o-yaml" in self.fields:
            return []
        names = self.step_names if self.steps else []
        fields = [[name for name in KEYS if f"o-{number}-{name}" in self.fields] for number in range(len(names))]
        return [StepRow(step, [self._setting_row(number, name) for name in fields[number]]) for number, step in enumerate(names)]

    def _setting_row(self, number: int, name: str) -> SettingRow:
        key = f"o-{number}-{name}"
        field, empty = self[key], of_step(self.steps[number], name) or (KUBERNETES if name == "backend" else "")
        note = self.field_notes.get(key, "")
        earlier = self._earlier_step(number)
        if earlier is None:
            return SettingRow(field, empty=empty, note=note)
        was = of_step(earlier, name) or (KUBERNETES if name == "backend" else "")
        now = str(field.value() or "").strip() or empty
        return SettingRow(field, was, not _is_same(name, now, was), empty, note)

    @cached_property
    def _earlier_steps(self) -> list[dict[str, Any]]:
        """The steps as the earlier run had them, with its settings."""
        return steps_in(self.previous.content) if self.previous else []

    def _earlier_step(self, number: int) -> dict[str, Any] | None:
        """The same step of the earlier run, which stands in the same place and has the same name; None where there is none."""
        steps = self._earlier_steps
        is_same = number < len(steps) and str(steps[number].get("name") or "") == str(self.steps[number].get("name") or "")
        return steps[number] if is_same else None

    @property
    def steps_note(self) -> str:
        """What could not be filled in to the one text."""
        return self.field_notes.get("o-yaml", "")

    @property
    def steps_were(self) -> str | None:
        """What the earlier run changed, as the one text, where that is another one now; None where it is not."""
        if self.previous is None or "o-yaml" not in self.fields:
            return None
        earlier, _lost = carried(self.previous.overrides, self.step_names)
        now = self.planned_overrides
        return None if now == earlier else as_yaml(earlier)

    @property
    def steps_field(self) -> forms.BoundField | None:
        """The one text, where there are many steps."""
        return self["o-yaml"] if "o-yaml" in self.fields else None

    @property
    def has_changed_steps(self) -> bool:
        """Whether there is something to see in them."""
        field = self.steps_field
        is_text_open = bool(field and (field.errors or field.value() or self.steps_note or self.steps_were is not None))
        return any(row.is_open for row in self.step_rows()) or is_text_open

    def clean_steps(self) -> None:
        """Limits of Kubernetes mean nothing on another backend, and an unknown one is refused."""
        for number, change in self.overrides.items():
            backend = change.get("backend") or of_step(self.steps[int(number)], "backend") or KUBERNETES
            for name in OF_KUBERNETES:
                if name in change and backend != KUBERNETES:
                    key = f"o-{number}-{name}"
                    words = _("Step “%(step)s” runs on %(backend)s: memory, CPU and time can be changed on Kubernetes only.")
                    self.add_error(key if key in self.fields else "o-yaml", words % {"step": change["step"], "backend": backend})

    @property
    def planned_overrides(self) -> Overrides:
        """What a form that may not be sent yet changes in steps."""
        is_checked = self.is_bound and self.errors is not None  # what is wrong is left out then
        return self.overrides if is_checked else self.opened_with

    @property
    def overrides(self) -> Overrides:
        """What differs from the specification, by number of the step."""
        values = self.cleaned_data
        if "o-yaml" in self.fields:
            return dict(values.get("o-yaml") or {})
        found: Overrides = {}
        for number, step in enumerate(self.steps):
            said = {name: value for name in KEYS if (value := values.get(f"o-{number}-{name}")) and str(value) != of_step(step, name)}
            if said:
                found[str(number)] = {"step": self.step_names[number], **said}
        return found


def _is_same(name: str, one: str, other: str) -> bool:
    """Whether two settings are the same, however they are written: 60m and 1h are."""
    read = AMOUNTS.get(name, str)
    return one == other or (bool(one and other) and read(one) is not None and read(one) == read(other))
