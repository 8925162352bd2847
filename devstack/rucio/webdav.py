"""Rucio's WebDAV protocol as the daemons use it: with the stack's service token, and with the certificate checked."""

from typing import Any
from urllib.parse import urlsplit

import requests
from rucio.common import exception
from rucio.rse.protocols import webdav

from devstack import address

TIMEOUT = 60


class StorageSession(requests.Session):
    """A session that trusts the stack's authority only; Rucio's protocol asks for no check at all."""

    def __init__(self) -> None:
        super().__init__()
        self.trust_env = False
        self.headers["Authorization"] = f"Bearer {address.secret('storage-service')}"

    def request(self, *args: Any, **options: Any) -> requests.Response:
        return super().request(*args, **{**options, "verify": str(address.state_dir("storage") / "ca.pem")})


class ServiceWebDAV(webdav.Default):  # type: ignore[misc]
    """The protocol of the Erlangen storage, connected as a service instead of with a grid certificate."""

    def connect(self, credentials: dict[str, Any] | None = None) -> None:
        parts = urlsplit(self.path2pfn(""))
        self.server = f"{parts.scheme}://{parts.netloc}"
        self.ca_cert, self.cert, self.auth_type, self.timeout = None, None, "none", TIMEOUT
        self.session = StorageSession()
        try:
            status = self.session.head(self.path2pfn(""), timeout=self.timeout).status_code
        except requests.RequestException as error:
            raise exception.ServiceUnavailable(f"{self.server} does not answer: {error}") from None
        if status != 200:
            raise exception.ServiceUnavailable(f"{self.server} answered {status}")


def install() -> None:
    """Make every https protocol of this process the service's one; people's clients use Rucio's own, with their token."""
    webdav.Default = ServiceWebDAV
