"""What each answer tells browsers and caches: nothing of a person's is stored, nothing a visitor sends is repeated, files stay files."""

import importlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from tests.factories import make_public
from vre_portal import settings as portal_settings

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
PAGES = ("/", "/projects/", "/status/", "/accounts/login/", "/healthz", "/status.json", "/nothing/", "/search/?q=x", "/catalog/software/")
PRIVATE = ("/me/", "/dashboard/", "/projects/choose/", "/me/?format=json")
EVIL = "evil.example"


@pytest.fixture
def secure(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The settings as an address with https makes them."""
    monkeypatch.setenv("PORTAL_URL", "https://vre.example")
    monkeypatch.delenv("ALLOWED_HOSTS", raising=False)
    yield importlib.reload(portal_settings)
    monkeypatch.undo()
    importlib.reload(portal_settings)


@pytest.mark.parametrize("visitor", ["anonymous", "member"])
@pytest.mark.parametrize("path", PAGES)
def test_every_answer_is_closed(signed_in: SignIn, visitor: str, path: str) -> None:
    reply = signed_in(visitor).get(path)
    assert reply["Cross-Origin-Opener-Policy"] == "same-origin"
    assert reply["Cross-Origin-Resource-Policy"] == "same-origin"
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply["Referrer-Policy"] == "same-origin"
    assert reply["X-Frame-Options"] == "DENY"
    assert all(f"{name}=()" in reply["Permissions-Policy"] for name in ("camera", "microphone", "geolocation", "usb"))
    policy = reply["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", [*PAGES, *PRIVATE])
def test_no_cache_keeps_what_a_person_was_shown(signed_in: SignIn, path: str) -> None:
    told = signed_in("member").get(path)["Cache-Control"]
    assert "private" in told
    assert "no-store" in told
    assert "public" not in told


def test_no_cache_keeps_what_a_person_was_shown_though_it_sets_no_cookie(signed_in: SignIn) -> None:
    browser = signed_in("member")
    browser.get("/projects/?format=json")  # the first answer marks the browser
    reply = browser.get("/projects/?format=json")
    assert not reply.cookies
    assert reply["Cache-Control"] == "private, no-store"
    assert Client().get("/projects/?format=json")["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("path", PAGES)
def test_an_answer_with_a_cookie_is_nobody_elses(path: str) -> None:
    reply = Client().get(path)
    assert "Set-Cookie" not in reply or "private" in reply["Cache-Control"]
    assert "private" in reply["Cache-Control"] or reply["Cache-Control"] == "no-cache"


@pytest.mark.parametrize("suffix", ["x.css", "style.css", ";.js", "%2e.css", "x.png", "..%2fx.css", "?a.css", "%0a.css", "%3b.ico"])
@pytest.mark.parametrize("path", PRIVATE[:3])
def test_a_suffix_does_not_make_a_private_page_cacheable(signed_in: SignIn, path: str, suffix: str) -> None:
    reply = signed_in("member").get(path + suffix)
    assert reply.status_code == 404 or suffix.startswith("?")
    assert "private" in reply["Cache-Control"]
    assert "no-store" in reply["Cache-Control"]


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize(
    "header", ["X-Forwarded-Host", "X-Host", "X-Original-URL", "X-Rewrite-URL", "X-Forwarded-Prefix", "X-Forwarded-Server"]
)
def test_no_header_of_a_visitor_is_repeated(path: str, header: str) -> None:
    plain, forged = Client().get(path), Client().get(path, headers={header: f"https://{EVIL}/"})
    assert forged.status_code == plain.status_code
    assert EVIL not in forged.content.decode() + str(forged.headers)


@pytest.mark.parametrize("path", PAGES)
def test_another_host_is_refused(settings: Any, path: str) -> None:
    settings.ALLOWED_HOSTS = ["127.0.0.1"]
    reply = Client(raise_request_exception=False).get(path, headers={"Host": EVIL})
    assert reply.status_code == 400 or path in ("/healthz",)
    assert EVIL not in reply.content.decode()


def test_https_brings_hsts_and_cookies_of_this_host_only(secure: Any) -> None:
    assert secure.SECURE_HSTS_SECONDS >= 31536000
    assert secure.SECURE_SSL_REDIRECT
    assert (secure.SESSION_COOKIE_NAME, secure.CSRF_COOKIE_NAME) == ("__Host-vre_session", "__Host-vre_csrf")
    assert secure.SESSION_COOKIE_SECURE
    assert secure.CSRF_COOKIE_SECURE
    assert secure.SESSION_COOKIE_HTTPONLY
    assert secure.SESSION_COOKIE_SAMESITE == "Lax"
    assert not hasattr(secure, "SESSION_COOKIE_DOMAIN")
    assert not hasattr(secure, "SESSION_COOKIE_PATH")


@pytest.mark.parametrize("name", ["p.svg", "p.html", "p.xhtml", "p.xml", "p.pdf", "p.js", "p.png"])
def test_a_projects_picture_is_never_active(settings: Any, tmp_path: Any, name: str) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    project = make_public()
    project.picture.save(name, ContentFile(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"))
    reply = Client().get(f"/projects/{project.slug}/picture")
    assert "sandbox" in reply["Content-Security-Policy"]
    assert "'self'" not in reply["Content-Security-Policy"]
    assert reply["X-Content-Type-Options"] == "nosniff"
    assert reply["Content-Type"].startswith("image/") or reply["Content-Type"] == "application/octet-stream"
