"""The stack's mail server: takes mail, shows it without running it, and is controlled by nobody else's page."""

import smtplib
from collections.abc import Iterator

import pytest
import requests

from devstack import address, health
from tests.devstack.mail_server import CONTROL, MailServer, mail_server


@pytest.fixture(scope="module")
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        running_mail = b"Subject: Hello <script>alert(1)</script>\r\nContent-Type: text/html\r\n\r\n<script>alert(2)</script>"
        with smtplib.SMTP(address.HOST, running.port, timeout=10) as link:
            link.sendmail("a@vre.example", ["b@vre.example"], running_mail)
        yield running


def test_it_is_part_of_the_stack() -> None:
    assert address.PORTS["mail"] == address.PORT_BASE + 11
    assert "mail" in health.CHECKS


@pytest.mark.parametrize("path", ["/", "/mails/1"])
def test_nothing_of_a_mail_runs_on_the_page(server: MailServer, path: str) -> None:
    page = requests.get(server.url + path, timeout=10)
    assert "Hello &lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_another_page_cannot_read_or_control_it(server: MailServer) -> None:
    assert requests.get(f"{server.url}/api/mails", headers={"Host": "evil.example"}, timeout=10).status_code == 400
    assert requests.post(f"{server.url}/api/faults", json={"down": True}, timeout=10).status_code == 403
    rebound = requests.post(f"{server.url}/api/faults", json={"down": True}, headers={CONTROL: "1", "Host": "evil.example"}, timeout=10)
    assert rebound.status_code == 400
    assert smtplib.SMTP(address.HOST, server.port, timeout=10).noop()[0] == 250


def test_a_fault_that_there_is_not_is_refused(server: MailServer) -> None:
    assert requests.post(f"{server.url}/api/faults", json={"dwon": True}, headers={CONTROL: "1"}, timeout=10).status_code == 400
