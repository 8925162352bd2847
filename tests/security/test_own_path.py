"""Where the portal stands is not what whoever asks says."""

import pytest
import requests

from devstack.address import PORTAL_URL

pytestmark = pytest.mark.integration("portal")


@pytest.mark.parametrize("header", ["SCRIPT_NAME", "PATH_INFO", "REMOTE_USER", "HTTP_HOST"])
@pytest.mark.parametrize("value", ["/x", "/projects", "//elsewhere.example"])
def test_no_header_names_the_portals_own_path(header: str, value: str) -> None:
    reply = requests.get(f"{PORTAL_URL}/projects/", headers={header: value}, timeout=20)
    assert reply.status_code == 200
    assert 'href="/projects/"' in reply.text
    assert "elsewhere.example" not in reply.text
