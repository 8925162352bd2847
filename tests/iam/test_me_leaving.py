"""A person takes along all that is known of them, and is erased so that nothing leads back to them while the record stays whole."""

import json
import time
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from projects.models import Membership, Role
from projects.notebooks.models import Session as Notebook
from projects.workflows.models import Run, Specification
from tests.factories import make_project
from tests.iam.issuer import Issuer
from vre_portal.audit import record, uses
from vre_portal.audit.models import AuditEntry, Use
from vre_portal.audit.services import verify
from vre_portal.iam import vault, worker
from vre_portal.iam.models import Token, User
from vre_portal.iam.personal_data import data_export
from vre_portal.iam.sessions.session_tracking import PROVEN_AT
from vre_portal.services import Service

pytestmark = pytest.mark.django_db
SURE = {"confirmation": " Delete my account "}
PERSONAL = ("Ada Lovelace", "ada@example.org", "ada.account", "secret-society")


@pytest.fixture
def ada(with_tokens: Callable[..., User], rucio: Service) -> User:
    """Somebody who has done a bit of everything."""
    user = with_tokens("ada")
    user.name, user.email, user.preferred_username, user.groups = PERSONAL[0], PERSONAL[1], PERSONAL[2], [PERSONAL[3]]
    user.save()
    vault.access_token(user, rucio, purpose="listing")
    project = make_project(groups={PERSONAL[3]: Role.LEAD})
    Membership.objects.create(project=project, user=user, role=Role.MEMBER)
    specification = Specification.objects.create(project=project, name="analysis", title="Analysis", text="{}")
    Run.objects.create(
        project=project, number=1, by=user, specification=specification, text="{}", key=uuid.uuid4(), server="reana",
        name=f"vre-{uuid.uuid4()}", status=Run.Status.FINISHED,
    )  # fmt: skip
    Notebook.objects.create(project=project, by=user, key=uuid.uuid4(), hub="hub", server="x", state=Notebook.State.STOPPED)
    record("project.people.add", by=None, subject="project/x", person=user)
    return user


@pytest.fixture
def hers(ada: User) -> Client:
    client = Client()
    client.force_login(ada)
    grow(client, 0)
    return client


def grow(client: Client, seconds: float) -> None:
    """So long ago the person proved who they are."""
    session = client.session
    session[PROVEN_AT] = time.time() - seconds
    session.save()


def grow_old(client: Client) -> None:
    grow(client, 3600)


def test_the_export_is_one_file_with_everything_and_no_secret(hers: Client, ada: User, rucio: Service) -> None:
    token = vault.access_token(ada, rucio, purpose="listing")
    reply = hers.get("/me/export/")
    assert "attachment" in reply["Content-Disposition"]
    text = reply.content.decode()
    told = json.loads(text)
    assert all(word in text for word in PERSONAL)
    assert [len(told[name]) for name in ("workflows.run", "notebooks.session", "projects.membership", "project roles")] == [1, 1, 1, 2]
    assert told["token uses"][0]["purpose"] == "listing"
    assert {"project.people.add", "token.issue"} <= {entry["action"] for entry in told["audit log"]}
    secrets = [
        token,
        hers.session.session_key,
        *Token.objects.values_list("access", flat=True),
        *Token.objects.values_list("refresh", flat=True),
    ]
    assert not [secret for secret in secrets if secret and secret in text]
    assert AuditEntry.objects.filter(action="person.export", actor=ada.handle).exists()


def test_the_export_holds_nothing_of_others(hers: Client, ada: User, with_tokens: Callable[..., User], rucio: Service) -> None:
    eve = with_tokens("subject-of-eve")
    uses.note(eve, rucio, purpose="of eve alone")
    record("test.done", by=eve)
    text = hers.get("/me/export/").content.decode()
    assert "of eve alone" not in text
    assert str(eve.handle) not in text
    assert eve.subject not in text


def test_every_model_that_refers_to_people_is_in_the_export(ada: User) -> None:
    names = {model._meta.label_lower for model, _, _ in data_export.relations()}
    assert {"workflows.run", "workflows.keep", "notebooks.session", "projects.membership", "projects.resource", "iam.token"} <= names
    assert names <= data_export.export_person(ada).keys()


def test_erasing_leaves_a_pseudonym_and_nothing_else(hers: Client, ada: User, issuer: Issuer) -> None:
    handle, subject, run = ada.handle, ada.subject, Run.objects.get(by=ada)
    before = list(AuditEntry.objects.order_by("number").values())
    reply = hers.post("/me/erase/", SURE)
    assert reply.status_code == 302
    gone = User.objects.get(handle=handle)
    run.refresh_from_db()
    assert run.by == gone
    assert str(gone) == f"Deleted user {handle.hex[:8]}"
    text = json.dumps(data_export.export_person(gone), default=str)
    assert not [word for word in (*PERSONAL, f'"{subject}"') if word in text]
    assert not gone.is_active
    assert Use.objects.filter(person=handle).count() == 0
    assert not Membership.objects.filter(user=gone).exists()
    assert hers.get("/me/").status_code == 302
    assert list(AuditEntry.objects.order_by("number").values())[: len(before)] == before
    assert verify().broken is None
    assert AuditEntry.objects.filter(action="person.erase", actor=handle).exists()


def test_tokens_of_somebody_erased_are_taken_back_at_the_iam(hers: Client, ada: User, issuer: Issuer) -> None:
    values = [value for row in Token.objects.filter(user=ada) for value in (row.open_access(), row.open_refresh()) if value]
    hers.post("/me/erase/", SURE)
    assert not Token.objects.filter(user=ada, retired_at=None).exists()
    for pk in Token.objects.filter(user=ada).values_list("pk", flat=True):
        worker.revoke(pk)
    assert set(values) <= set(issuer.revoked)
    assert not Token.objects.filter(user=ada).exists()


def test_all_sessions_of_somebody_erased_are_over(hers: Client, ada: User) -> None:
    other = Client()
    other.force_login(ada)
    other.get("/me/")
    hers.post("/me/erase/", SURE)
    assert other.get("/me/").status_code == 302
    assert not Session.objects.filter(pk=other.cookies["vre_session"].value).exists()


def test_the_same_identity_comes_back_as_somebody_new(hers: Client, ada: User) -> None:
    hers.post("/me/erase/", SURE)
    again = User.objects.for_identity(ada.issuer, ada.subject, name="Ada Lovelace")
    assert again.handle != ada.handle
    assert again.is_active
    assert not Run.objects.filter(by=again).exists()


@pytest.mark.parametrize("typed", ["", "delete", "yes", "delete my account!", "x" * 100])
def test_nothing_happens_without_the_typed_words(hers: Client, ada: User, typed: str) -> None:
    assert hers.post("/me/erase/", {"confirmation": typed}).status_code == 400
    ada.refresh_from_db()
    assert ada.is_active


def test_nothing_happens_without_a_recent_sign_in(hers: Client, ada: User) -> None:
    grow_old(hers)
    assert hers.post("/me/erase/", SURE).status_code == 403
    assert "within the last 15 minutes" in hers.get("/me/erase/").content.decode()
    ada.refresh_from_db()
    assert ada.is_active


@pytest.mark.parametrize("state", ["lead", "run", "notebook"])
def test_who_is_still_needed_or_at_work_is_told_what_to_do_first(hers: Client, ada: User, state: str) -> None:
    hinder: dict[str, Callable[[], Any]] = {
        "lead": lambda: Membership.objects.create(project=make_project(), user=ada, role=Role.LEAD),
        "run": lambda: Run.objects.filter(by=ada).update(status=Run.Status.RUNNING),
        "notebook": lambda: Notebook.objects.filter(by=ada).update(state=Notebook.State.READY),
    }
    hinder[state]()
    assert hers.post("/me/erase/", SURE).status_code == 409
    ada.refresh_from_db()
    assert ada.is_active
    said = {"lead": "the only lead", "run": "of your runs has not ended", "notebook": "notebook session"}[state]
    assert said in hers.get("/me/erase/").content.decode()
