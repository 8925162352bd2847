"""No token reaches a server that takes it otherwise, and none of an IAM ever stands in an address."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.core.checks import run_checks

from projects.workflows import checks, reana
from tests.vre_portal.servers import serving
from vre_portal import health
from vre_portal.http import RemoteRefused, RemoteUnavailable
from vre_portal.services import Service, ServiceKind

JWT = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJl"
JWE = "eyJhbGciOiJkaXIifQ..aXY.dGV4dA.dGFn"
OPAQUE = "opaque-0123456789"
REFUSALS: dict[str, tuple[int, dict[str, str]]] = {
    "bearer": (401, {"WWW-Authenticate": "Bearer"}),
    "bearer with a realm": (401, {"WWW-Authenticate": 'Bearer realm="reana"'}),
    "query": (401, {}),
    "behind a password": (401, {"WWW-Authenticate": "Basic realm=x"}),
    "no REANA": (200, {}),
    "moved": (302, {"Location": "https://elsewhere.example.org/"}),
    "gone": (404, {}),
}


class Asked(list[tuple[str, str]]):
    """The path and the Authorization header of each call that arrived."""

    @property
    def tokens(self) -> str:
        return json.dumps(self)


@contextmanager
def reana_at(speaks: str, **options: str) -> Iterator[tuple[Service, Asked]]:
    """A server that refuses calls without a token in one way, and takes any token."""
    asked = Asked()
    status, headers = REFUSALS[speaks]

    def answer(it: Any) -> None:
        token = it.headers.get("Authorization") or ""
        asked.append((it.path, token))
        if token or "access_token=" in it.path:
            it.whole(json.dumps({"email": "a@example.org"}).encode())
        else:
            it.send_response(status)
            for name, value in headers.items():
                it.send_header(name, value)
            it.send_header("Content-Length", "0")
            it.end_headers()

    with serving(answer) as (found, _seen):
        yield Service(ServiceKind.REANA, found.name, "Test REANA", found.url, "reana", options), asked


@pytest.mark.parametrize("token", [JWT, JWE, OPAQUE])
@pytest.mark.parametrize("dialect", [None, "bearer", "query", "Query", "header"])
@pytest.mark.parametrize("speaks", REFUSALS)
def test_a_token_is_sent_only_where_both_say_the_same_and_a_jwt_never_in_an_address(speaks: str, dialect: str | None, token: str) -> None:
    with reana_at(speaks, **({"dialect": dialect} if dialect else {})) as (server, asked):
        agree = dialect is not None and speaks.split()[0] == dialect
        if agree and not (dialect == "query" and token != OPAQUE):
            assert reana.you(server, token).email == "a@example.org"
        else:
            with pytest.raises((RemoteRefused, RemoteUnavailable)):
                reana.you(server, token)
            assert token not in asked.tokens
        assert not any(jwt in path for path, _ in asked for jwt in (JWT, JWE))


def test_a_jwt_for_an_address_is_refused_with_the_page_where_a_token_is_stored() -> None:
    with reana_at("query", dialect="query") as (server, _), pytest.raises(RemoteRefused, match=r"Store your token at http.*/me/services/$"):
        reana.you(server, JWT)


@pytest.mark.parametrize(("speaks", "dialect"), [("bearer", "query"), ("query", "bearer")])
def test_a_disagreement_is_told_to_people_and_at_the_status_page_and_not_remembered(speaks: str, dialect: str) -> None:
    with reana_at(speaks, dialect=dialect) as (server, _):
        with pytest.raises(RemoteRefused, match=r"not configured correctly.*nothing was sent") as told:
            reana.you(server, OPAQUE)
        assert f'Set dialect = "{speaks}"' in str(told.value)
        state, detail = health.probe(server)
        assert state == "degraded"
        assert f'Set dialect = "{speaks}"' in detail
    with reana_at(dialect, dialect=dialect) as (mended, _):
        assert health.probe(mended) == ("up", "")
        assert reana.you(Service(**{**vars(server), "url": mended.url, "name": mended.name}), OPAQUE).email


def test_the_status_page_names_the_dialect_where_none_is_said() -> None:
    with reana_at("bearer") as (server, _):
        state, detail = health.probe(server)
    assert state == "degraded"
    assert 'Set dialect = "bearer"' in detail
    with reana_at("no REANA", dialect="bearer") as (other, _):
        assert health.probe(other)[0] == "down"


def test_an_agreement_is_remembered_for_all_processes_and_a_failure_is_not() -> None:
    with reana_at("query", dialect="query") as (server, asked):
        for _ in range(3):
            reana.you(server, OPAQUE)
        assert [path.split("?")[0] for path, _ in asked].count("/api/you") == 4
        cache.delete(f"reana-dialect:query:{server.url}")
        reana.you(server, OPAQUE)
        assert len(asked) == 6


@pytest.mark.parametrize("options", [{}, {"dialect": ""}, {"dialect": "both"}, {"dialect": 1}])
def test_the_check_before_a_start_wants_the_dialect(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    listed = [
        Service(ServiceKind.REANA, "good", "Good", "http://127.0.0.1:1", "", {"dialect": "query"}),
        Service(ServiceKind.REANA, "bad", "Bad", "http://127.0.0.1:1", "", options),
    ]
    monkeypatch.setattr(checks, "services", lambda _: listed)
    assert [(error.id, "The REANA bad" in error.msg) for error in run_checks() if error.id == "workflows.E001"] == [
        ("workflows.E001", True)
    ]
