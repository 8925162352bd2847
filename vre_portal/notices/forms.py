"""The filter of the inbox, and the choices of how to be told."""

from collections.abc import Collection, Mapping
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from vre_portal.notices.kinds import Delivery, NoticeKind, all_kinds, deliveries, sections


def section_name(title: str) -> str:
    """A section as an address has it; no kind is called so, for they have a dot."""
    return slugify(title) or "section"


def chosen_kinds() -> list[NoticeKind]:
    """The kinds for which people choose how they are told."""
    return [kind for kind in all_kinds() if kind.is_chosen]


class InboxFilterForm(forms.Form):
    """Which notices are listed."""

    state = forms.ChoiceField(
        label=gettext_lazy("Show"), required=False, choices=[("", gettext_lazy("All notices")), ("unread", gettext_lazy("Unread"))]
    )
    kind = forms.ChoiceField(label=gettext_lazy("About"), required=False)

    def __init__(self, data: Any, keys: Collection[str] | None = None) -> None:
        """`keys` are the kinds that are offered besides the chosen one; without them all are."""
        super().__init__(data)
        groups: list[Any] = [("", _("Everything"))]
        wanted = data.get("kind", "")
        for title, kinds in sections().items():
            every = (section_name(title), _("Everything in %(section)s") % {"section": title})
            offered = [kind for kind in kinds if keys is None or kind.key in keys or wanted in (kind.key, every[0])]
            if offered:
                groups.append((title, [every, *((kind.key, str(kind.title)) for kind in offered)]))
        self.fields["kind"].choices = groups  # type: ignore[attr-defined]

    @property
    def chosen(self) -> dict[str, str]:
        """What is filtered by; nothing where the address asks for something that there is not."""
        values = self.cleaned_data if self.is_valid() else {}
        return {name: value for name, value in values.items() if value}

    @property
    def kinds(self) -> list[str] | None:
        """The kinds that are asked for; None for all."""
        wanted = self.chosen.get("kind", "")
        if not wanted:
            return None
        return [wanted] if "." in wanted else [kind.key for kind in all_kinds() if section_name(str(kind.section)) == wanted]


DEFAULT = "default"  # the choice of those who leave it to the kind


class PreferencesForm(forms.Form):
    """A choice for each kind, and for each section one that is set for all of its kinds at once."""

    def __init__(self, now: Mapping[str, Delivery], data: Any = None) -> None:
        super().__init__(data)
        for kind in chosen_kinds():
            choices = [(DEFAULT, _("default: %(choice)s") % {"choice": kind.default.label})]
            choices += [(item.value, str(item.label)) for item in deliveries(kind)]
            self.fields[kind.key] = forms.ChoiceField(
                label=kind.title, choices=choices, initial=now.get(kind.key, DEFAULT), widget=forms.RadioSelect, required=False
            )

    def columns(self) -> list[str]:
        """The ways of being told, as the head of a table has them."""
        return [str(item.label) for item in self._ways()]

    def sections(self) -> list[tuple[str, str, list[tuple[forms.BoundField, list[Any]]]]]:
        """By section its name, its title, and the fields of its kinds, each with the button of each column, None where it has none."""
        shown = {title: [self[kind.key] for kind in kinds if kind.is_chosen] for title, kinds in sections().items()}
        return [(section_name(title), title, [(field, self._row(field)) for field in fields]) for title, fields in shown.items() if fields]

    def _ways(self) -> list[Delivery]:
        offered = {item for kind in chosen_kinds() for item in deliveries(kind)}
        return [item for item in Delivery if item in offered]

    def _row(self, field: forms.BoundField) -> list[Any]:
        buttons = {str(button.data["value"]): button for button in field}
        return [buttons.get(value) for value in (DEFAULT, *self._ways())]

    def choices_of_sections(self) -> list[tuple[str, Any]]:
        """What can be set for a whole section."""
        return [(DEFAULT, _("default")), *((item.value, item.label) for item in self._ways())]

    def choices(self) -> dict[str, Delivery | None]:
        """What was chosen, None for the default; a section that is set as a whole overrides its kinds."""
        given = {kind.key: self.cleaned_data[kind.key] for kind in chosen_kinds() if self.cleaned_data[kind.key]}
        section = self.data.get("section", "")
        wanted = self.data.get(f"all:{section}", "")
        if section and wanted in (DEFAULT, *Delivery.values):
            for kind in chosen_kinds():
                if section_name(str(kind.section)) == section:  # a kind that cannot be turned off goes to the inbox instead
                    given[kind.key] = wanted if wanted in (DEFAULT, *deliveries(kind)) else Delivery.INBOX
        return {key: None if value == DEFAULT else Delivery(value) for key, value in given.items()}
