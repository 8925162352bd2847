"""What people say of a new dataset with the data of a basket: its name, where it is copied to, for how long."""

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datalake.naming import Named, check_name, name_help
from datalake.naming.forms import NamedForm
from datalake.operations.forms import LIFETIMES
from datalake.operations.kinds.gathering import FILES
from projects.baskets.targets.dataset_lake import Compute
from projects.baskets.targets.dataset_plan import Plan
from vre_portal.services import Service

PLAIN = {"autocomplete": "off", "spellcheck": "false", "class": "mono"}
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


class DatasetForm(NamedForm):
    """A dataset and its rule."""

    scope = forms.ChoiceField(label=_("Scope"))
    name = forms.CharField(max_length=240, label=_("Name"), widget=forms.TextInput(attrs=PLAIN))
    title = forms.CharField(max_length=200, required=False, label=_("Title"))
    near = forms.ChoiceField(required=False, label=_("Copy near"))
    expression = forms.CharField(
        max_length=1000, required=False, label=_("RSE expression"), widget=forms.TextInput(attrs=PLAIN),
        help_text=_("Overrides the choice above. Example: country=FR|country=IT"),
    )  # fmt: skip
    days = forms.ChoiceField(choices=LIFETIMES, required=False, initial="30", label=_("Lifetime of the copy"))
    comment = forms.CharField(
        max_length=250, required=False, label=_("Comment"), help_text=_("What the copies are for; shown to others on the rule.")
    )
    ask_approval = forms.BooleanField(
        required=False, label=_("Ask for approval"), help_text=_("Does not use your quota; starts once approved.")
    )

    def __init__(self, data: Any, *, lake: Service, scopes: Sequence[str], near: Sequence[Compute], wanted: Plan, **options: Any) -> None:
        super().__init__(data, **options)
        self.lake, self.computes, self.wanted, self.scopes = lake, {item.service.name: item for item in near}, wanted, scopes
        self.fields["scope"].choices = [(name, name) for name in scopes]  # type: ignore[attr-defined]
        self.fields["near"].choices = [(item.service.name, item.label) for item in near]  # type: ignore[attr-defined]
        if not near:
            del self.fields["near"]
            self.fields["expression"].required = True
            self.fields["expression"].help_text = gettext("Example: country=FR|country=IT")
        self.fields["name"].help_text = name_help(lake, str(self["scope"].value() or next(iter(scopes), "")))

    @property
    def where(self) -> str:
        """The storage elements, as an expression: also of a form that was not sent."""
        typed = str(self["expression"].value() or "").strip()
        chosen = self["near"].value() if "near" in self.fields else None
        compute = self.computes.get(str(chosen)) or next(iter(self.computes.values()), None)
        return typed or (compute.expression if compute else "")

    def space_query(self, items: Sequence[int]) -> str:
        """What says where the copy goes, for the part of the page about space; empty where nothing does."""
        said = {name: str(self[name].value() or "") for name in ("scope", "near", "expression") if name in self.fields}
        return urlencode([*said.items(), *(("item", number) for number in items)]) if self.where else ""

    @property
    def lifetime(self) -> int | None:
        """In seconds; None without an end."""
        days = self.cleaned_data["days"]
        return int(days) * 86400 if days else None

    def clean(self) -> dict[str, object]:
        values = super().clean() or {}
        scope, name = str(values.get("scope") or ""), str(values.get("name") or "")
        if scope and name:
            if NAME.fullmatch(name) is None:
                self.add_error("name", gettext("Names begin with a letter or a digit and can have letters, digits and . _ - /"))
                return values
            names = [(Named.CONTAINER if self.wanted.collections else Named.DATASET, name)]
            if self.wanted.collections and self.wanted.files:
                names.append((Named.DATASET, f"{name}{FILES}"))
            for kind, its in names:
                if "name" not in self.errors:
                    self.require_name("name", check_name(self.lake, kind, scope, its))
        return values
