"""Settings as a deployment has them, and the headers that every answer carries."""

import json
import subprocess
import sys
from typing import Any

import pytest
from django.test import Client

from devstack import address, checks

ASKED = (
    "SECURE_CSP", "SESSION_COOKIE_NAME", "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_NAME",
    "CSRF_COOKIE_SECURE", "CSRF_COOKIE_HTTPONLY", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS", "SECURE_PROXY_SSL_HEADER", "DEBUG",
    "ALLOWED_HOSTS", "CELERY_ACCEPT_CONTENT", "SOCIALACCOUNT_LOGIN_ON_GET", "SOCIALACCOUNT_EMAIL_AUTHENTICATION", "SECRET_KEY",
)  # fmt: skip


def read(*changes: tuple[str, str | None]) -> subprocess.CompletedProcess[str]:
    """The settings as a process of its own reads them from a deployment's environment."""
    environment = {**checks.environment(), **{name: value for name, value in changes if value is not None}}
    for name, value in changes:
        if value is None:
            environment.pop(name, None)
    names = ("DJANGO_SETTINGS_MODULE", "DEBUG", "FORM_ORIGINS", "ALLOWED_HOSTS")
    environment = {name: value for name, value in environment.items() if name not in names or (name, value) in changes}
    found = f"{{name: getattr(settings, name) for name in {ASKED!r}}}"
    code = f"import json\nfrom vre_portal import settings\nprint(json.dumps({found}, default=str))"
    return subprocess.run([sys.executable, "-c", code], cwd=address.ROOT, env=environment, capture_output=True, text=True, check=False)


def deployed(*changes: tuple[str, str | None]) -> dict[str, Any]:
    result = read(*changes)
    assert result.returncode == 0, result.stderr
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_deployment_is_closed() -> None:
    found = deployed()
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["portal.example.org"]
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["CSRF_COOKIE_NAME"].startswith("__Host-")
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "CSRF_COOKIE_HTTPONLY", "SECURE_SSL_REDIRECT"):
        assert found[name] is True
    assert found["SESSION_COOKIE_SAMESITE"] == "Lax"
    assert found["SECURE_HSTS_SECONDS"] >= 31536000
    assert found["CELERY_ACCEPT_CONTENT"] == ["json"]
    assert found["SOCIALACCOUNT_LOGIN_ON_GET"] is False
    assert found["SOCIALACCOUNT_EMAIL_AUTHENTICATION"] is False


def test_the_policy_allows_nothing_inline_and_nobody_else() -> None:
    policy = deployed(("FORM_ORIGINS", "https://iam.example.org,https://hub.example.org"), ("EVENTS_URL", ""))["SECURE_CSP"]
    text = json.dumps(policy)
    assert "unsafe" not in text
    assert "*" not in text
    assert policy["default-src"] == policy["frame-ancestors"] == policy["base-uri"] == ["'none'"]
    assert policy["form-action"] == ["'self'", "https://iam.example.org", "https://hub.example.org"]
    assert policy["script-src"] == policy["connect-src"] == ["'self'"]


@pytest.mark.parametrize("url", ["", "off", "/events/"])
def test_events_at_the_portals_own_address_need_no_other_origin(url: str) -> None:
    assert deployed(("EVENTS_URL", url))["SECURE_CSP"]["connect-src"] == ["'self'"]


def test_events_at_a_port_of_their_own_are_the_only_other_origin_that_scripts_reach() -> None:
    policy = deployed(("EVENTS_URL", "https://portal.example.org:8443/events/"))["SECURE_CSP"]
    assert policy["connect-src"] == ["'self'", "https://portal.example.org:8443"]
    assert policy["script-src"] == ["'self'"]


@pytest.mark.parametrize("name", ["SECRET_KEY", "VAULT_KEYS", "PORTAL_URL", "DATABASE_URL", "REDIS_URL"])
def test_what_has_no_safe_default_must_be_set_and_is_named(name: str) -> None:
    result = read((name, None))
    assert result.returncode != 0
    assert name in result.stderr


def test_a_secret_may_come_from_a_file(tmp_path: Any) -> None:
    (tmp_path / "key").write_text("from-a-file")
    assert deployed(("SECRET_KEY", None), ("SECRET_KEY_FILE", str(tmp_path / "key")))["SECRET_KEY"] == "from-a-file"


def test_a_proxys_word_about_tls_is_taken_only_where_there_is_a_proxy() -> None:
    assert deployed(("BEHIND_PROXY", None))["SECURE_PROXY_SSL_HEADER"] is None
    assert deployed(("BEHIND_PROXY", "True"))["SECURE_PROXY_SSL_HEADER"] is not None


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/projects/", "/healthz", "/status.json", "/accounts/login/", "/no/such/page"])
def test_every_answer_carries_the_wall(client: Client, path: str) -> None:
    reply = client.get(path)
    policy = reply["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply["X-Frame-Options"] == "DENY"
    assert reply["Referrer-Policy"] == "same-origin"
    assert reply["Cross-Origin-Opener-Policy"] == "same-origin"
    assert len(reply["X-Request-ID"]) >= 6


@pytest.mark.django_db
def test_a_foreign_host_name_is_refused(client: Client) -> None:
    assert client.get("/", headers={"host": "evil.example.org"}).status_code == 400


@pytest.mark.django_db
@pytest.mark.parametrize(
    "aim", ["https://evil.example.org/", "//evil.example.org", "/\\evil.example.org", "javascript:alert(1)", "http:evil"]
)
def test_choosing_a_theme_leads_nowhere_else(client: Client, aim: str) -> None:
    reply = client.post("/theme/", {"theme": "dark", "next": aim})
    assert (reply.status_code, reply["Location"]) == (302, "/")
    assert reply.cookies["theme"].value == "dark"
