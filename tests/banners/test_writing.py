"""How staff write banners: who may, what is refused, two editors at once, and what the record says."""

import re
import threading
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from tests.factories import make_banner
from vre_portal.audit.models import AuditEntry
from vre_portal.banners import services
from vre_portal.banners.models import Banner
from vre_portal.banners.services import BannerValues
from vre_portal.iam.models import User

SignIn = Callable[..., Client]
pytestmark = pytest.mark.django_db


def values(**changes: Any) -> dict[str, Any]:
    return {"key": uuid.uuid4(), "seen": 0, "text": "Maintenance", "severity": "info", "audience": "everybody", **changes}


def test_a_banner_is_shown_once_it_is_saved(signed_in: SignIn) -> None:
    assert signed_in("admin").post("/banners/new/", values(link="https://status.example/")).status_code == 302
    assert "Maintenance" in Client().get("/").content.decode()
    entry = AuditEntry.objects.get(action="banner.create")
    assert (entry.subject, entry.facts["text"]) == (f"banner/{Banner.objects.get().pk}", "Maintenance")


@pytest.mark.parametrize("visitor", ["anonymous", "outsider", "lead"])
def test_nobody_but_staff_writes_or_learns_of_banners(signed_in: SignIn, visitor: str) -> None:
    banner, browser = make_banner(), signed_in(visitor)
    for where, sent in (("new/", values()), (f"{banner.pk}/", values(seen=1)), (f"{banner.pk}/end/", {})):
        assert browser.post(f"/banners/{where}", sent).status_code in (302, 404)
    banner.refresh_from_db()
    assert (Banner.objects.count(), banner.version, banner.ends_at) == (1, 1, None)
    assert 'href="/banners/"' not in browser.get("/").content.decode()


PAST, LATER = "2020-01-01T10:00", (timezone.now() + timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"text": ""}, "required"),
    ({"text": "x" * 301}, "300"),
    ({"text": "a\u202eb"}, "U+202E"),
    ({"text": "\u200b"}, "U+200B"),
    ({"link": "javascript:alert(1)"}, "valid URL"),
    ({"severity": "awful"}, "valid choice"),
    ({"audience": "group"}, "name of the group"),
    ({"audience": "group", "group": "a\u202eb"}, "not the name of a group"),
    ({"ends_at": PAST}, "in the past"),
    ({"ends_at": "9999-12-31T23:59"}, "more than ten years away"),
    ({"starts_at": "0001-01-01T00:00"}, "more than ten years away"),
    ({"starts_at": "soon"}, "not a date"),
    ({"starts_at": LATER, "ends_at": LATER}, "not after the beginning"),
]


@pytest.mark.parametrize(("changes", "words"), REFUSED)
def test_bad_values_are_refused_with_the_reason_and_nothing_typed_is_lost(signed_in: SignIn, changes: dict[str, Any], words: str) -> None:
    answer = signed_in("admin").post("/banners/new/", values(link_text="Kept words", **changes))
    assert answer.status_code == 400
    assert words in str(answer.context["form"].errors)
    assert "Kept words" in answer.content.decode()
    assert not Banner.objects.exists()


def test_a_preview_saves_nothing(signed_in: SignIn) -> None:
    answer = signed_in("admin").post("/banners/new/", values(text="See **this**", do="preview"))
    assert "See <strong>this</strong>" in answer.content.decode()
    assert not Banner.objects.exists()


def test_the_same_form_sent_twice_is_one_banner(signed_in: SignIn) -> None:
    browser, sent = signed_in("admin"), values()
    assert [browser.post("/banners/new/", sent).status_code for _ in range(2)] == [302, 302]
    assert Banner.objects.count() == AuditEntry.objects.filter(action="banner.create").count() == 1


def test_the_second_of_two_editors_is_told_and_loses_nothing(signed_in: SignIn) -> None:
    banner = make_banner(text="Before")
    where, first, second = f"/banners/{banner.pk}/", signed_in("admin"), signed_in("admin")
    assert first.post(where, values(text="The first", seen=1)).status_code == 302
    refused = second.post(where, values(text="The second", seen=1))
    whole = refused.content.decode()
    assert refused.status_code == 409
    assert "The first" in whole
    assert "The second" in whole
    seen = re.search(r'name="seen" value="(\d+)"', whole)
    assert seen is not None
    assert second.post(where, values(text="The second", seen=int(seen[1]))).status_code == 302
    banner.refresh_from_db()
    assert (banner.text, banner.version, banner.edition) == ("The second", 3, 3)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_in_the_same_moment_one_is_told(people: dict[str, User]) -> None:
    banner, barrier, outcomes = make_banner(), threading.Barrier(2), []

    def work(text: str) -> None:
        barrier.wait()
        try:
            services.change(by=people["admin"], banner=banner, seen=1, values=BannerValues(text, "info", "everybody"))
            outcomes.append("saved")
        except services.ChangedMeanwhile:
            outcomes.append("told")
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(f"Text {number}",)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["saved", "told"]


def test_other_times_are_no_new_edition(signed_in: SignIn) -> None:
    banner = make_banner(text="Same")
    form = signed_in("admin").get(f"/banners/{banner.pk}/").context["form"]
    sent = {name: value for name, value in form.initial.items() if value is not None}
    sent["starts_at"] = sent["starts_at"].strftime("%Y-%m-%dT%H:%M")  # as the browser sends it
    assert signed_in("admin").post(f"/banners/{banner.pk}/", {**sent, "ends_at": LATER}).status_code == 302
    before, start = banner.edition, banner.starts_at
    banner.refresh_from_db()
    assert (banner.edition, banner.starts_at) == (before, start)
    assert banner.ends_at is not None


def test_a_banner_that_is_ended_is_gone_at_once_and_stays_as_a_record(signed_in: SignIn) -> None:
    banner, browser = make_banner(text="Over soon"), signed_in("admin")
    Client().get("/")
    for _ in range(2):
        assert browser.post(f"/banners/{banner.pk}/end/").status_code == 302
    assert "Over soon" not in Client().get("/").content.decode()
    assert AuditEntry.objects.filter(action="banner.end").count() == 1
    listed = browser.get("/banners/?format=json").json()["items"]
    assert [(item["text"], item["state"]) for item in listed] == [("Over soon", "past")]


def test_a_copy_has_the_words_without_the_times(signed_in: SignIn) -> None:
    banner = make_banner(text="Again", severity="warning", ends_at=timezone.now())
    initial = signed_in("admin").get(f"/banners/new/?copy={banner.pk}").context["form"].initial
    assert (initial["text"], initial["severity"], initial["ends_at"], initial["seen"]) == ("Again", "warning", None, 0)
    assert initial["key"] != banner.key


def test_the_list_has_what_is_shown_planned_and_past(signed_in: SignIn) -> None:
    now = timezone.now()
    make_banner(text="One")
    make_banner(text="Two", starts_at=now + timedelta(hours=1))
    make_banner(text="Three", ends_at=now - timedelta(hours=1))
    context = signed_in("admin").get("/banners/").context
    assert [[banner.text for banner in context[name]] for name in ("present", "planned", "past")] == [["One"], ["Two"], ["Three"]]
