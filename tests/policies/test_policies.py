"""Policies are read by everybody, and accepted once per version before anything is done in somebody's name."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.factories import make_public
from vre_portal.audit.models import AuditEntry
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.policies import texts
from vre_portal.policies.models import Acceptance

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
ALL = dict.fromkeys(texts.NAMES, "1")


@pytest.fixture(autouse=True)
def folder(settings: Any, tmp_path: Path) -> Path:
    """Texts of a test's own, that must be accepted."""
    for name in texts.NAMES:
        (tmp_path / f"{name}.md").write_text(f"Version: 1\n# The {name}\n\n<script>alert(1)</script> [a](javascript:alert(1))\n")
    settings.POLICIES_DIR, settings.POLICIES_REQUIRED = str(tmp_path), True
    return tmp_path


@pytest.mark.parametrize("visitor", ["anonymous", "member"])
@pytest.mark.parametrize("name", list(texts.NAMES))
def test_everybody_reads_them_and_finds_them_in_the_foot(signed_in: SignIn, visitor: str, name: str) -> None:
    page = signed_in(visitor).get(f"/{name}/").content.decode()
    assert f"The {name}" in page
    assert "Version: 1" in page
    assert "<script>alert" not in page
    assert 'href="javascript' not in page
    assert f'href="/{name}/"' in signed_in(visitor).get("/").content.decode()


@pytest.mark.parametrize("path", ["/dashboard/", "/datalake/escape/rules/", "/projects/choose/"])
def test_what_acts_in_the_persons_name_waits_for_their_yes(signed_in: SignIn, path: str) -> None:
    reply = signed_in("member").get(path)
    assert reply.status_code == 302
    assert reply["Location"].startswith("/policies/?next=%2F")


def test_what_everybody_may_read_of_a_lake_is_read_without_their_name(signed_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vault, "access_token", lambda *_args, **_options: pytest.fail("asked in the person's name"))
    page = signed_in("member").get("/datalake/escape/")
    assert page.status_code == 200
    assert "You have not accepted the policies yet." in page.content.decode()
    closed = signed_in("member").get("/datalake/escape/did/user.member/x")
    assert (closed.status_code, closed["Location"]) == (302, "/policies/?next=%2Fdatalake%2Fescape%2Fdid%2Fuser.member%2Fx")


def test_a_form_is_not_sent_before(signed_in: SignIn) -> None:
    browser = signed_in("lead")
    reply = browser.post("/projects/resources/", {"kind": "did"})
    assert reply.status_code == 302
    assert re.fullmatch(r"/policies/\?next=%2Fprojects%2Fresources%2F%3Fkept%3D[0-9a-f-]{36}", reply["Location"])
    assert browser.post("/projects/resources/?format=json", {"kind": "did"}).status_code == 403
    assert browser.post("/projects/resources/", headers={"HX-Request": "true"})["HX-Redirect"].startswith("/policies/")


@pytest.mark.parametrize("path", ["/", "/projects/", "/me/", "/me/sessions/", "/status/", "/terms/", "/policies/", "/accounts/login/"])
def test_reading_and_ones_own_account_stay_open(signed_in: SignIn, path: str) -> None:
    assert signed_in("member").get(path).status_code == 200


def test_a_public_project_is_read_and_leaving_is_possible(signed_in: SignIn) -> None:
    browser = signed_in("member")
    assert browser.get(f"/projects/{make_public().slug}/").status_code == 200
    assert not browser.post("/accounts/logout/")["Location"].startswith("/policies")


def test_acceptance_is_asked_once_and_leads_back(signed_in: SignIn, people: dict[str, User], django_assert_max_num_queries: Any) -> None:
    browser = signed_in("member")
    reply = browser.post("/policies/", {**ALL, "next": "/dashboard/"})
    assert reply["Location"] == "/dashboard/"
    assert {(item.policy, item.version) for item in people["member"].acceptances.all()} == set(ALL.items())
    assert AuditEntry.objects.filter(action="policy.accept").count() == 3
    assert browser.get("/dashboard/").status_code == 200
    again = signed_in("member")
    assert again.get("/dashboard/").status_code == 200
    assert again.get("/policies/")["Location"] == "/dashboard/"


def test_a_part_is_not_enough_and_another_version_is_none(signed_in: SignIn, people: dict[str, User]) -> None:
    browser = signed_in("member")
    reply = browser.post("/policies/", {"terms": "1", "privacy": "0"})
    assert reply.status_code == 400
    assert "You did not accept all texts." in reply.content.decode()
    assert [item.policy for item in people["member"].acceptances.all()] == ["terms"]
    assert browser.get("/dashboard/").status_code == 302


def test_a_new_version_asks_anew_in_sessions_that_go_on(signed_in: SignIn, folder: Path) -> None:
    browser = signed_in("member")
    browser.post("/policies/", ALL)
    assert browser.get("/dashboard/").status_code == 200
    (folder / "privacy.md").write_text("Version: 2\nNew.\n")
    assert browser.get("/dashboard/").status_code == 302
    page = browser.get("/policies/").content.decode()
    assert 'name="privacy"' in page
    assert 'name="terms"' not in page
    browser.post("/policies/", {"privacy": "2"})
    assert browser.get("/dashboard/").status_code == 200
    assert Acceptance.objects.count() == 4


def test_a_text_without_a_version_has_one_all_the_same(folder: Path) -> None:
    (folder / "terms.md").write_text("No number.\n")
    first = texts.policy("terms")
    (folder / "terms.md").write_text("Another text.\n")
    assert first.text == "No number.\n"
    assert len(first.version) == 12
    assert texts.policy("terms").version != first.version


@pytest.mark.parametrize("aim", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_way_back_stays_here(signed_in: SignIn, aim: str) -> None:
    assert signed_in("member").post("/policies/", {**ALL, "next": aim})["Location"] == "/dashboard/"


def test_nobody_accepts_for_a_stranger(client: Client) -> None:
    assert client.post("/policies/", ALL)["Location"].startswith("/accounts/login/")
    assert Acceptance.objects.count() == 0


def test_where_it_is_not_required_nobody_is_asked(signed_in: SignIn, settings: Any) -> None:
    settings.POLICIES_REQUIRED = False
    assert signed_in("member").get("/dashboard/").status_code == 200


def test_the_default_texts_say_whose_they_are(settings: Any) -> None:
    settings.POLICIES_DIR = str(Path(texts.__file__).parent / "default")
    for item in texts.policies():
        assert item.version == "demonstration 1"
        assert "part of the demonstration" in item.text


def test_security_txt_names_a_contact_and_an_end(client: Client, settings: Any) -> None:
    settings.SECURITY_CONTACT = "mailto:security@example.org"
    reply = client.get("/.well-known/security.txt")
    fields = dict(line.split(": ", 1) for line in reply.content.decode().splitlines())
    assert reply["Content-Type"] == "text/plain; charset=utf-8"
    assert fields["Contact"] == "mailto:security@example.org"
    assert fields["Canonical"] == f"{settings.PORTAL_URL}/.well-known/security.txt"
    ends = datetime.strptime(fields["Expires"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    assert 0 < (ends - datetime.now(UTC)).days < 366
    settings.SECURITY_CONTACT = ""
    assert client.get("/.well-known/security.txt").status_code == 404
