"""What the science project stores of a person: it is in their export, whatever became of the project, and gone once they are erased."""

import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from projects.models import Invitation, InvitationUse, Membership, Project, Role, TransferOffer
from projects.news.models import NewsItem
from projects.requests.models import Request, RequestAttachment, RequestComment, RequestEvent
from tests.factories import make_news, make_project, make_resource
from vre_portal.form_drafts.models import FormDraft
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export, erasure
from vre_portal.iam.profiles.models import Profile
from vre_portal.recent.models import RecentItem, RecentSetting
from vre_portal.repositories.models import Snapshot
from vre_portal.search.models import RecentSearch, StoredSearch

pytestmark = pytest.mark.django_db
# In each model a word that only the person has put there, where there is one, or the number of rows.
OWN = {
    "requests.request": "Words of my request",
    "requests.requestcomment": "Words of my comment",
    "requests.requestattachment": "file-that-i-attached.txt",
    "requests.requestevent": "Day that I set",
    "projects.invitation": "Note of my invitation",
    "projects.invitationuse": "used_at",
    "projects.transferoffer": "withdrawn",
    "news.newsitem": "Title of my news",
    "search.recentsearch": "words that I searched",
    "search.storedsearch": "search that I saved",
    "profiles.profile": "Help that I offer",
    "recent.recentitem": "Thing that I saw",
    "recent.recentsetting": "is_on",
    "repositories.snapshot": "https://git.example/mine.git",
    "projects.membership": "viewer",
}
GONE = (
    Request, RequestAttachment, RequestComment, RequestEvent, InvitationUse, TransferOffer, RecentSearch, StoredSearch, Profile, RecentItem, RecentSetting, Snapshot,
    FormDraft, Membership,
)  # fmt: skip


@pytest.fixture
def project(people: dict[str, User]) -> Project:
    return make_project(slug="hers", title="Her project", lead=people["lead"])


@pytest.fixture
def person(people: dict[str, User], project: Project, settings: Any, tmp_path: Any) -> User:
    """Somebody who did a bit of everything in a science project."""
    settings.MEDIA_ROOT = str(tmp_path)
    person, now = people["outsider"], timezone.now()
    person.orcid = "0000-0002-1825-0097"
    person.save()
    asked = Request.objects.create(project=project, project_title=project.title, by=person, text="Words of my request")
    comment = RequestComment.objects.create(request=asked, by=person, text="Words of my comment")
    file = {"name": "file-that-i-attached.txt", "file": "requests/x", "content_type": "text/plain", "size": 1}
    RequestAttachment.objects.create(request=asked, comment=comment, by=person, **file)
    RequestEvent.objects.create(request=asked, by=person, what="due", text="Day that I set")
    facts = {"project": project, "expires_at": now + timedelta(days=1), "created_by": person, "key": uuid.uuid4()}
    invitation = Invitation.objects.create(**facts, note="Note of my invitation", secret_digest="d" * 64)
    InvitationUse.objects.create(invitation=invitation, user=person)
    TransferOffer.objects.create(project=project, by=people["lead"], to=person, state="withdrawn", ended_at=now)
    make_news(project, title="Title of my news", written_by=person)
    RecentSearch.objects.create(user=person, query="words that I searched")
    StoredSearch.objects.create(user=person, name="search that I saved", query="type:run")
    Profile.objects.create(user=person, audience="public", offers="Help that I offer")
    RecentItem.objects.create(user=person, kind="software", identifier="x", title="Thing that I saw", url="/x/")
    RecentSetting.objects.create(user=person, is_on=True)
    snapshot = Snapshot.objects.create(by=person, address="https://git.example/mine.git", state="ready")
    snapshot.archive.save("mine.zip", ContentFile(b"PK"))
    Membership.objects.create(project=project, user=person, role=Role.VIEWER)
    make_resource(project, kind="link", identifier="https://added.example/", service="", added_by=person)
    return person


def exported(person: User) -> dict[str, str]:
    """The export of each model; one that refers to people by several fields has several parts."""
    told: dict[str, str] = {}
    for name, rows in data_export.export_person(User.objects.get(pk=person.pk)).items():
        model = ".".join(name.split(".")[:2])
        told[model] = told.get(model, "") + json.dumps(rows, default=str)
    return told


def missing(person: User, *names: str) -> list[str]:
    told = exported(person)
    return [name for name in names if OWN[name] not in told.get(name, "")]


def test_all_of_it_is_in_the_export(person: User) -> None:
    assert missing(person, *OWN) == []


ENDS: dict[str, Callable[[Project], object]] = {
    "left": lambda project: Membership.objects.filter(project=project).delete(),
    "archived": lambda project: Project.objects.filter(pk=project.pk).update(archived_at=timezone.now()),
    "deleted": lambda project: Project.objects.filter(pk=project.pk).delete(),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_words_of_requests_stay_in_the_export_once_the_project_is_gone(person: User, project: Project, end: str) -> None:
    if end == "deleted":
        project.news.all().delete()
    ENDS[end](project)
    assert missing(person, "requests.request", "requests.requestcomment") == []


def test_who_left_learns_nothing_new_of_the_project_from_their_export(person: User, project: Project) -> None:
    Membership.objects.filter(user=person).delete()
    Project.objects.filter(pk=project.pk).update(title="A new secret title")
    assert "A new secret title" not in json.dumps(data_export.export_person(User.objects.get(pk=person.pk)), default=str)
    assert missing(person, "projects.invitation", "projects.transferoffer", "requests.request") == []


def test_words_of_others_are_not_exported_to_who_once_decided(person: User, people: dict[str, User], project: Project) -> None:
    Request.objects.update(decided_by=people["member"], state=Request.State.DECLINED)
    assert "Words of my request" not in json.dumps(data_export.export_person(people["member"]), default=str)


@pytest.mark.parametrize("end", [None, *ENDS])
def test_nothing_of_it_leads_to_somebody_erased(
    person: User, people: dict[str, User], project: Project, end: str | None, django_capture_on_commit_callbacks: Any
) -> None:
    archive = Snapshot.objects.get().archive
    name, handle = person.name, person.handle
    if end:
        ENDS[end](project)
    with django_capture_on_commit_callbacks(execute=True):  # files go once their rows are gone for certain
        erasure.erase(person)
    rows = {model._meta.label: model._default_manager.exclude(**of_lead(model, people["lead"])).count() for model in GONE}
    assert not any(rows.values()), rows
    assert not archive.storage.exists(archive.name)
    emptied = User.objects.get(handle=handle)
    assert (emptied.orcid, str(emptied)) == ("", f"Deleted user {handle.hex[:8]}")
    for model, field in ((NewsItem, "written_by"), (Invitation, "created_by")):
        assert {str(getattr(row, field)) for row in model._default_manager.all()} <= {str(emptied)}
    assert name not in json.dumps(data_export.export_person(people["lead"]), default=str)


def of_lead(model: Any, lead: User) -> dict[str, Any]:
    """What the lead has of their own."""
    return {"user": lead} if model is Membership else {"pk": None}


def test_every_model_of_the_science_project_that_refers_to_people_was_thought_of() -> None:
    known = {"projects", "requests", "news", "search", "profiles", "recent", "repositories", "site_texts"}
    found = {model._meta.label_lower for model, _, _ in data_export.relations() if model._meta.app_label in known}
    told_by_others = {"requests.request_assignees", "requests.requestact", "requests.storedanswer"}
    assert found == {*OWN, *told_by_others, "projects.project", "projects.resource", "site_texts.textversion"}
