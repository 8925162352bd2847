"""The forms by which a specification enters: one for each door, the choice among several, and what it is saved as."""

import re
import uuid
from collections.abc import Mapping, Set
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.utils.text import slugify
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects import audience
from projects.audience import Origin
from projects.workflows.content import SLUG
from projects.workflows.entering import launch_links
from projects.workflows.entering.limits import MAX_FILE_BYTES
from projects.workflows.forms import DID
from projects.workflows.models import Entry
from vre_portal.bounded_yaml import MAX_CHARACTERS
from vre_portal.iam.models import User
from vre_portal.secret_addresses import holds_secret
from vre_portal.services import ServiceKind, services
from vre_portal.text import is_storable, size

MAX_UPLOADED = 200  # single files of one form
RESERVED = frozenset({"new", "entries"})
MAX_BINDINGS = 50  # inputs that can be bound here


class KeyForm(forms.Form):
    """The form's own identifier, so that a double press enters once."""

    key = forms.UUIDField(widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        initial = {"key": uuid.uuid4(), **(options.pop("initial", None) or {})}
        super().__init__(*args, **{**options, "initial": initial})


class GitForm(KeyForm):
    """The address of a repository, what is meant in it, and where."""

    address = forms.CharField(
        label=_("Address of the repository"),
        max_length=500,
        help_text=_(
            "A public repository, such as https://gitlab.example.org/group/name. You can also paste the address of one of its branches or "
            "tags, or git@gitlab.example.org:group/name."
        ),
    )
    ref = forms.CharField(
        label=_("Branch, tag or commit"),
        max_length=200,
        required=False,
        help_text=_("The default branch is used if left empty. The workflow stays at the commit that is found now, until you update it."),
    )


def source_in(query: Mapping[str, str]) -> dict[str, str]:
    """The repository and branch that an address names, with which a form opens; an address with a secret in it is left out."""
    named = {name: query.get(name, "")[:500] for name in ("address", "ref")}
    return {} if holds_secret(named["address"]) else named


class ManyFilesInput(forms.ClearableFileInput):
    """A file input that takes several."""

    allow_multiple_selected = True


class ManyFiles(forms.FileField):
    """Several uploaded files, each checked as one is."""

    widget = ManyFilesInput

    def clean(self, data: Any, initial: Any = None) -> list["UploadedFile[Any]"]:  # type: ignore[override]
        files = (data if isinstance(data, list | tuple) else [data]) or [None]  # none is what the field itself refuses
        if len(files) > MAX_UPLOADED:
            raise forms.ValidationError(gettext("Choose at most %(limit)s files, or a zip.") % {"limit": MAX_UPLOADED})
        found = [super(ManyFiles, self).clean(item, initial) for item in files]
        names = [str(file.name) for file in found]
        if twice := next((name for name in names if names.count(name) > 1), ""):
            raise forms.ValidationError(gettext("Two files are called %(name)s. Put them into a zip with their folders.") % {"name": twice})
        return found


class UploadForm(KeyForm):
    """A zip, or single files."""

    uploads = ManyFiles(
        label=_("Files"),
        allow_empty_file=True,
        help_text=_("A zip of the folder with the reana.yaml and its code, or single files if there are no folders."),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        limits = {"all": f"{settings.UPLOAD_MEGABYTES} MB", "file": size(MAX_FILE_BYTES)}
        field = self.fields["uploads"]
        field.help_text = f"{field.help_text} {gettext('At most %(all)s at once, and %(file)s per file.') % limits}"


class VersionUploadForm(UploadForm):
    """The files of a new version, instead of those that the workflow has or beside them."""

    keeps_others = forms.BooleanField(
        label=_("Keep the other files of the workflow"),
        required=False,
        help_text=_("Files of the same path are replaced. Otherwise the workflow has only the files that you upload."),
    )


class LinkForm(KeyForm):
    """A launch link of REANA."""

    link = forms.CharField(
        label=_("Launch link"),
        max_length=launch_links.MAX_LINK,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "class": "mono"}),
        help_text=_("The address behind a “Launch on REANA” badge, or the text of the badge itself."),
    )

    def clean_link(self) -> launch_links.LaunchLink:
        try:
            return launch_links.read(str(self.cleaned_data["link"]))
        except launch_links.NoLaunchLink as error:
            raise forms.ValidationError(str(error)) from None


class TextForm(KeyForm):
    """The text of a reana.yaml."""

    seen = forms.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, widget=forms.HiddenInput
    )  # the version that the editor opened with
    text = forms.CharField(
        label=_("Specification"),
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 28, "spellcheck": "false", "autocapitalize": "off", "autocomplete": "off", "class": "mono code-input"}
        ),
    )

    def clean_text(self) -> str:
        """As the database and REANA can hold it."""
        text = str(self.cleaned_data["text"]).replace("\r\n", "\n")
        if len(text) > MAX_CHARACTERS:
            raise forms.ValidationError(gettext("A specification has at most %(limit)s characters.") % {"limit": f"{MAX_CHARACTERS:,}"})
        if not is_storable(text):
            raise forms.ValidationError(gettext("The text contains a character that cannot be stored."))
        return text if text.endswith("\n") else f"{text}\n"


class SaveForm(forms.Form):
    """Name and title of the workflow, and a DID for each input that is not among its files."""

    compare_again = False  # whether another version was saved meanwhile
    seen = forms.IntegerField(
        min_value=1, max_value=2**31 - 1, required=False, widget=forms.HiddenInput
    )  # the version with which the page compares
    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("Shown in lists, such as “Fit of the light curve”."))
    name = forms.RegexField(
        rf"^{SLUG.pattern}$",
        label=_("Name"),
        max_length=60,
        help_text=_("Part of the workflow's address: letters, digits, hyphens and underscores. It can't be changed later."),
        error_messages={"invalid": _("Use letters, digits, hyphens and underscores only.")},
    )

    def __init__(
        self, *args: Any, entry: Entry, by: User, known: dict[str, dict[str, str]], hidden: Set[str] = frozenset(), **options: Any
    ) -> None:
        super().__init__(*args, **options)
        self.entry, self.by, self.known, self.hidden = entry, by, known, hidden
        self.lakes = [(item.name, item.title) for item in services(ServiceKind.RUCIO)]
        paths = bindable(entry, {*known, *hidden})
        self.paths, self.further = paths[:MAX_BINDINGS], paths[MAX_BINDINGS:]
        specification = entry.specification
        self.fields["title"].initial = specification.title if specification else entry.title or suggested_title(entry)
        self.fields["name"].initial = slugify(entry.name or entry.title or suggested_title(entry))[:60].strip("-")
        if specification:
            del self.fields["name"]
        for number, path in enumerate(self.paths):
            bound = known.get(path, {})
            self.fields[f"did-{number}"] = forms.RegexField(
                rf"^{DID.pattern}$", label=path, required=False, max_length=600, strip=True, initial=bound.get("did", ""),
                error_messages={"invalid": _("Enter a DID as scope:name, for example scope.name:file.fits.")},
            )  # fmt: skip
            if len(self.lakes) > 1:
                self.fields[f"lake-{number}"] = forms.ChoiceField(
                    label=_("Data Lake"), choices=self.lakes, initial=bound.get("lake", self.lakes[0][0])
                )

    def clean_name(self) -> str:
        """Not one that the portal has an address for."""
        if (name := str(self.cleaned_data["name"])) in RESERVED:
            raise forms.ValidationError(gettext("“%(name)s” can't be used. Choose another name.") % {"name": name})
        return name

    def clean(self) -> dict[str, Any]:
        """A file that the person may not read is refused in the words for one that is not there."""
        values = super().clean() or {}
        for number in range(len(self.paths)):
            did = values.get(f"did-{number}")
            if did and not audience.can_read(self.by, Origin.of_did(self._lake(number), did)):
                self.add_error(f"did-{number}", gettext("Input %(did)s not found.") % {"did": did})
        return values

    def _lake(self, number: int) -> str:
        return str(self.cleaned_data.get(f"lake-{number}") or (self.lakes[0][0] if self.lakes else ""))

    def binding_rows(self) -> list[tuple[str, str, forms.BoundField, forms.BoundField | None]]:
        """Each input with the reason why it is not among the files, its DID and, where there are several, its lake."""
        reasons, folders = dict(self.entry.unbound), set(self.entry.folders)
        rows = []
        for number, path in enumerate(self.paths):
            lake = self[f"lake-{number}"] if f"lake-{number}" in self.fields else None
            kept = gettext("It is bound to a file to which you have no access. It stays so if you leave this empty.")
            why = "" if self.known.get(path, {}).get("did") else why_unbound(reasons.get(path, ""))
            if path in folders:
                why = " ".join(words for words in (why, gettext("A folder: a dataset or a container becomes it.")) if words)
            rows.append((path, kept if path in self.hidden else why, self[f"did-{number}"], lake))
        return rows

    def bindings(self) -> dict[str, dict[str, str]]:
        """Lake and DID of each input; without a DID it is chosen at each launch. Those without a field here stay as they are."""
        if not self.lakes:
            return {}
        further = {path: self.known.get(path) or {"lake": self.lakes[0][0], "did": ""} for path in self.further}
        shown = {path: {"lake": self._lake(number), "did": self.cleaned_data[f"did-{number}"]} for number, path in enumerate(self.paths)}
        return {**shown, **further}


def bindable(entry: Entry, known: Set[str]) -> list[str]:
    """The inputs that have to come from a lake, and those that came from one before."""
    named = entry.bindable
    return list(dict.fromkeys([*(path for path, _why in entry.unbound), *(path for path in known if path in named)]))


def why_unbound(reason: str) -> str:
    """Why an input is not among the stored files, in words."""
    words = {
        "lfs": gettext("Its content is in Git LFS, which is not fetched."),
        "submodule": gettext("It is in a submodule, which is not fetched."),
        "link": gettext("It is a symbolic link, which is not followed."),
        "large": gettext("It is too large to be stored with the workflow."),
        "files": gettext("It is beyond the number of files that are fetched."),
        "packed": gettext("It is encrypted, or not compressed with Deflate."),
        "missing": gettext("It is missing in the repository."),
    }
    return words.get(reason, gettext("It is not among the files.") if reason else "")


def suggested_title(entry: Entry) -> str:
    """The name of the repository, or of the folder of its specification; empty where it has neither, so that its person finds one."""
    parts = [part for part in re.split("[/]", entry.path)[:-1] if part]
    last = parts[-1] if parts else entry.address.rstrip("/").rpartition("/")[2].removesuffix(".git")
    return last.replace("-", " ").replace("_", " ")[:200].strip()


# What the editor opens with: it can be launched.
EXAMPLE = """\
version: 0.9.0
inputs:
  parameters:
    name: world
workflow:
  type: serial
  specification:
    steps:
      - name: greet
        environment: docker.io/library/python:3.13-slim
        commands:
          - mkdir -p results
          - echo "Hello ${name}" > results/greeting.txt
outputs:
  files:
    - results/greeting.txt
"""
