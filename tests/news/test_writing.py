"""Writing news: who may, drafts and publishing, sending a form twice, two editors, deletion and its undo."""

import io
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from projects.models import Project, Role
from projects.news import services, worker
from projects.news.models import NewsItem
from tests.factories import make_news, make_public
from vre_portal.audit.models import AuditEntry
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db
NEW, PORTAL_NEW = "/projects/moon/news/new/", "/news/new/"


@pytest.fixture
def moon(people: dict[str, User]) -> Project:
    return make_public(slug="moon", lead=people["lead"], groups={"escape/km3net": Role.MEMBER})


def form(**facts: Any) -> dict[str, Any]:
    return {"key": str(uuid.uuid4()), "version": 0, "title": "New moon", "text": "It is *dark*.", "do": "publish", **facts}


def png() -> SimpleUploadedFile:
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return SimpleUploadedFile("moon.png", file.getvalue(), "image/png")


def only_item() -> NewsItem:
    return NewsItem.objects.get()


@pytest.mark.parametrize(
    ("visitor", "where", "status"),
    [
        ("lead", NEW, 302), ("member", NEW, 403), ("outsider", NEW, 403), ("admin", NEW, 403),
        ("admin", PORTAL_NEW, 302), ("lead", PORTAL_NEW, 404), ("member", PORTAL_NEW, 404),
    ],
)  # fmt: skip
def test_only_those_who_may_write_write(signed_in: SignIn, moon: Project, visitor: str, where: str, status: int) -> None:
    assert signed_in(visitor).post(where, form()).status_code == status
    assert NewsItem.objects.count() == (1 if status == 302 else 0)


def test_an_item_cannot_be_reached_through_another_place(signed_in: SignIn, moon: Project) -> None:
    portal, other = make_news(), make_news(make_public(slug="other"))
    browser = signed_in("lead")
    for item in (portal, other):
        for part in ("edit", "delete", "restore"):
            assert browser.post(f"/projects/moon/news/{item.pk}/{part}/", form(version=1)).status_code == 404
    assert signed_in("admin").post(f"/news/{other.pk}/delete/").status_code == 404
    assert not NewsItem.objects.exclude(deleted_at=None).exists()


def test_a_draft_is_seen_by_its_writers_until_it_is_published(signed_in: SignIn, moon: Project) -> None:
    browser = signed_in("lead")
    browser.post(NEW, form(do="draft"))
    item = only_item()
    assert Client().get(item.get_absolute_url()).status_code == 404
    before = timezone.now()
    browser.post(item.edit_url, form(version=item.version))
    item.refresh_from_db()
    assert item.publish_at >= before
    assert Client().get(item.get_absolute_url()).status_code == 200
    browser.post(item.edit_url, form(version=item.version, do="draft"))
    assert Client().get(item.get_absolute_url()).status_code == 404


def test_a_form_that_is_sent_twice_makes_one_item(signed_in: SignIn, moon: Project) -> None:
    browser, values = signed_in("lead"), form()
    answers = [browser.post(NEW, values) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [only_item().get_absolute_url()] * 2
    assert AuditEntry.objects.filter(action="news.create").count() == 1
    again = {**values, "version": 1, "title": "Full moon"}
    assert [browser.post(only_item().edit_url, again).status_code for _ in range(2)] == [302, 302]
    assert only_item().version == 2


def test_a_used_form_with_other_words_overwrites_nothing_and_loses_nothing(signed_in: SignIn, moon: Project) -> None:
    browser, values = signed_in("lead"), form(do="draft")
    browser.post(NEW, values)
    answer = browser.post(NEW, {**values, "title": "Written after going back"})
    assert answer.status_code == 409
    assert "Written after going back" in answer.content.decode()
    assert only_item().title == "New moon"


def test_the_form_of_somebody_else_is_refused(signed_in: SignIn, moon: Project) -> None:
    values = form()
    signed_in("lead").post(NEW, values)
    answer = signed_in("admin").post(PORTAL_NEW, values)
    assert answer.status_code == 409
    assert "already" in answer.content.decode()
    assert NewsItem.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_form_that_arrives_twice_in_the_same_moment_makes_one_item(people: dict[str, User]) -> None:
    barrier, items, key = threading.Barrier(2), [], uuid.uuid4()
    facts = {"title": "x", "text": "y", "picture_description": "", "publish_at": timezone.now(), "until": None, "is_published": True}

    def work() -> None:
        barrier.wait()
        try:
            items.append(services.create(by=people["lead"], project=None, key=key, facts=facts, picture=None).pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert items == [only_item().pk] * 2


def test_the_second_of_two_editors_is_shown_the_difference_and_loses_nothing(signed_in: SignIn, moon: Project) -> None:
    item = make_news(moon, title="Before")
    browser = signed_in("lead")
    assert browser.post(item.edit_url, form(version=1, title="Of the first")).status_code == 302
    refused = browser.post(item.edit_url, form(version=1, title="Of the second", text="Their long text"))
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Of the first" in page
    assert "Their long text" in page
    assert only_item().title == "Of the first"
    assert refused.context["form"].data["version"] == 2
    assert browser.post(item.edit_url, form(version=2, title="Of the second")).status_code == 302
    assert only_item().title == "Of the second"


def test_who_edits_what_somebody_deleted_meanwhile_loses_nothing_and_may_restore_it(signed_in: SignIn, moon: Project) -> None:
    item, browser = make_news(moon, title="Before"), signed_in("lead")
    browser.post(item.delete_url)
    typed = form(version=1, title="Of the second", text="Their long text")
    refused = browser.post(item.edit_url, typed)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "somebody deleted this news item" in page
    assert "Their long text" in page
    assert only_item().deleted_at is not None
    assert browser.post(item.edit_url, {**typed, "version": refused.context["form"].data["version"]}).status_code == 302
    assert (only_item().title, only_item().deleted_at) == ("Of the second", None)
    assert [entry.action for entry in AuditEntry.objects.order_by("number")] == ["news.delete", "news.restore", "news.edit"]
    assert signed_in("member").post(item.edit_url, typed).status_code == 403


def test_staff_who_edit_at_once_are_shown_the_difference_too(signed_in: SignIn) -> None:
    item, browser = make_news(), signed_in("admin")
    assert browser.post(item.edit_url, form(version=1, do="draft", title="Same")).status_code == 302
    refused = browser.post(item.edit_url, form(version=1, title="Same"))
    assert refused.status_code == 409
    assert ("State", "Draft") in refused.context["theirs"]  # taken back meanwhile: nobody publishes it without knowing


def test_an_edit_of_what_somebody_deleted_meanwhile_is_refused(people: dict[str, User], moon: Project) -> None:
    item = make_news(moon)
    services.delete(by=people["lead"], item=item)
    facts = {"title": "x", "text": "y", "picture_description": "", "publish_at": item.publish_at, "until": None, "is_published": True}
    with pytest.raises(services.ChangedMeanwhile):
        services.edit(by=people["lead"], item=item, seen=1, facts=facts, picture=None, drops_picture=False)


def test_a_deletion_can_be_undone(signed_in: SignIn, moon: Project) -> None:
    item, browser = make_news(moon), signed_in("lead")
    listed = browser.post(item.delete_url, follow=True).content.decode()
    assert item.restore_url in listed
    assert Client().get(item.get_absolute_url()).status_code == 404
    assert browser.post(item.delete_url).status_code == 404
    browser.post(item.restore_url)
    assert Client().get(item.get_absolute_url()).status_code == 200
    assert item.restore_url not in browser.get("/projects/moon/news/").content.decode()
    assert [entry.action for entry in AuditEntry.objects.order_by("number")] == ["news.delete", "news.restore"]


def test_the_undo_of_one_person_is_offered_to_nobody_else(signed_in: SignIn, moon: Project) -> None:
    item = make_news(moon)
    signed_in("lead").post(item.delete_url)
    assert item.restore_url not in signed_in("member").get("/projects/moon/news/").content.decode()
    assert signed_in("member").post(item.restore_url).status_code == 403


def test_what_was_deleted_a_month_ago_is_removed_with_its_picture(signed_in: SignIn, moon: Project, settings: Any, tmp_path: Any,
                                                                  django_capture_on_commit_callbacks: Any) -> None:  # fmt: skip
    settings.MEDIA_ROOT = str(tmp_path)
    signed_in("lead").post(NEW, form(picture=png(), picture_description="The moon"))
    assert len(list(tmp_path.rglob("*.*"))) == 1
    NewsItem.objects.update(deleted_at=timezone.now() - timedelta(days=29))
    assert worker.forget_deleted() == 0
    NewsItem.objects.update(deleted_at=timezone.now() - timedelta(days=31))
    with django_capture_on_commit_callbacks(execute=True):
        assert worker.forget_deleted() == 1
    assert not NewsItem.objects.exists()
    assert not list(tmp_path.rglob("*.*"))


def test_a_picture_is_drawn_anew_and_needs_a_description(signed_in: SignIn, moon: Project, settings: Any, tmp_path: Any) -> None:
    settings.MEDIA_ROOT = str(tmp_path)
    browser = signed_in("lead")
    assert browser.post(NEW, form(picture=png())).status_code == 400
    assert browser.post(NEW, form(picture=SimpleUploadedFile("x.png", b"<svg/>"), picture_description="x")).status_code == 400
    browser.post(NEW, form(picture=png(), picture_description="The moon"))
    item = only_item()
    answer = Client().get(f"/news/{item.pk}/picture")
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert Client().get(f"/news/{item.pk}/picture", headers={"if-none-match": answer["ETag"]}).status_code == 304
    browser.post(item.edit_url, form(version=1, remove_picture="on"))
    assert not only_item().picture


@pytest.mark.parametrize(
    "facts",
    [
        {"title": ""}, {"title": "\u200b"}, {"title": "a\u202eb"}, {"title": "x" * 201}, {"text": "  \n "}, {"text": "x" * 20_001},
        {"publish_at": "tomorrow"}, {"publish_at": "2027-01-02T10:00", "until": "2027-01-02T09:00"}, {"key": "x"}, {"version": "x"},
        {"title": "a\0b"},
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_and_what_was_typed_stays(signed_in: SignIn, moon: Project, facts: dict[str, Any]) -> None:
    answer = signed_in("lead").post(NEW, form(**{"picture_description": "Typed words", **facts}))
    assert answer.status_code == 400
    assert "Typed words" in answer.content.decode()
    assert not NewsItem.objects.exists()


def test_dates_are_in_utc_and_an_unchanged_one_keeps_its_seconds(signed_in: SignIn, moon: Project) -> None:
    browser = signed_in("lead")
    browser.post(NEW, form(publish_at="2027-01-02T10:00", until="2027-02-02T10:00"))
    item = only_item()
    assert (item.publish_at.isoformat(), item.state) == ("2027-01-02T10:00:00+00:00", "scheduled")
    NewsItem.objects.update(publish_at="2026-01-02T10:00:33Z")
    browser.post(item.edit_url, form(version=1, publish_at="2026-01-02T10:00", until="2027-02-02T10:00", title="Other"))
    assert only_item().publish_at.isoformat() == "2026-01-02T10:00:33+00:00"


def test_a_preview_shows_the_text_and_stores_nothing(signed_in: SignIn, moon: Project) -> None:
    page = signed_in("lead").post(NEW, form(do="preview", text="*Soft* <script>x</script>")).content.decode()
    assert "<em>Soft</em>" in page
    assert "<script>x" not in page
    assert not NewsItem.objects.exists()


def test_the_export_tells_a_writer_no_more_of_a_project_than_they_may_see(
    signed_in: SignIn, people: dict[str, User], moon: Project
) -> None:
    make_news(moon, title="Secret", written_by=people["outsider"])
    assert signed_in("outsider").get("/me/export/").json()["news.newsitem"][0]["title"] == "Secret"
    Project.objects.update(visibility=Project.Visibility.MEMBERS)
    row = signed_in("outsider").get("/me/export/").json()["news.newsitem"][0]
    assert "title" not in row
