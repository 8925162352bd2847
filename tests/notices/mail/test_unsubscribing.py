"""Turning e-mail off: by the link of a mail without a session, by a mail program's own button, and on the page."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core import signing
from django.test import Client
from django.urls import reverse

from tests.devstack.mail_server import MailServer, header
from tests.notices.mail.conftest import HAPPENED, NOTED, sweep
from vre_portal.iam.models import User
from vre_portal.iam.personal_data import data_export, erasure
from vre_portal.notices.kinds import Delivery
from vre_portal.notices.mail import addresses, services, unsubscribe_links, worker
from vre_portal.notices.mail.addresses import Reach
from vre_portal.notices.mail.models import Mail, MailJob, MailSetting, QueuedNotice
from vre_portal.notices.models import Notice, Preference

pytestmark = pytest.mark.django_db
Report = Callable[..., Notice]
SignedIn = Callable[..., Client]
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


def link(user: User, kind: str = HAPPENED.key) -> str:
    return reverse("notices_mail:unsubscribe", args=[unsubscribe_links.make_token(user, kind)])


def test_the_link_of_a_mail_asks_first_and_changes_nothing_by_itself(people: dict[str, User], report: Report, mails: MailServer) -> None:
    report("lead")
    sweep()
    path = "/" + header(mails.mails()[0], "List-Unsubscribe").strip("<>").split("/", 3)[3]
    page = Client().get(path)
    assert page.status_code == 200
    assert "Something happened" in page.content.decode()
    assert not Preference.objects.exists()
    assert addresses.status_of(people["lead"]).is_on


def test_the_button_of_a_mail_program_turns_off_the_kind_of_the_mail_however_often(people: dict[str, User], report: Report) -> None:
    browser = Client(enforce_csrf_checks=True)
    for _ in range(2):
        assert browser.post(link(people["lead"]), ONE_CLICK).status_code == 200
    assert Preference.objects.get().delivery == Delivery.INBOX
    report("lead")
    report("lead", kind=NOTED.key)
    assert [row.notice.event.kind for row in QueuedNotice.objects.all()] == [NOTED.key]


def test_a_mail_of_several_kinds_turns_off_all(people: dict[str, User], report: Report, mails: MailServer) -> None:
    report("lead")
    Preference.objects.create(user=people["lead"], kind=NOTED.key, delivery=Delivery.MAIL)
    report("lead", kind=NOTED.key)
    sweep()
    path = "/" + header(mails.mails()[0], "List-Unsubscribe").strip("<>").split("/", 3)[3]
    Client().post(path, ONE_CLICK)
    assert addresses.status_of(people["lead"]).reach is Reach.OFF


def test_on_the_page_one_can_turn_off_everything(people: dict[str, User], report: Report, mails: MailServer) -> None:
    report("lead")
    assert "no more e-mail" in Client().post(link(people["lead"]), {"all": "1"}).content.decode()
    sweep()
    assert mails.mails() == []


def test_a_choice_without_mail_is_kept(people: dict[str, User]) -> None:
    Preference.objects.create(user=people["lead"], kind=HAPPENED.key, delivery=Delivery.NONE)
    Client().post(link(people["lead"]), ONE_CLICK)
    assert Preference.objects.get().delivery == Delivery.NONE


def test_a_link_that_was_changed_or_is_of_another_purpose_does_nothing(people: dict[str, User]) -> None:
    handle = people["lead"].handle.hex
    for token in (
        "nonsense",
        signing.dumps([handle, ""]),
        signing.dumps("x", salt=unsubscribe_links.SALT),
        link(people["lead"])[:-3].split("/")[-1],
    ):
        page = Client().post(reverse("notices_mail:unsubscribe", args=[token]), ONE_CLICK)
        assert page.status_code == 404
        assert "Nothing was changed" in page.content.decode()
    assert not MailSetting.objects.exists()


def test_an_expired_link_says_so(people: dict[str, User], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unsubscribe_links, "VALID_SECONDS", -1)
    page = Client().post(link(people["lead"]), ONE_CLICK)
    assert page.status_code == 410
    assert "expired" in page.content.decode()
    assert not Preference.objects.exists()


def test_e_mail_is_turned_off_and_on_on_the_page(signed_in: SignedIn, people: dict[str, User], report: Report) -> None:
    browser = signed_in("lead")
    browser.post(reverse("notices_mail:change"), {"do": "off"})
    assert "You turned off all e-mail." in browser.get(reverse("notices_mail:settings")).content.decode()
    report("lead")
    assert not QueuedNotice.objects.exists()
    browser.post(reverse("notices_mail:change"), {"do": "on"})
    report("lead", "Later")
    assert QueuedNotice.objects.count() == 1


def test_trying_a_refused_address_again_sends_a_test_mail(
    signed_in: SignedIn, people: dict[str, User], report: Report, mails: MailServer
) -> None:
    worker.pause(people["lead"], "550 5.1.1 No such user")
    browser = signed_in("lead")
    page = browser.get(reverse("notices_mail:settings")).content.decode()
    assert "550 5.1.1 No such user" in page
    for _ in range(2):
        browser.post(reverse("notices_mail:change"), {"do": "retry"})
    sweep()
    assert [mail["subject"] for mail in mails.mails()] == ["VRE portal: Test e-mail"]


def test_a_test_mail_asked_for_twice_is_one_whatever_was_chosen_for_its_kind(
    signed_in: SignedIn, people: dict[str, User], mails: MailServer
) -> None:
    Preference.objects.create(user=people["lead"], kind=services.TEST.key, delivery=Delivery.NONE)
    for _ in range(2):
        signed_in("lead").post(reverse("notices_mail:change"), {"do": "test"})
    sweep()
    assert len(mails.mails()) == 1


def test_the_page_says_what_stands_in_the_way(signed_in: SignedIn, people: dict[str, User], settings: Any, mails: MailServer) -> None:
    browser = signed_in("lead")
    User.objects.filter(pk=people["lead"].pk).update(email="")
    assert "no e-mail address that can be used" in browser.get(reverse("notices_mail:settings")).content.decode()
    settings.MAIL_SERVER = {**settings.MAIL_SERVER, "host": ""}
    assert "This portal sends no e-mail." in browser.get(reverse("notices_mail:settings")).content.decode()


def test_all_of_it_is_exported_and_goes_with_the_person(people: dict[str, User], report: Report, mails: MailServer) -> None:
    worker.pause(people["lead"], "550 No such user")
    MailSetting.objects.update(refused_address="old@vre.example")
    report("lead")
    sweep()
    report("lead", "Later")
    exported = data_export.export_person(people["lead"])
    assert exported["notices_mail.mail"][0]["state"] == "sent"
    assert exported["notices_mail.mailsetting"][0]["refused_address"] == "old@vre.example"
    erasure.erase(people["lead"])
    for model in (Mail, MailJob, MailSetting, QueuedNotice):
        assert not model._default_manager.exists()
    sweep()
    assert len(mails.mails()) == 1


def test_a_link_to_an_account_that_was_deleted_changes_nothing_and_is_no_error(people: dict[str, User]) -> None:
    path = link(people["lead"])
    erasure.erase(people["lead"])
    assert Client().post(path, ONE_CLICK).status_code == 200
    assert not Preference.objects.exists()
