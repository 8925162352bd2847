"""The stack's receiver of webhooks: shows messages without running them, and is controlled by nobody else's page."""

import threading
from collections.abc import Iterator

import pytest
import requests

from devstack import address, health
from devstack.hooks.server import MAX_MESSAGES, Received, make_server
from devstack.plain_pages import CONTROL


@pytest.fixture
def url() -> Iterator[str]:
    with make_server(Received(), address.HOST, 0) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{address.HOST}:{server.server_address[1]}"
        server.shutdown()


def test_it_is_part_of_the_stack() -> None:
    assert address.PORTS["hooks"] == address.PORT_BASE + 15
    assert "hooks" in health.CHECKS


def test_nothing_of_a_message_runs_on_the_page(url: str) -> None:
    requests.post(f"{url}/hooks/1", data="<script>alert(1)</script>", headers={"webhook-id": "<b>"}, timeout=10)
    page = requests.get(url, timeout=10)
    assert "&lt;script&gt;" in page.text
    assert "<script" not in page.text
    assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


def test_the_newest_messages_are_kept(url: str) -> None:
    with requests.Session() as session:
        for number in range(MAX_MESSAGES + 1):
            session.post(f"{url}/hooks/{number}", data="{}", timeout=10)
    items = requests.get(f"{url}/api/messages", timeout=10).json()["items"]
    assert len(items) == MAX_MESSAGES
    assert items[0]["path"] == f"/hooks/{MAX_MESSAGES}"


def test_a_test_chooses_the_answer_and_no_other_page_does(url: str) -> None:
    assert requests.post(f"{url}/api/answer", json={"status": 500}, timeout=10).status_code == 403
    rebound = {CONTROL: "1", "Host": "evil.example"}
    assert requests.post(f"{url}/api/answer", json={"status": 500}, headers=rebound, timeout=10).status_code == 400
    assert requests.post(f"{url}/hooks/1", data="{}", timeout=10).status_code == 200
    assert requests.post(f"{url}/api/answer", json={"status": 500}, headers={CONTROL: "1"}, timeout=10).ok
    assert requests.post(f"{url}/hooks/1", data="{}", timeout=10).status_code == 500
