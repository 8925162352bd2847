"""A token that a service gave out itself is stored sealed, used at that service alone, shown to nobody and deleted on request."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.test import Client

from projects.workflows import reana
from tests.devstack.reana_server import PYTHON, running
from tests.factories import make_person
from tests.iam.conftest import FILE, forget
from vre_portal.audit.models import AuditEntry, Use
from vre_portal.http import RemoteRefused
from vre_portal.iam import vault
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export
from vre_portal.iam.sessions.session_tracking import PROVEN_AT
from vre_portal.iam.stored.models import StoredToken
from vre_portal.services import Service, ServiceKind, service

pytestmark = pytest.mark.django_db
SECRET = "canary-9b1f"
OLD = """
[[service]]
kind = "reana"
name = "old"
title = "Old REANA"
url = "{url}"
options = {{ dialect = "query" }}
"""
needs_server = pytest.mark.skipif(not PYTHON.exists(), reason="the environment 'reana' is not installed")


@pytest.fixture
def configure(tmp_path: Path, settings: Any) -> Iterator[Callable[[str], Service]]:
    """A portal with one REANA that takes the sign-in, and one that wants its own token."""

    def write(url: str) -> Service:
        (tmp_path / "services.toml").write_text(FILE.format(issuer="http://127.0.0.1:1/") + OLD.format(url=url))
        settings.SERVICES_FILE = str(tmp_path / "services.toml")
        forget()
        return service(ServiceKind.REANA, "old")

    yield write
    forget()


@pytest.fixture
def old(configure: Callable[[str], Service]) -> Service:
    return configure("http://127.0.0.1:1")


@pytest.fixture
def ada(old: Service) -> User:
    return make_person("member")


@pytest.fixture
def hers(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def store(hers: Client, **changes: str) -> Any:
    return hers.post("/me/services/", {"service": "reana/old", "token": SECRET, **changes})


def test_a_stored_token_is_given_for_its_service_alone_and_noted(hers: Client, ada: User, old: Service) -> None:
    assert store(hers).status_code == 302
    assert vault.access_token(ada, old, purpose="launch") == SECRET
    assert list(Use.objects.values_list("service", "purpose", "outcome")) == [("reana/old", "launch", "given")]
    with pytest.raises(RemoteRefused):
        vault.access_token(ada, service(ServiceKind.REANA, "runs"), purpose="launch")
    with pytest.raises(RemoteRefused, match="token of its own"):
        vault.access_token(make_person("lead"), old, purpose="launch")


def test_nobody_sees_it_again(hers: Client, ada: User, old: Service, caplog: pytest.LogCaptureFixture) -> None:
    store(hers)
    pages = [hers.get(at).content.decode() for at in ("/me/", "/me/services/", "/me/export/", "/me/activity/")]
    pages.append(store(hers, token=f"{SECRET} and more").content.decode())  # a form with a mistake
    pages.append(store(hers, service="reana/none").content.decode())
    row = StoredToken.objects.get()
    held = [row.sealed, str(list(AuditEntry.objects.values())), str(data_export.export_person(ada)), caplog.text]
    assert not [text for text in (*pages, *held) if SECRET in text]
    assert row.sealed not in "".join(pages)


def test_a_row_copied_to_another_person_opens_nothing(hers: Client, old: Service) -> None:
    store(hers)
    eve = make_person("outsider")
    StoredToken.objects.create(user=eve, service="reana/old", sealed=StoredToken.objects.get().sealed)
    with pytest.raises(RemoteRefused, match="token of its own"):
        vault.access_token(eve, old, purpose="launch")


@pytest.mark.parametrize("bad", ["two words", "line\nbreak", "é", "", "x" * 5000, "\x00", "eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln"])
def test_what_is_no_token_is_refused(hers: Client, bad: str) -> None:
    assert store(hers, token=bad).status_code == 400
    assert not StoredToken.objects.exists()


@pytest.mark.parametrize("other", ["reana/runs", "rucio/lake", "iam/iam", "", "reana/none"])
def test_services_that_take_the_sign_in_take_no_stored_token(hers: Client, other: str) -> None:
    assert store(hers, service=other).status_code == 400
    assert not StoredToken.objects.exists()


def test_storing_anew_replaces_and_deleting_deletes_ones_own_only(hers: Client, ada: User, old: Service) -> None:
    store(hers)
    store(hers, token="second")
    assert vault.access_token(ada, old, purpose="launch") == "second"
    eve = Client()
    eve.force_login(make_person("outsider"))
    eve.post("/me/services/delete/", {"service": "reana/old"})
    assert StoredToken.objects.count() == 1
    hers.post("/me/services/delete/", {"service": "reana/old"})
    hers.post("/me/services/delete/", {"service": "\x00" * 300})
    assert StoredToken.objects.count() == 0
    noted = AuditEntry.objects.filter(action__startswith="stored-token.").order_by("number").values_list("action", flat=True)
    assert list(noted) == ["stored-token.store", "stored-token.store", "stored-token.delete"]


def test_it_goes_with_the_person(hers: Client, ada: User) -> None:
    store(hers)
    session = hers.session
    session[PROVEN_AT] = time.time()
    session.save()
    assert hers.post("/me/erase/", {"confirmation": "delete my account"}).status_code == 302
    assert not StoredToken.objects.exists()


def test_it_is_encrypted_anew_with_a_new_key(hers: Client, ada: User, old: Service, settings: Any) -> None:
    store(hers)
    new = Fernet.generate_key().decode()
    settings.VAULT_KEYS = [new, *settings.VAULT_KEYS]
    call_command("rotate_vault")
    settings.VAULT_KEYS = [new]
    assert vault.access_token(ada, old, purpose="launch") == SECRET


@pytest.mark.integration
@needs_server
def test_a_real_server_of_the_old_dialect_takes_it(configure: Callable[[str], Service], tmp_path_factory: Any) -> None:
    with running(tmp_path_factory.mktemp("query")) as server:
        old, lead = configure(server.query_url), make_person("lead")
        client = Client()
        client.force_login(lead)
        store(client, token=server.token())
        assert reana.you(old, vault.access_token(lead, old, purpose="who am I")).email == "lead@vre.example"
        store(client, token="not-a-token-of-that-server")
        with pytest.raises(RemoteRefused, match="/me/services/"):
            reana.you(old, vault.access_token(lead, old, purpose="who am I"))
