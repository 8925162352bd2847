"""What must be right about the IAMs in services.toml before anybody signs in."""

from typing import Any

from django.conf import settings
from django.core.checks import Error, register

from vre_portal.iam.groups import Profile, profile_of
from vre_portal.services import Service, ServiceKind, services


@register()
def iams_are_sound(**_: Any) -> list[Error]:
    """Every IAM has a client and a known profile, and no two are the same issuer."""
    found = services(ServiceKind.IAM)
    errors = [error for iam in found for error in wrong_with(iam)]
    issuers = [iam.url for iam in found]
    errors += [
        Error(f"services.toml names the issuer {url} more than once.", id="iam.E003")
        for url in {url for url in issuers if issuers.count(url) > 1}
    ]
    return errors


@register()
def audiences_are_sound(**_: Any) -> list[Error]:
    """No audience that opens the API is empty, or the id of a client, which every identity token has as its audience."""
    clients = {str(iam.options.get("client_id") or "") for iam in services(ServiceKind.IAM)}
    hint = "Name a resource, such as the portal's address."  # untranslated: for operators
    return [
        Error(f"{setting} has the audience {audience!r}, which is empty or the id of a client.", hint=hint, id="iam.E004")
        for setting, audiences in (("API_AUDIENCE", [settings.API_AUDIENCE]), ("ESAP_AUDIENCES", settings.ESAP_AUDIENCES))
        for audience in audiences
        if not audience.strip() or audience in clients
    ]


def wrong_with(iam: Service) -> list[Error]:
    """What one entry lacks."""
    errors = [
        Error(f"The IAM {iam.name} has no option {name}.", id="iam.E001")  # untranslated: for operators
        for name in ("client_id", "client_secret")
        if not iam.options.get(name)
    ]
    try:
        profile_of(iam)
    except ValueError:
        known = ", ".join(Profile)
        hint = f"One of: {known}."  # untranslated: for operators
        errors.append(Error(f"The IAM {iam.name} has an unknown profile.", hint=hint, id="iam.E002"))  # untranslated: for operators
    return errors
