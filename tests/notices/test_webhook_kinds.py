"""Which kinds of events a project's webhooks offer: those that can concern a project, in words that are about no reader."""

import importlib
import uuid
from collections.abc import Callable

import pytest
from django.apps import apps
from django.test import Client

from projects.models import Project
from tests.notices import webhook_rows as rows
from vre_portal.iam.models import User
from vre_portal.notices.kinds import all_kinds, project_kinds, sections
from vre_portal.notices.webhooks.models import Webhook

NEW = "/projects/told/settings/webhooks/new/"
OF_PROJECTS = {
    "news.posted", "projects.joined", "projects.published", "results.copied", "results.copy_stuck", "results.not_kept", "runs.failed",
    "runs.finished", "runs.published", "runs.stopped",
}  # fmt: skip
OF_PEOPLE = {
    "access.embargo_ends", "account.sign_in_needed", "lake.changed", "lake.quota_80", "lake.quota_95", "lake.request_done",
    "lake.request_failed", "lake.rule_expires", "lake.rule_stuck", "mail.test", "notebooks.ended", "notebooks.ends_soon", "notebooks.failed",
    "projects.added", "projects.archived", "projects.deleted", "requests.answered", "requests.assigned", "requests.decided", "requests.due",
    "requests.failed", "requests.opened", "search.new-results", "services.back", "services.down", "software.version", "uploads.done",
    "uploads.failed", "uploads.waiting", "webhooks.paused",
}  # fmt: skip


def test_each_kind_says_whether_it_can_concern_a_project() -> None:
    """A new kind belongs into one of the two: it is of projects where its events have a project as topic."""
    own = {
        kind.key for kind in all_kinds() if not kind.key.split(".")[0].endswith("tests") and str(kind.section) not in ("Tests", "Others")
    }
    of_projects = {kind.key for kind in project_kinds()} & own
    assert (of_projects, own - of_projects) == (OF_PROJECTS, OF_PEOPLE)


def test_titles_for_projects_speak_of_no_reader_and_stand_in_the_order_of_the_settings() -> None:
    titles = [str(kind.project_title or kind.title) for kind in project_kinds()]
    assert not [title for title in titles if {"you", "your", "yours"} & set(title.lower().split())]
    assert not [title for title in titles if "a project" in title.lower()]
    order = [kind.key for kinds in sections().values() for kind in kinds]
    assert [kind.key for kind in project_kinds()] == sorted((kind.key for kind in project_kinds()), key=order.index)


@pytest.mark.django_db
def test_the_form_offers_and_takes_no_others(signed_in: Callable[..., Client], project: Project) -> None:
    browser = signed_in("lead")
    page = browser.get(NEW).content.decode()
    assert [kind.key for kind in all_kinds() if f'value="{kind.key}"' in page] == [kind.key for kind in all_kinds() if kind.is_of_project]
    assert "The project was published" in page
    typed = {"key": str(uuid.uuid4()), "title": "Chat", "url": "https://chat.example.org/1", "message_format": "event"}
    for kind in sorted(OF_PEOPLE):
        assert browser.post(NEW, {**typed, "kinds": ["runs.finished", kind]}).status_code == 400
    assert not Webhook.objects.exists()


@pytest.mark.django_db
def test_choices_of_earlier_versions_are_cleaned_and_the_page_says_where_none_is_left(
    signed_in: Callable[..., Client], project: Project, people: dict[str, User]
) -> None:
    some = rows.project_webhook(
        project, people["lead"], "https://chat.example.org/1", chosen=("mail.test", "runs.failed", "projects.added")
    )
    none = rows.project_webhook(project, people["lead"], "https://chat.example.org/2", chosen=("requests.decided",))
    migration = importlib.import_module("vre_portal.notices.webhooks.migrations.0002_formats_versions_and_kinds_of_projects")
    assert migration.OF_PROJECTS == OF_PROJECTS
    migration.leave_kinds_of_projects(apps, None)
    assert dict(Webhook.objects.values_list("pk", "kinds")) == {some.pk: ["runs.failed"], none.pk: []}
    browser, index = signed_in("lead"), "/projects/told/settings/webhooks/"
    assert "None selected" in browser.get(f"{index}{none.pk}/").content.decode()
    assert "None selected" not in browser.get(f"{index}{some.pk}/").content.decode()
