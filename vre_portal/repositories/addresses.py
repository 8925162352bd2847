"""The addresses of repositories as people copy them, in the one form in which they are fetched."""

import re
from urllib.parse import urlsplit

from vre_portal.address_guard import check_address
from vre_portal.services import ServiceKind, services

_SCP = re.compile(r"(?:ssh://)?git@([A-Za-z0-9.-]+)[:/](.+)")
# A page of a branch, a tag or a file, as GitHub and GitLab address it.
_PAGE = re.compile(r"(/.+?)(?:/-)?/(?:tree|blob|src|commit)/([^/]+)(?:/.*)?")


def named_hosts() -> list[str]:
    """Hosts, with their ports, that services.toml names as hosts of repositories."""
    return [urlsplit(item.url).netloc for item in services(ServiceKind.GIT)]


def normalised(text: str, ref: str = "") -> tuple[str, str]:
    """The address and the branch, tag or commit that a text names; raises AddressRefused.

    git@host:owner/name becomes an https address; a page of a branch or of a file names that branch, unless `ref` says another.
    """
    address = text.strip()
    if found := _SCP.fullmatch(address):
        address = f"https://{found[1]}/{found[2]}"
    address = check_address(address.split("#")[0].split("?")[0].rstrip("/"), named_hosts())
    parts = urlsplit(address)
    if page := _PAGE.fullmatch(parts.path):
        address, ref = parts._replace(path=page[1]).geturl(), ref or page[2]
    return address, ref
