"""Chat messages: taken by a receiver that refuses what Mattermost refuses, and words of people that call nobody and link nowhere."""

import json
import re
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.utils.html import urlize
from standardwebhooks import Webhook as Verifier

from devstack import address
from devstack.hooks.server import Received, make_server
from projects.models import Project
from tests import hostile
from tests.notices import webhook_rows as rows
from tests.notices.webhook_receivers import Receiver, allow
from vre_portal import markdown
from vre_portal.encryption import decrypt
from vre_portal.iam.models import User
from vre_portal.notices.webhooks import chat, services
from vre_portal.notices.webhooks.models import Webhook

OWN = "https://vre.example.org/projects/x/"
CALLS = [
    "@all",
    "@channel now",
    "x@here",
    "<!channel>",
    "<!subteam^S1|team>",
    "<@U123>",
    "<@&42>",
    "@everyone",
    "(@all)",
    "**@all**",
    "&#64;all",
    "&commat;all",
    "&#x40;here",
]
LINKS = [
    "https://evil.example/x", "see http://evil.example", "[here](https://evil.example)", "[here](evil.example)", "[a][b]", "![p](//evil.example/p.png)",
    "<https://evil.example|here>", "<https://evil.example>", "www.evil.example", "evil.example.com", "me@evil.example.com", "mailto:me@evil.example.com",
    "ftp://evil.example", "slack://open", "x** [y](http://evil.example) **", "xn--e1afmkfd.xn--p1ai", "[b]: https://evil.example",
]  # fmt: skip


@pytest.fixture
def chat_url(monkeypatch: Any) -> Iterator[str]:
    """An incoming webhook of the stack's receiver that takes what Mattermost takes."""
    with make_server(Received(), address.HOST, 0) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        found = f"http://{address.HOST}:{server.server_address[1]}/chat/1"
        allow(monkeypatch, found)
        yield found
        server.shutdown()


@pytest.mark.django_db
def test_a_chat_takes_messages_in_its_format_and_refuses_events(project: Project, people: dict[str, User], chat_url: str) -> None:
    for message_format, state in ((Webhook.Format.CHAT, "delivered"), (Webhook.Format.EVENT, "waiting")):
        webhook = rows.project_webhook(project, people["lead"], chat_url, message_format=message_format)
        rows.happened(project)
        rows.send(webhook)
        assert rows.only_delivery(webhook).state == state
        services.switch(by=people["lead"], owner=rows.project_owner.owner(project), webhook=webhook, on=False)


@pytest.mark.django_db
def test_a_chat_message_is_one_text_with_the_link_and_is_signed(project: Project, people: dict[str, User], receiver: Receiver) -> None:
    webhook = rows.project_webhook(project, people["lead"], receiver.url, message_format=Webhook.Format.CHAT)
    rows.happened(project)
    services.send_test(by=people["lead"], owner=rows.project_owner.owner(project), webhook=webhook, key=webhook.key)
    rows.send(webhook)
    event, test = receiver.got
    content = Verifier(decrypt(webhook.secret, owner=webhook.secret_owner)).verify(event.body, event.headers)
    assert content == {"text": f"**Run 3 finished** – All went well.\n{settings.PORTAL_URL}/projects/x/workflows/3/"}
    assert json.loads(test.body)["text"].startswith("**Test event** – This is a test.")


@pytest.mark.parametrize("words", [*CALLS, *LINKS, *hostile.CORPUS[:20]])
def test_words_of_people_call_nobody_and_link_nowhere(words: str) -> None:
    message = chat.message(words, words, OWN)
    *lines, link = message.splitlines()
    assert (len(lines), link) == (1, OWN)
    assert not re.search(r"@\w|[<>]|://|\]\(|\]\[|www\.\w", lines[0])
    assert "<a" not in urlize(lines[0])
    assert not re.search("<(a|img) ", str(markdown.render(lines[0])))


def test_an_address_calls_nobody_either() -> None:
    assert chat.message("x", "", "https://vre.example.org/did/@all/<!here>*?a=b&c=d#e").endswith("/did/%40all/%3C%21here%3E%2A?a=b&c=d#e")


def test_a_long_text_is_cut_and_plain_words_stay_as_they_are() -> None:
    message = chat.message("Run 3 of run_3 finished, p = 0.05", "word " * 1000, OWN)
    assert message.startswith("**Run 3 of run_3 finished, p = 0.05** – word ")
    assert len(message) < 700
