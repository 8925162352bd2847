"""The form by which files of a run are kept in the Data Lake."""

import uuid
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from datalake.naming import Named, check_name, name_help
from datalake.naming.forms import NamedForm
from projects.workflows.models import Run, RunFile
from projects.workflows.reana.names import unspeakable
from vre_portal.services import Service

MAX_CHOICES = 200  # files that are offered with a box of their own


class KeepForm(NamedForm):
    """Which files of a run go into the Data Lake, under which name, with a second copy where."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    dataset = forms.RegexField(
        r"^[A-Za-z0-9][A-Za-z0-9._-]{2,190}$",
        label=_("Dataset name"),
        error_messages={"invalid": _("Use letters, digits, dots, hyphens and underscores; begin with a letter or digit.")},
    )
    chosen = forms.MultipleChoiceField(
        label=_("Files"), widget=forms.CheckboxSelectMultiple, required=False, error_messages={"required": _("Choose at least one file.")}
    )
    others = forms.CharField(
        label=_("Other files"),
        widget=forms.Textarea(attrs={"rows": 4}),
        required=False,
        strip=False,
        help_text=_("One path per line, as in the list of all files of this run."),
    )
    copy_rse = forms.ChoiceField(label=_("Second copy at"))
    public = forms.BooleanField(
        label=_("Make these files public"),
        help_text=_("Everybody can immediately see their names, contents and metadata. Copies that others make cannot be withdrawn."),
        error_messages={"required": _("Confirm that these files become public.")},
    )

    def __init__(
        self, *args: Any, run: Run, may_copy: bool, copy_rses: list[str], becomes_public: bool, lake: Service, scope: str, **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.lake, self.scope = lake, scope
        self.fields["dataset"].help_text = name_help(lake, scope)
        # Files that are only at REANA are fetched with the token of the person who launched the run.
        known = run.outputs.exclude(state=RunFile.State.MISSING) if may_copy else run.outputs.copied()
        known = known.exclude(path__in=list(run.data_paths))  # they are in a Data Lake already, perhaps for fewer people
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
        if name := values.get("dataset"):
            self.require_name("dataset", check_name(self.lake, Named.DATASET, self.scope, name))
        chosen = self._known.filter(pk__in=values.get("chosen", [])).order_by("pk").values_list("path", flat=True)
        typed = [line for line in (part.rstrip("\r") for part in values.get("others", "").split("\n")) if line.strip()]
        existing = set(self._known.filter(path__in=typed).values_list("path", flat=True))
        if unknown := [line for line in typed if line not in existing]:
            self.add_error(
                "others", gettext("Not among the files of this run: %(paths)s. Check the paths.") % {"paths": ", ".join(unknown[:5])}
            )
        self.paths = list(dict.fromkeys([*chosen, *typed]))
        if not self.paths and "chosen" not in self.errors:
            self.add_error("chosen", gettext("Choose at least one file."))
        return values
