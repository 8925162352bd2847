"""A mail server that is down, slow or refuses: nothing is lost, nobody else waits, and nothing is sent twice that could be known."""

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command

from tests.devstack.mail_server import MailServer, header, mail_server
from tests.notices.mail.conftest import sweep
from tests.notices.mail.tarpits import TARPITS, Tarpit
from vre_portal.iam.models import User
from vre_portal.notices.mail import addresses, checks, compose, smtp, worker
from vre_portal.notices.mail.addresses import Reach
from vre_portal.notices.mail.models import Mail, MailJob, MailSetting, QueuedNotice
from vre_portal.notices.models import Notice

pytestmark = pytest.mark.django_db
Report = Callable[..., Notice]


def later(seconds: float = 120) -> list[MailJob]:
    """The sweep once more, when an outage is asked about again."""
    cache.delete(worker.OUTAGE_KEY)
    return sweep(seconds)


def test_an_outage_of_an_hour_loses_nothing_and_ends_in_one_mail(report: Report, mails: MailServer) -> None:
    mails.fail(down=True)
    for number in range(30):
        report("lead", f"Run {number} finished")
        later()
    assert QueuedNotice.objects.count() == 30
    assert not Mail.objects.exists()
    assert MailJob.objects.get().last_error == "The mail server cannot be reached. Retrying automatically."
    mails.fail()
    later()
    (mail,) = mails.mails()
    assert mail["subject"] == "VRE portal: Something happened (30)"
    assert MailJob.objects.get().last_error == ""


def test_during_an_outage_nobody_waits_for_the_server_again_and_again(report: Report, mails: MailServer) -> None:
    mails.fail(down=True)
    for name in ("lead", "member", "outsider"):
        report(name)
    sweep()
    assert sweep() == []
    mails.fail()
    later()
    assert sorted(mail["recipients"][0] for mail in mails.mails()) == ["lead@vre.example", "member@vre.example", "outsider@vre.example"]


def test_a_slow_server_is_left_after_the_timeout_and_asked_again(report: Report, mails: MailServer) -> None:
    mails.fail(delay=3)
    report("lead")
    sweep()
    assert MailJob.objects.get().last_error.startswith("The mail server did not answer in time.")
    mails.fail()
    later()
    assert len(mails.mails()) == 1


@pytest.mark.parametrize("tarpit", TARPITS)
def test_a_server_that_never_finishes_an_answer_is_left_and_is_an_outage(
    report: Report, mails: MailServer, settings: Any, tarpit: Tarpit
) -> None:
    report("lead")
    with tarpit.listening() as port:
        settings.MAIL_SERVER = {**mails.settings, "port": port, "timeout": 0.5, "use_ssl": tarpit.is_tls}
        begin = time.monotonic()
        sweep()
        assert time.monotonic() - begin < 6
    assert MailJob.objects.get().last_error.startswith("The mail server did not answer in time.")
    assert cache.get(worker.OUTAGE_KEY)
    assert QueuedNotice.objects.count() == 1


def test_one_refused_address_pauses_that_person_alone_and_says_so(people: dict[str, User], report: Report, mails: MailServer) -> None:
    mails.fail(recipients={"member@vre.example": "550 5.1.1 <member@vre.example> No such user"})
    for name in ("lead", "member", "outsider"):
        report(name)
    sweep()
    assert sorted(mail["recipients"][0] for mail in mails.mails()) == ["lead@vre.example", "outsider@vre.example"]
    status = addresses.status_of(people["member"])
    assert (status.reach, status.answer) == (Reach.PAUSED, "550 5.1.1 [address] No such user")
    assert addresses.status_of(people["lead"]).is_on
    report("member", "Later")
    assert not QueuedNotice.objects.exists()


def test_another_address_of_the_account_is_tried(people: dict[str, User], report: Report, mails: MailServer) -> None:
    mails.fail(recipients={"member@vre.example": "550 No such user"})
    report("member")
    sweep()
    people["member"].email = "new@vre.example"
    people["member"].save()
    report("member", "Later")
    sweep(1_000)
    assert [mail["recipients"] for mail in mails.mails()] == [["new@vre.example"]]


@pytest.mark.parametrize("answer", ["451 4.7.1 Greylisted", "550 5.7.1 Relaying denied"])
def test_a_refusal_that_is_not_about_the_address_is_tried_again(
    people: dict[str, User], report: Report, mails: MailServer, answer: str
) -> None:
    mails.fail(recipients={"lead@vre.example": answer})
    report("lead")
    report("member")
    sweep()
    assert [mail["recipients"] for mail in mails.mails()] == [["member@vre.example"]]
    assert addresses.status_of(people["lead"]).is_on
    mails.fail()
    sweep(120)  # the others were never held up, so nothing has to be waited for
    assert len(mails.mails()) == 2


def test_a_server_that_refuses_the_portal_is_an_outage_and_nobody_is_paused(report: Report, mails: MailServer) -> None:
    mails.fail(sender="550 5.7.1 Not allowed to send")
    report("lead")
    sweep()
    assert not MailSetting.objects.exists()
    assert cache.get(worker.OUTAGE_KEY)
    mails.fail()
    later()
    assert len(mails.mails()) == 1


def test_a_mail_that_is_refused_for_its_content_is_given_up_and_the_next_is_sent(report: Report, mails: MailServer) -> None:
    mails.fail(data="554 5.6.0 Content rejected")
    report("lead", "Run 1 finished")
    sweep()
    assert Mail.objects.get().state == Mail.State.REFUSED
    mails.fail()
    report("lead", "Run 2 finished")
    sweep(1_000)
    assert [mail["subject"] for mail in mails.mails()] == ["VRE portal: Run 2 finished"]


def test_a_mail_that_was_perhaps_taken_is_repeated_with_the_same_id_and_nothing_added(report: Report, mails: MailServer) -> None:
    mails.fail(drop=True)
    report("lead", "Run 1 finished")
    sweep()
    report("lead", "Run 2 finished")
    mails.fail()
    later()
    first, second = mails.mails()
    assert header(first, "Message-ID") == header(second, "Message-ID")
    assert (first["subject"], second["subject"]) == ("VRE portal: Run 1 finished", "VRE portal: Run 1 finished")
    later(1_000)
    assert mails.mails()[2]["subject"] == "VRE portal: Run 2 finished"


def test_a_mail_whose_fate_stays_unknown_is_not_repeated_for_ever(report: Report, mails: MailServer) -> None:
    mails.fail(drop=True)
    report("lead")
    for _ in range(8):
        later(1_000)
    assert len(mails.mails()) == worker.MAX_ATTEMPTS
    assert Mail.objects.get().state == Mail.State.UNKNOWN
    assert not QueuedNotice.objects.exists()


def test_a_notice_that_cannot_be_written_down_holds_up_nobody_else(
    report: Report, mails: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = compose.message

    def fail_for_lead(user: User, mail: Mail, **options: Any) -> Any:
        if user.preferred_username == "lead":
            raise ValueError("cannot be written")
        return own(user, mail, **options)

    monkeypatch.setattr(compose, "message", fail_for_lead)
    report("lead")
    report("member")
    for _ in range(25):
        sweep(1_000)
    assert [mail["recipients"] for mail in mails.mails()] == [["member@vre.example"]]
    assert not QueuedNotice.objects.exists()


def test_no_address_is_in_the_log(people: dict[str, User], report: Report, mails: MailServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mails.fail(recipients={"member@vre.example": "550 <member@vre.example> unknown", "lead@vre.example": "451 <lead@vre.example> later"})
    for name in ("lead", "member", "outsider"):
        report(name)
    sweep()
    assert "@vre.example" not in caplog.text


def test_signing_in_at_the_mail_server_works_and_a_wrong_password_is_an_outage(settings: Any) -> None:
    with mail_server("--login", "portal:secret") as server:
        settings.MAIL_SERVER = {**server.settings, "username": "portal", "password": "wrong"}
        with pytest.raises(CommandError, match="535"):
            call_command("send_test_mail", "somebody@example.org")
        settings.MAIL_SERVER = {**settings.MAIL_SERVER, "password": "secret"}
        call_command("send_test_mail", "somebody@example.org")
        assert [mail["recipients"] for mail in server.mails()] == [["somebody@example.org"]]


@pytest.mark.parametrize(
    ("sender", "is_right"),
    [
        ("portal@vre.example", True),
        ("VRE portal <portal@vre.example>", True),
        ('"VRE, the portal" <portal@vre.example>', True),
        ("VRE, the portal <portal@vre.example>", False),
        ("portal@vre.example, other@vre.example", False),
        ("Group: portal@vre.example;", False),
        ("portal", False),
        ("VRE portal <portal@vre.example", False),
        ("VRE portal\nBcc: a@b.example <portal@vre.example>", False),
        ("", False),
    ],
)
def test_a_sender_that_is_not_one_mailbox_is_found_before_the_start(mails: MailServer, settings: Any, sender: str, is_right: bool) -> None:
    settings.MAIL_FROM = sender
    assert [error.id for error in checks.sender_is_one_mailbox()] == ([] if is_right else ["notices_mail.E001"])


def test_a_server_without_tls_is_not_used_where_tls_is_asked_for(mails: MailServer, settings: Any) -> None:
    settings.MAIL_SERVER = {**mails.settings, "use_tls": True}
    with pytest.raises(smtp.MailServerAway, match="does not support"), smtp.connection():
        pass
