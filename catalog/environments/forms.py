"""What people enter for an environment."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.environments import lists
from catalog.environments.locks import MAX_BYTES, BadLock, Lock, read
from catalog.environments.models import Environment
from catalog.environments.storing import EnvironmentValues
from vre_portal.container_images.names import LONGEST, parsed
from vre_portal.environment_tests import MAX_MODULES, MODULE
from vre_portal.iam.models import User
from vre_portal.validators import say_limits, validate_visible_line

UNKNOWN_YES_NO = (("", _("unknown")), ("yes", _("yes")), ("no", _("no")))
_CVMFS = re.compile(r"/cvmfs/[A-Za-z0-9._/:@+-]{1,380}")
_SPLIT = re.compile(r"[\s,;]+")
TRISTATE = {"": None, "yes": True, "no": False}


def line(label: Any, most: int, help_text: Any = "", *, required: bool = False) -> forms.CharField:
    """A field for one line of visible text."""
    return forms.CharField(label=label, max_length=most, required=required, help_text=help_text, validators=[validate_visible_line])


class EnvironmentForm(forms.Form):
    """All of an environment; `seen` is the number of the version that its editor saw, 0 for a new one."""

    seen = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)
    name = line(_("Name"), 120, required=True)
    summary = line(_("Summary"), 300, _("What it is for, in one sentence."))
    image = line(
        _("Container image"), LONGEST, _("With a tag or a digest, such as ghcr.io/owner/name:1.0, or a path in CVMFS."), required=True
    )
    for_notebooks = forms.BooleanField(label=_("For notebooks"), required=False)
    for_workflows = forms.BooleanField(label=_("For workflow steps"), required=False)
    session_kind = line(_("Kind of session"), 60, _("What a notebook server of it starts, such as JupyterLab."))
    packages_file = forms.FileField(
        label=_("Packages"),
        required=False,
        help_text=_(
            "A conda-lock file, conda list --explicit, environment.yml, pip freeze, requirements with hashes, uv.lock, or an SPDX or CycloneDX "
            "file in JSON. Without a file, the packages stay as they are."
        ),
    )
    remove_packages = forms.BooleanField(label=_("Remove the packages"), required=False)
    imports = forms.CharField(
        label=_("Modules to import"),
        max_length=2000,
        required=False,
        help_text=_("Python modules that it promises, such as numpy, astropy.io. A test starts the image and imports each."),
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    languages = line(_("Languages"), 200, _("Separated by commas. Read from the packages if left empty."))
    python = line(_("Python version"), 20, _("Read from the packages if left empty."))
    has_gpu = forms.ChoiceField(label=_("GPU"), choices=UNKNOWN_YES_NO, required=False, help_text=_("Whether it uses GPUs."))
    has_cvmfs = forms.ChoiceField(label=_("CVMFS"), choices=UNKNOWN_YES_NO, required=False, help_text=_("Whether it needs CVMFS."))
    contact = line(_("Contact"), 200, _("An e-mail address or a web address for questions."))
    owner = line(_("Owner"), 200, _("Account name of the person who may edit it besides the administrators."))
    status = forms.ChoiceField(label=_("Status"), choices=Environment.Status.choices)
    status_words = line(_("About the status"), 300, _("Why it is old or withdrawn, and what to use instead."))
    note = line(_("What has changed"), 300, _("Shown in the history."))

    def __init__(self, *args: Any, environment: Environment | None = None, may_give_away: bool = False, **options: Any) -> None:
        super().__init__(*args, **options)
        self.environment = environment
        self.lock: Lock | None = None
        if not may_give_away:
            del self.fields["owner"]
        if environment is None:
            del self.fields["note"]
        if environment is None or environment.current is None or environment.current.packages is None:
            del self.fields["remove_packages"]
        say_limits(self)

    @classmethod
    def of(cls, environment: Environment | None, **options: Any) -> "EnvironmentForm":
        """The form filled in with an environment, or an empty one."""
        if environment is None:
            return cls(initial={"seen": 0, "status": Environment.Status.OFFERED}, **options)
        values = EnvironmentValues.of(environment)
        shown: dict[str, Any] = {**values.__dict__, "seen": environment.current.number if environment.current else 0}
        shown |= {name: {None: "", True: "yes", False: "no"}[shown[name]] for name in ("has_gpu", "has_cvmfs")}
        shown |= {"imports": ", ".join(values.imports), "languages": ", ".join(values.languages), "note": ""}
        shown["owner"] = values.owner.preferred_username if values.owner else ""
        return cls(initial=shown, environment=environment, **options)

    def clean_image(self) -> str:
        image = str(self.cleaned_data["image"]).strip()
        if parsed(image) is None and not _CVMFS.fullmatch(image):
            raise forms.ValidationError(gettext("This is not the name of a container image. It looks like ghcr.io/owner/name:1.0."))
        return image

    def clean_imports(self) -> list[str]:
        names = list(dict.fromkeys(filter(None, _SPLIT.split(self.cleaned_data["imports"]))))
        if bad := [name for name in names if not MODULE.fullmatch(name)]:
            raise forms.ValidationError(gettext("“%(name)s” is not the name of a Python module.") % {"name": bad[0][:80]})
        if len(names) > MAX_MODULES:
            raise forms.ValidationError(gettext("At most %(limit)s modules are tested.") % {"limit": MAX_MODULES})
        return names

    def clean_languages(self) -> list[str]:
        names = list(dict.fromkeys(filter(None, (name.strip() for name in self.cleaned_data["languages"].split(",")))))
        if len(names) > 10 or any(len(name) > 40 for name in names):
            raise forms.ValidationError(gettext("Enter at most 10 languages of at most 40 characters."))
        return names

    def clean_owner(self) -> User | None:
        name = self.cleaned_data["owner"].strip()
        found = list(User.objects.filter(preferred_username__iexact=name, is_active=True)[:2]) if name else []
        if name and len(found) != 1:
            raise forms.ValidationError(gettext("No single person here has this account name. They have to sign in once before."))
        return found[0] if found else None

    def clean_packages_file(self) -> str:
        """The text of the file."""
        upload = self.cleaned_data["packages_file"]
        if not upload:
            return ""
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(gettext("The file is larger than %(limit)s MB.") % {"limit": MAX_BYTES // 1_000_000})
        try:
            return str(upload.read().decode().replace("\0", "\ufffd"))
        except UnicodeDecodeError:
            raise forms.ValidationError(gettext("This is not a text file in UTF-8.")) from None

    def clean(self) -> None:
        """Read the new packages; what was read from those before does not stay beside them. Nothing is stored before all is valid."""
        cleaned, text = self.cleaned_data, self.cleaned_data.get("packages_file")
        version = self.environment.current if self.environment else None
        if version and version.packages and (text or cleaned.get("remove_packages")):
            if cleaned.get("python") == lists.python_in(version.packages):
                cleaned["python"] = ""
            if cleaned.get("languages") == lists.languages_in(version.packages):
                cleaned["languages"] = []
        if text:
            try:
                self.lock = read(text, cleaned.get("python", ""))
            except BadLock as error:
                self.add_error("packages_file", str(error))

    @property
    def values(self) -> EnvironmentValues:
        """The cleaned values, for the services; the packages are stored."""
        cleaned, before = self.cleaned_data, self.environment
        packages = lists.store(cleaned["packages_file"], cleaned["python"], self.lock) if self.lock else None
        if packages is None and before and before.current and not cleaned.get("remove_packages"):
            packages = before.current.packages
        owner = cleaned["owner"] if "owner" in self.fields else before.owner if before else None
        texts: dict[str, Any] = {
            name: cleaned[name] for name in ("name", "image", "summary", "status", "status_words", "session_kind", "contact", "python")
        }
        marks: dict[str, Any] = {name: TRISTATE[cleaned[name]] for name in ("has_gpu", "has_cvmfs")}
        return EnvironmentValues(
            **texts, **marks, for_notebooks=cleaned["for_notebooks"], for_workflows=cleaned["for_workflows"],
            languages=cleaned["languages"], imports=cleaned["imports"], packages=packages, owner=owner, note=cleaned.get("note", ""),
            is_list_new=self.lock is not None,
        )  # fmt: skip
