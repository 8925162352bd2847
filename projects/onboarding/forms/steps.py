"""What each step of the wizard asks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from projects.editing.fields import InstitutesField
from projects.onboarding.forms.fields import StepFields, amount, data_size, day, line, lines, text
from vre_portal.services import ServiceKind, services
from vre_portal.validators import validate_title, validate_visible_line

PROTOCOLS = [
    ("", _("any")),
    ("davs", _("WebDAV (davs)")),
    ("root", _("XRootD (root)")),
    ("https", _("HTTPS")),
    ("s3", _("S3")),
    ("gsiftp", _("GridFTP (gsiftp)")),
    ("srm", _("SRM")),
]
YES_NO = [("", _("not known yet")), ("no", _("no")), ("yes", _("yes"))]
OUTPUTS = [
    ("software", _("software")),
    ("data", pgettext_lazy("kind of publication", "data")),
    ("paper", _("a paper")),
    ("project", _("the project's page")),
]


class PeopleForm(StepFields):
    """The project, and whom to talk to."""

    title = forms.CharField(
        label=_("Working title of the project"), max_length=200, validators=[validate_title], help_text=_("You can change it later.")
    )
    summary = forms.CharField(
        label=_("The question in one or two sentences"),
        max_length=300,
        required=False,
        validators=[validate_visible_line],
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    contact = line(_("Contact point"), _("A mailing list or an e-mail address that answers questions about the project."))
    experiments = lines(_("Experiments"), _("Such as LOFAR, CTA, KM3NeT: separated by commas, or one per line."))
    institutes = InstitutesField(
        "name",
        "ror",
        commas=True,
        label=_("Institutes"),
        help_text=_(
            "One per line: names, acronyms such as CERN, or identifiers of ror.org. If ror.org has all of them, you can separate them by commas. "
            "You can add the identifier to a name: Name | identifier."
        ),
    )

    def clean_summary(self) -> str:
        return " ".join(str(self.cleaned_data["summary"]).split())


class PersonForm(StepFields):
    """Somebody who takes part. This is text only: nobody is invited or told."""

    name = line(pgettext_lazy("of a person", "Name"))
    email = forms.EmailField(label=_("E-mail"), max_length=200, required=False)
    institute = line(_("Institute"))
    part = line(_("Part in the project"), _("Such as analysis, data, supervision."))


class DataForm(StepFields):
    """What is said once about all data."""

    about = text(_("Anything else about your data"), rows=2)


class DatasetForm(StepFields):
    """One set of data that the project needs or makes."""

    name = line(_("What it is"))
    place = line(_("Where it is now"))
    size = data_size(_("Size"))
    growth = data_size(_("Growth per year"))
    protocol = forms.ChoiceField(label=_("Protocol"), choices=PROTOCOLS, required=False)
    embargo = day(_("Embargo until"))


def backends() -> list[tuple[str, Any]]:
    """The batch systems that the configured REANA servers name."""
    named = [str(name) for item in services(ServiceKind.REANA) for name in _texts(item.options.get("compute_backends"))]
    return [("", _("any")), *((name, name) for name in dict.fromkeys(named)), ("other", pgettext_lazy("batch system", "another one"))]


def _texts(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


class ComputeForm(StepFields):
    """What the analysis needs to compute."""

    cpu_hours = amount(_("CPU hours in total"), _("An estimate is enough, such as 5000."))
    memory = data_size(_("Memory of one job"), _("Such as 16 GB."))
    gpu = forms.ChoiceField(label=_("Do you need GPUs?"), choices=YES_NO, required=False)
    gpu_for = text(_("What the GPUs are for"), _("Such as training a network, and how long it takes on which card."), rows=2)
    backend = forms.ChoiceField(label=_("Batch system"), choices=backends, required=False)


class SoftwareForm(StepFields):
    """Programs, environments and methods."""

    software = lines(_("Software"), _("Names such as Gammapy, ctapipe: separated by commas, or one per line."))
    methods = lines(_("What the analysis does"), _("Words to find projects and workflows that did something similar, such as imaging."))
    environments = lines(_("Environments"), _("Names of container images, or what has to be in one."))
    notebooks = forms.ChoiceField(label=_("Do you need notebooks?"), choices=YES_NO, required=False)
    notebook_memory = data_size(_("Memory of a notebook"), _("Such as 16 GB."))


class FurtherForm(StepFields):
    """Archives, training, publication and the deadline."""

    archives = lines(_("Archives"), _("Names of archives or of services of the Virtual Observatory: separated by commas, or one per line."))
    training = lines(_("Training"), _("Topics that your team wants to learn, such as workflows, Data Lake."))
    publication = forms.MultipleChoiceField(
        label=_("What do you want to publish?"), choices=OUTPUTS, required=False, widget=forms.CheckboxSelectMultiple
    )
    deadline = day(_("Deadline"))
    deadline_for = line(_("What the deadline is for"))
