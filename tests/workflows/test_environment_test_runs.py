"""Tests of environments at REANA: what is left there is found and deleted."""

from types import SimpleNamespace
from typing import Any

import pytest

from projects.workflows import environment_test_runs, reana
from projects.workflows.environment_test_runs import ReanaTests
from vre_portal.environment_tests import Order
from vre_portal.http import RemoteRefused
from vre_portal.iam.models import User
from vre_portal.services import Service

ORDER = Order("vre-test-1", "ghcr.io/a/b:1", ("json",), User())


@pytest.mark.parametrize(
    ("memo", "deleted"),
    [({}, ["found-1", "found-2"]), ({"server": "x"}, ["found-1", "found-2"]), ({"server": "x", "workflow": "w"}, ["w"])],
)
def test_what_an_interrupted_test_began_is_found_by_its_name_and_deleted(
    monkeypatch: pytest.MonkeyPatch, memo: dict[str, Any], deleted: list[str]
) -> None:
    gone: list[str] = []

    def stop(server: Service, token: str, workflow: str) -> None:
        raise RemoteRefused("It does not run.")

    def find(server: Service, token: str, name: str) -> list[SimpleNamespace]:
        return [SimpleNamespace(id="found-1"), SimpleNamespace(id="found-2")] if name == ORDER.name else []

    monkeypatch.setattr(environment_test_runs, "access_token", lambda *_, **__: "token")
    monkeypatch.setattr(environment_test_runs, "service", lambda kind, name=None: Service(kind, name or "x", "X", "http://127.0.0.1:9"))
    monkeypatch.setattr(reana, "stop", stop)
    monkeypatch.setattr(reana, "find_by_name", find)
    monkeypatch.setattr(reana, "delete", lambda server, token, workflow: gone.append(workflow))
    ReanaTests().abandon(ORDER, memo)
    assert gone == deleted
