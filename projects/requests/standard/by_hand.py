"""Kinds that somebody carries out by hand: an environment, access to a service, the publication of software."""

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Project
from projects.requests.approvers import Curators
from projects.requests.kinds import RequestKind, Scope, Values
from projects.requests.models import Request
from projects.requests.values import RequestValuesForm
from vre_portal.pasted_text import TextField
from vre_portal.services import ServiceKind, services
from vre_portal.validators import validate_visible_line

SOFTWARE, ACCESS = gettext_lazy("Software"), gettext_lazy("Access")


WITH_ACCOUNTS = (ServiceKind.RUCIO, ServiceKind.REANA, ServiceKind.JUPYTERHUB)  # kinds of services at which people have accounts


def service_choices() -> list[tuple[str, str]]:
    """The services of services.toml at which people have accounts."""
    return [(f"{item.kind}:{item.name}", item.title) for kind in WITH_ACCOUNTS for item in services(kind)]


def service_title_of(values: Values) -> str:
    """The title of the stored service, also of one that cannot be chosen any more."""
    key = str(values.get("service", ""))
    return next((item.title for item in services() if f"{item.kind}:{item.name}" == key), key)


class EnvironmentForm(RequestValuesForm):
    """Which software an environment has to have."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100, validators=[validate_visible_line])
    packages = TextField(
        label=gettext_lazy("Packages and versions"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("One per line, such as gammapy 1.3."),
    )
    image = forms.CharField(
        label=gettext_lazy("Container image"),
        max_length=300,
        required=False,
        validators=[validate_visible_line],
        help_text=gettext_lazy("If there is one already: its name with its tag or digest."),
    )
    used_for = forms.MultipleChoiceField(
        label=gettext_lazy("Used for"),
        choices=[("notebooks", gettext_lazy("notebooks")), ("workflows", gettext_lazy("steps of workflows"))],
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )


class ServiceForm(RequestValuesForm):
    """Which service."""

    service = forms.ChoiceField(label=gettext_lazy("Service"), choices=service_choices)


class SoftwareForm(RequestValuesForm):
    """Which software is to be listed."""

    name = forms.CharField(label=gettext_lazy("Name of the software"), max_length=200, validators=[validate_visible_line])
    repository = forms.URLField(label=gettext_lazy("Repository"), max_length=500, assume_scheme="https")
    record = forms.CharField(
        label=gettext_lazy("DOI or address of the record"),
        max_length=300,
        required=False,
        validators=[validate_visible_line],
        help_text=gettext_lazy("If the software is archived already, for example at Zenodo."),
    )
    license = forms.CharField(label=gettext_lazy("Licence"), max_length=100, required=False, validators=[validate_visible_line])


def who(request: Request) -> str:
    """The lines that say for whom, to be copied."""
    text = _("- name: %(name)s\n- account name: `%(account)s`\n- subject: `%(subject)s`\n- e-mail: `%(email)s`")
    person = request.by
    return text % {"name": person, "account": person.preferred_username, "subject": person.subject, "email": person.email or "—"}


def environment_instructions(_request: Request) -> str:
    """Steps for those who look after environments."""
    return _(
        "1. Build the image with these packages, or check the image that is named.\n"
        "2. Push it to a registry that the hub and REANA can read, and note its digest.\n"
        "3. Add it to the environments of the portal, start it once, then mark this request as done."
    )


def service_instructions(request: Request) -> str:
    """Steps for those who manage the service."""
    service = service_title_of(request.values)
    return _("Give this person access to %(service)s, then mark this request as done:\n\n%(who)s") % {
        "service": service,
        "who": who(request),
    }


def software_instructions(_request: Request) -> str:
    """Steps for the curators of the catalogue."""
    return _(
        "1. Check licence, documentation, tests and citation of the repository.\n"
        "2. Ask for what is missing in the thread.\n"
        "3. Accept the record into the community of the repository of records; the catalogue lists it within an hour.\n"
        "4. Mark this request as done."
    )


def environment_title(values: Values, _project: Project | None) -> str:
    """With the name of the environment."""
    return _("Environment %(name)s") % {"name": values.get("name", "")}


def service_title(values: Values, _project: Project | None) -> str:
    """With the title of the service."""
    return _("Access to %(service)s") % {"service": service_title_of(values)}


def service_subject(values: Values, _project: Project | None) -> str:
    """One request for a service at a time."""
    return f"service:{values.get('service', '')}"


def software_title(values: Values, _project: Project | None) -> str:
    """With the name of the software."""
    return _("Publish software %(name)s") % {"name": values.get("name", "")}


ENVIRONMENT = RequestKind(
    key="environment",
    title=gettext_lazy("Environment"),
    description=gettext_lazy("A container image with the software that your notebooks or workflows need."),
    icon="container",
    section=SOFTWARE,
    scope=Scope.OPTIONAL,
    form=EnvironmentForm,
    approvers=Curators("environment"),
    title_of=environment_title,
    instructions=environment_instructions,
)
SERVICE_ACCESS = RequestKind(
    key="service-access",
    title=gettext_lazy("Access to a service"),
    description=gettext_lazy("An account or a permission at a service that the portal uses, such as REANA or the Data Lake."),
    icon="key-round",
    section=ACCESS,
    scope=Scope.OPTIONAL,
    form=ServiceForm,
    approvers=Curators("service-access"),
    title_of=service_title,
    subject_of=service_subject,
    instructions=service_instructions,
)
SOFTWARE_PUBLICATION = RequestKind(
    key="software-publication",
    title=gettext_lazy("Publish software"),
    description=gettext_lazy("A review of your software, and its entry in the catalogue."),
    icon="package",
    section=SOFTWARE,
    scope=Scope.OPTIONAL,
    form=SoftwareForm,
    approvers=Curators("software-publication"),
    title_of=software_title,
    instructions=software_instructions,
)
