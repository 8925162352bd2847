"""The inputs of the launch form: what each is bound to, filled in from the specification, a run, a template or a link."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext as _

from projects import audience
from projects.audience import Origin
from projects.workflows.inputs.sources import DID, VALUE, attached_of, value_of
from projects.workflows.models import LaunchTemplate, Run, Specification
from projects.workflows.suggestions import place_for
from vre_portal.iam.models import User
from vre_portal.services import ServiceKind, services
from vre_portal.text import plain

SHOWN = 80  # characters of a value that a note quotes


class InputPart(forms.Form):
    """What each input is bound to as `i-<number>`: a DID, `file/<number>` of a run, or `upload/<sha256>`. Its lake, where there are several, as `l-<number>`."""

    specification: Specification
    previous: Run | None
    template: LaunchTemplate | None
    notes: list[str]
    paths: list[str]
    _reader: User | AnonymousUser

    def add_inputs(self, offered: tuple[str, str]) -> None:
        """A field for each input, filled in."""
        self._lakes = [(item.name, item.title) for item in services(ServiceKind.RUCIO)]
        self._lake_of = {path: str(self.specification.data[path]["lake"]) for path in self.paths}
        bound = self._of_run() | self._of_template()
        lake, did = offered  # a file of the Data Lake that somebody wants to use
        if DID.fullmatch(did) and (place := place_for(self.specification, lake, did)):
            bound[place] = did
            self._lake_of[place] = lake
        elif did:
            text = _("%(did)s is not filled in: no input of this workflow accepts this type of file.")
            self.notes.append(text % {"did": plain(did)[:SHOWN]})
        bound |= {path: self._default(path) for path in self.paths if path not in bound}
        for number, path in enumerate(self.paths):
            self.fields[f"i-{number}"] = forms.RegexField(
                VALUE,
                label=path,
                initial=bound[path],
                max_length=600,
                strip=False,
                error_messages={"invalid": _("Enter a DID as scope:name, for example scope.name:file.fits.")},
            )
            if len(self._lakes) > 1:
                self.fields[f"l-{number}"] = forms.ChoiceField(
                    label=_("Data Lake"), choices=self._lakes, initial=self._lake_of[path], required=False
                )

    def _of_run(self) -> dict[str, str]:
        """What the earlier run read."""
        found: dict[str, str] = {}
        run = self.previous
        for path, source in ({**run.inputs, **run.attached} if run else {}).items():
            if self._takes(path, source):
                found[path] = value_of(source)
            else:
                text = _("%(name)s = %(value)s of run %(number)s is not used: it is no longer an input from that Data Lake.")
                values = {"name": plain(path)[:SHOWN], "value": plain(value_of(source))[:SHOWN]}
                self.notes.append(text % {**values, "number": run.number if run else ""})
        return found

    def _of_template(self) -> dict[str, str]:
        """The template's data, save those that the reader may not know: somebody else may have saved it."""
        found = {}
        template = self.template
        for path, source in ({**template.inputs, **template.attached} if template else {}).items():
            is_known = "did" not in source or audience.can_read(self._reader, Origin.of_did(source["lake"], source["did"]))
            if is_known and self._takes(path, source):
                found[path] = value_of(source)
            else:
                text = _("The template’s file for %(path)s is not filled in: you do not have access to it, or it is no longer an input.")
                self.notes.append(text % {"path": plain(path)[:SHOWN]})
        return found

    def _takes(self, path: str, source: Mapping[str, Any]) -> bool:
        """Whether the path is still an input that can come from there; its lake is remembered."""
        if path not in self._lake_of:
            return False
        if "did" not in source or source["lake"] == self._lake_of[path]:
            return True
        if len(self._lakes) > 1 and source["lake"] in dict(self._lakes):
            self._lake_of[path] = source["lake"]
            return True
        return False

    def _default(self, path: str) -> str:
        """The DID that the specification names for an input; nothing, with a note, where its name is not for the reader."""
        source = self.specification.data[path]
        if audience.can_read(self._reader, Origin.of_did(source["lake"], source["did"])):
            return str(source["did"])
        text = _("You do not have access to the default file of %(path)s, which is restricted. Enter a file to which you have access.")
        self.notes.append(text % {"path": plain(path)[:SHOWN]})
        return ""

    def shown_sources(self) -> dict[str, dict[str, Any]]:
        """What stands in the fields now, as `Run.inputs` and `Run.attached` have it; what cannot be read is left out."""
        return {path: source for path in self.paths if (source := self._source(path, self[f"i-{self.paths.index(path)}"].value()))}

    def lake_of(self, path: str) -> str:
        """The lake that a DID of this input is of: as was chosen, where there is a choice."""
        name = f"l-{self.paths.index(path)}"
        chosen = str(self[name].value() or "") if name in self.fields else ""
        return chosen if chosen in dict(self._lakes) else self._lake_of[path]

    def _source(self, path: str, value: Any) -> dict[str, Any] | None:
        text = str(value or "")
        if attached := attached_of(text):
            return attached
        return {"lake": self.lake_of(path), "did": text} if DID.fullmatch(text) else None

    @property
    def chosen(self) -> dict[str, dict[str, Any]]:
        """What each input is bound to, as far as its field has no error."""
        sources = {path: self._source(path, self.cleaned_data.get(f"i-{number}")) for number, path in enumerate(self.paths)}
        return {path: source for path, source in sources.items() if source is not None}

    @property
    def inputs(self) -> dict[str, dict[str, str]]:
        """Lake and DID by path in the workspace."""
        return {path: source for path, source in self.chosen.items() if "did" in source}

    @property
    def attached(self) -> dict[str, dict[str, Any]]:
        """Files of runs and uploads by path in the workspace."""
        return {path: source for path, source in self.chosen.items() if "did" not in source}
