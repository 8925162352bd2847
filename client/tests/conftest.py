"""A portal of the test's own, an account without logins, an empty cache, and short pauses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from client.tests.unkind_server import UnkindServer
from vre import Portal

VARIABLES = (
    "VRE_PORTAL_URL", "PORTAL_URL", "VRE_TOKEN", "JUPYTERHUB_API_TOKEN", "VRE_LAKE_MOUNTS", "VRE_CA_BUNDLE", "VRE_DOI_RESOLVER",
    "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "HTTP_PROXY", "http_proxy",
)  # fmt: skip


@pytest.fixture(autouse=True)
def fresh_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the person who runs the tests."""
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("vre.transport.RETRY_SECONDS", 0.01)
    monkeypatch.setenv("VRE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("VRE_CONFIG", str(tmp_path / "config"))


@pytest.fixture
def server() -> Iterator[UnkindServer]:
    """What stands for the portal."""
    with UnkindServer() as found:
        yield found


@pytest.fixture
def elsewhere() -> Iterator[UnkindServer]:
    """A server of another origin."""
    with UnkindServer() as found:
        yield found


@pytest.fixture
def portal(server: UnkindServer) -> Portal:
    """The portal with a personal token."""
    return Portal(server.url, token="personal")
