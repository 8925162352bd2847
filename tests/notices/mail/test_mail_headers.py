"""The headers of mails: what mail programs need, and text from anywhere that stays in its header as it was written."""

import re
from collections.abc import Callable
from email import message_from_string
from email.policy import default
from email.utils import parseaddr
from typing import Any

import pytest
from django.conf import settings as portal_settings

from tests.devstack.mail_server import MailServer, header
from tests.notices.mail.conftest import HAPPENED, NOTED, sweep
from vre_portal.iam.models import User
from vre_portal.notices.mail.models import Mail, QueuedNotice
from vre_portal.notices.models import Notice

pytestmark = pytest.mark.django_db
Report = Callable[..., Notice]


def test_the_headers_say_that_a_machine_wrote_it_and_how_to_stop_it(report: Report, mails: MailServer) -> None:
    report("lead")
    sweep()
    (mail,) = mails.mails()
    assert header(mail, "Auto-Submitted") == "auto-generated"
    assert "List-Unsubscribe-Post" not in mail["raw"]  # over plain http no mail program may press it (RFC 8058)
    assert header(mail, "List-Id") == "<notices.127.0.0.1>"
    link = header(mail, "List-Unsubscribe").strip("<>")
    assert link.startswith(f"{portal_settings.PORTAL_URL}/notices/unsubscribe/")
    assert link in mail["text"]
    assert link in mail["html"]
    assert header(mail, "Message-ID") == f"<{Mail.objects.get().key}@127.0.0.1>"
    assert "<img" not in mail["html"]
    # As it arrives, before any parser puts it together: an address in encoded words is none to a mail program.
    assert re.search(rf"^List-Unsubscribe: <{re.escape(link)}>\r?$", mail["raw"], re.MULTILINE)
    assert re.search(r"^Message-ID: <[\w.@-]+>\r?$", mail["raw"], re.MULTILINE)


def test_the_button_of_mail_programs_needs_https(report: Report, mails: MailServer, settings: Any) -> None:
    settings.PORTAL_URL = "https://vre.example"
    report("lead")
    sweep()
    (mail,) = mails.mails()
    assert header(mail, "List-Unsubscribe-Post") == "List-Unsubscribe=One-Click"
    assert header(mail, "List-Id") == "<notices.vre.example>"


def test_a_subject_names_the_most_frequent_kinds_and_how_many_others(report: Report, mails: MailServer) -> None:
    for kind, count in ((NOTED.key, 1), (HAPPENED.key, 2)):
        for _number in range(count):
            report("lead", kind=kind)
    QueuedNotice.objects.update(schedule=HAPPENED.default)
    sweep()
    (mail,) = mails.mails()
    assert mail["subject"] == "VRE portal: Something happened (2), Something was noted"


ENCODED_WORD = "=?utf-8?B?WW91IGhhdmUgd29u?="  # "You have won"
NAMES = [
    ENCODED_WORD,
    "Ägnes " * 20,
    "実験結果" * 20,
    "Александра Константинопольская-Преображенская",
    "abc=d験 d😀?B (z_ ?ä_x -e =果bx\"' zd'. 結f= z",
    "Ann Other " * 8,
]


@pytest.mark.parametrize("name", NAMES)
def test_text_of_headers_is_read_as_it_was_written(people: dict[str, User], report: Report, mails: MailServer, name: str) -> None:
    User.objects.filter(pk=people["lead"].pk).update(name=name)
    report("lead", f"{ENCODED_WORD} by {name}"[:100])
    sweep()
    raw = message_from_string(mails.mails()[0]["raw"], policy=default)
    assert str(raw["Subject"]).strip().startswith("VRE portal: = ?utf-8?B?WW91IGhhdmUgd29u?= by")
    (to,) = raw["To"].addresses
    assert to.addr_spec == "lead@vre.example"
    assert " ".join(name.replace("=?", "= ?").split()).startswith(to.display_name)
    assert to.display_name


ODD = [
    "Hello\r\nBcc: victim@c.example",
    "x" * 5_000,
    "Müller: résultats ✓ 実験",
    "abc\u202edcba\u2066",
    "a\0b\x1b[31m",
    "<script>alert(1)</script>",
]


@pytest.mark.parametrize("odd", ODD, ids=["newline", "long", "letters", "bidi", "controls", "markup"])
def test_odd_names_and_subjects_stay_in_their_header(people: dict[str, User], report: Report, mails: MailServer, odd: str) -> None:
    User.objects.filter(pk=people["lead"].pk).update(name=odd.replace("\0", "")[:200])
    report("lead", odd, text=odd)
    sweep()
    (mail,) = mails.mails()
    assert mail["recipients"] == ["lead@vre.example"]
    names = [name.lower() for name, _ in mail["headers"]]
    assert "bcc" not in names
    assert len(names) == len(set(names))
    assert parseaddr(header(mail, "To"))[1] == "lead@vre.example"
    assert len(mail["subject"]) <= 150
    assert not set(mail["subject"] + mail["text"]) & set("\u202e\u2066\0\x1b")
    assert "<script" not in mail["html"]
    if odd.startswith("Müller"):
        assert mail["subject"] == f"VRE portal: {odd}"


@pytest.mark.parametrize("url", ["//evil.example/", "https://evil.example/", "javascript:alert(1)", "/\\evil.example", "/a\nb"])
def test_links_lead_to_the_portal_alone(report: Report, mails: MailServer, url: str) -> None:
    report("lead", url=url)
    sweep()
    (mail,) = mails.mails()
    assert "evil.example" not in mail["raw"]
    assert "javascript" not in mail["raw"]
