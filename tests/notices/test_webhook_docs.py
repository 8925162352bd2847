"""What the documentation gives receivers to copy: it takes our messages, and says no to everything else without an error."""

import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from devstack.address import ROOT

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
BODY = b'{"type": "x"}'
Check = Callable[[str, bytes, dict[str, str]], bool]


@pytest.fixture
def is_valid() -> Check:
    """The function as it stands in the documentation."""
    text = (ROOT / "docs" / "notices.md").read_text()
    source = next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if "def is_valid" in block)
    names: dict[str, Any] = {}
    exec(source, names)  # noqa: S102 -- our own documentation
    found: Check = names["is_valid"]
    return found


def signed(seconds_ago: int = 0) -> dict[str, str]:
    """Headers as the public library makes them."""
    moment = datetime.fromtimestamp(int(time.time()) - seconds_ago, UTC)
    signature = Webhook(SECRET).sign("msg_1", moment, BODY.decode())
    return {"webhook-id": "msg_1", "webhook-timestamp": str(int(moment.timestamp())), "webhook-signature": signature}


def test_a_message_of_ours_is_taken_however_its_headers_are_spelt(is_valid: Check) -> None:
    assert is_valid(SECRET, BODY, signed())
    assert is_valid(SECRET, BODY, {name.title(): value for name, value in signed().items()})
    assert is_valid(SECRET, BODY, {**signed(), "webhook-signature": f"v1,other {signed()['webhook-signature']}"})


def test_everything_else_is_refused_without_an_error(is_valid: Check) -> None:
    odd: list[dict[str, str]] = [
        {},
        signed(301),
        {**signed(), "webhook-timestamp": "x"},
        {**signed(), "webhook-timestamp": "²"},
        {**signed(), "webhook-signature": "v1,\u00e9"},
        {**signed(), "webhook-id": "other"},
        {name: value for name, value in signed().items() if name != "webhook-id"},
    ]
    assert [headers for headers in odd if is_valid(SECRET, BODY, headers)] == []
    assert not is_valid(SECRET, BODY + b" ", signed())
