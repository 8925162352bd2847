"""The filter of the inbox, and the choices of how to be told."""

from collections.abc import Mapping
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

    def __init__(self, data: Any) -> None:
        super().__init__(data)
        groups: list[Any] = [("", _("Everything"))]
        for title, kinds in sections().items():
            every = (section_name(title), _("Everything in %(section)s") % {"section": title})
            groups.append((title, [every, *((kind.key, str(kind.title)) for kind in kinds)]))
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


class PreferencesForm(forms.Form):
    """A choice for each kind, and for each section one that is set for all of its kinds at once."""

    def __init__(self, now: Mapping[str, Delivery], data: Any = None) -> None:
        super().__init__(data)
        for kind in chosen_kinds():
            choices = [(item.value, item.label) for item in deliveries(kind)]
            self.fields[kind.key] = forms.ChoiceField(label=kind.title, choices=choices, initial=now[kind.key].value)

    def sections(self) -> list[tuple[str, str, list[tuple[NoticeKind, forms.BoundField]]]]:
        """By section its name, its title, and the kinds with their fields."""
        shown = {title: [kind for kind in kinds if kind.is_chosen] for title, kinds in sections().items()}
        return [(section_name(title), title, [(kind, self[kind.key]) for kind in kinds]) for title, kinds in shown.items() if kinds]

    def choices_of_sections(self) -> list[tuple[str, Any]]:
        """What can be set for a whole section."""
        offered = {item for kind in all_kinds() for item in deliveries(kind)}
        return [(item.value, item.label) for item in Delivery if item in offered]

    def choices(self) -> dict[str, Delivery]:
        """What was chosen; a section that is set as a whole overrides its kinds."""
        found = {kind.key: Delivery(self.cleaned_data[kind.key]) for kind in chosen_kinds() if kind.key in self.cleaned_data}
        section = self.data.get("section", "")
        wanted = self.data.get(f"all:{section}", "")
        if not section or wanted not in Delivery.values:
            return found
        for kind in chosen_kinds():
            if section_name(str(kind.section)) == section:  # a kind that cannot be turned off goes to the inbox instead
                found[kind.key] = Delivery(wanted) if Delivery(wanted) in deliveries(kind) else Delivery.INBOX
        return found
