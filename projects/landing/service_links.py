"""The services of services.toml with the pages that people can open: their own, their documentation, their monitoring."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from vre_portal.health import ServiceStatus, statuses
from vre_portal.services import Service, ServiceKind

KINDS: dict[ServiceKind, str | Promise] = {
    ServiceKind.IAM: _("Accounts and groups"),
    ServiceKind.RUCIO: _("Data Lake"),
    ServiceKind.REANA: _("Workflows"),
    ServiceKind.JUPYTERHUB: _("Notebooks"),
    ServiceKind.ZENODO: _("Software records"),
    ServiceKind.TAP: _("Archive"),
    ServiceKind.GIT: _("Git repositories"),
}
# Services of these kinds have pages for people at their own address; those of others only where the option `page` names one.
WITH_PAGES = (ServiceKind.IAM, ServiceKind.JUPYTERHUB, ServiceKind.ZENODO)


@dataclass(frozen=True)
class ServiceLinks:
    """A service with its state and the addresses of its pages; empty where there is none."""

    status: ServiceStatus
    kind: str | Promise
    page: str
    documentation: str
    monitoring: str


def service_links() -> list[ServiceLinks]:
    """All services that people use, in the order of the file."""
    return [_links(status) for status in statuses() if status.service.is_for_people]


def _links(status: ServiceStatus) -> ServiceLinks:
    service = status.service
    page = _option(service, "page") or (service.url if service.kind in WITH_PAGES else "")
    return ServiceLinks(status, KINDS[service.kind], page, _option(service, "documentation"), _option(service, "monitoring"))


def _option(service: Service, name: str) -> str:
    """An address of the service's options; empty where it is none that a browser can open."""
    address = str(service.options.get(name) or "")
    return address if urlsplit(address).scheme in ("http", "https") else ""
